"""What a caller says of the container that a project's command runs in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from millstream.errors import InvalidParameter

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_AUTH = {"username", "password", "registry"}


class ContainerOptions(msgspec.Struct, frozen=True):
    """Further arguments for the program that runs the container, and how its image is made.

    `arguments` are names of options and their values, true for an option without a value. With
    `build` the project's files become part of the image. `auth` holds `username` and `password`
    for the `registry` that images come from and go to.
    """

    arguments: Mapping[str, str | bool] = {}
    build: bool = False
    auth: Mapping[str, str] | None = None

    def words(self) -> list[str]:
        """The arguments as words of a command, each with its value in the same word."""
        found: list[str] = []
        for name, value in self.arguments.items():
            dashes = "-" if len(name) == 1 else "--"
            if value is True:
                found.append(f"{dashes}{name}")
            elif value is not False:
                mark = "" if len(name) == 1 else "="
                found.append(f"{dashes}{name}{mark}{value}")
        return found


def container_options(
    arguments: Mapping[str, Any] | None, build: bool, auth: Mapping[str, Any] | None
) -> ContainerOptions:
    """Check what the caller says; a name that is none of an option raises `InvalidParameter`."""
    found: dict[str, str | bool] = {}
    for name, value in (arguments or {}).items():
        if not _NAME.fullmatch(str(name)):
            raise InvalidParameter(
                f"The argument {name!r} for docker is no name of an option: write it without its "
                "dashes, in letters, digits and '-'."
            )
        found[str(name)] = value if isinstance(value, bool) else str(value)
    unknown = sorted(set(auth or {}) - _AUTH)
    if unknown:
        raise InvalidParameter(
            f"docker_auth has {unknown[0]!r}; it may have {', '.join(sorted(_AUTH))}."
        )
    if auth is not None and not {"username", "password"} <= set(auth):
        raise InvalidParameter("docker_auth needs a username and a password.")
    known = None if auth is None else {name: str(value) for name, value in auth.items()}
    return ContainerOptions(found, build, known)
