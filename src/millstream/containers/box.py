"""A command in a container, before it is known which program runs it."""

from __future__ import annotations

import re

import msgspec

from millstream.errors import InvalidParameter

_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Box(msgspec.Struct, frozen=True):
    """A container of an image, and the command in it.

    `volumes` are written `here:there` or `here:there:ro`. `handed` are variables that stand on no
    command line, because what they hold may be secret; `written` are those that the project's own
    file gives. `arguments` are words of the caller for the program that runs it.
    """

    name: str
    image: str
    command: str
    volumes: tuple[str, ...]
    handed: dict[str, str]
    written: dict[str, str]
    arguments: tuple[str, ...]


def checked_image(image: str) -> str:
    """A reference of an image; what would be an option, or more than one word, raises."""
    if not _IMAGE.fullmatch(image):
        raise InvalidParameter(
            f"{image!r} is no reference of an image, such as registry.example.com/team/name:tag."
        )
    return image


def checked_variable(name: str) -> str:
    """A name of a variable; anything else raises `InvalidParameter`."""
    if not _VARIABLE.fullmatch(name):
        raise InvalidParameter(
            f"docker_env names the variable {name!r}: letters, digits and '_' make a name, and a "
            "value stands beside it, as in [NAME, value]."
        )
    return name


def checked_volume(volume: str) -> str:
    """A folder here and one there; anything else raises `InvalidParameter`."""
    if not 1 <= volume.count(":") <= 2 or volume.startswith(("-", ":")) or "\0" in volume:
        raise InvalidParameter(
            f"The volume {volume!r} is not of the form here:there, or here:there:ro."
        )
    return volume
