"""Reading what options say: each function gives a value, or says what would be one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from millstream.errors import InvalidParameter
from millstream.masking import is_secret

Reading = Callable[[str], Any]

LONGEST_NAME = 253
"""How many letters the names of most things have at most (RFC 1123, a subdomain)."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})*")
_QUALIFIED = re.compile(
    rf"(?:{_SUBDOMAIN.pattern}/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{{0,61}}[A-Za-z0-9])?"
)
_LABEL_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?|")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_SECRET_KEY = re.compile(r"[A-Za-z0-9_.-]{1,253}")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]{0,254}")


def whole(least: int, most: int) -> Reading:
    """A whole number from `least` to `most`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise InvalidParameter(f"{text!r} is not a whole number from {least} to {most}.")
        return int(text)

    return read


def one_of(*words: str) -> Reading:
    """One of some words."""

    def read(text: str) -> str:
        if text not in words:
            raise InvalidParameter(f"{text!r} is none of {', '.join(words)}.")
        return text

    return read


def truth(text: str) -> bool:
    """`true` or `false`."""
    return bool(one_of("true", "false")(text) == "true")


def label(text: str) -> str:
    """A label of DNS, as names of namespaces are."""
    return _of_form(_LABEL, text, "up to 63 lower-case letters, digits and '-'")


def name(text: str) -> str:
    """The name of a thing, or of a host."""
    if len(text) > LONGEST_NAME:
        raise InvalidParameter(f"{text[:60]!r}… has more than {LONGEST_NAME} letters.")
    return _of_form(_SUBDOMAIN, text, "a name of lower-case letters, digits, '-' and '.'")


def host(text: str) -> str:
    """A host name, whose first label may be `*`."""
    name(text.removeprefix("*."))
    return text


def names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(name(one) for one in text.split(","))


def labels(text: str) -> tuple[str, ...]:
    """Labels of DNS with commas between them."""
    return tuple(label(one) for one in text.split(","))


def path(text: str) -> str:
    """A path of an address."""
    return _of_form(_PATH, text, "a path such as /ping")


def resource(text: str) -> str:
    """The name of a resource that nodes have, such as `nvidia.com/gpu`."""
    if "/" not in text:
        raise InvalidParameter(f"{text!r} is no name of a device, such as nvidia.com/gpu.")
    return _of_form(_QUALIFIED, text, "a name such as nvidia.com/gpu")


def gateway(text: str) -> tuple[str | None, str]:
    """A gateway, and its namespace if it stands before it, as in `ingress/public`."""
    namespace, mark, named = text.rpartition("/")
    return (label(namespace) if mark else None), name(named)


def selector(text: str) -> dict[str, str]:
    """Labels of nodes, as in `pool=gpu,zone=a`."""
    found = _pairs(text)
    for key, value in found.items():
        _of_form(_QUALIFIED, key, "a label's name")
        _of_form(_LABEL_VALUE, value, "a label's value")
    return found


def variables(text: str) -> dict[str, str]:
    """Variables with their values; one that is called as secrets are has to be in a Secret."""
    found = _pairs(text)
    for key in found:
        _of_form(_VARIABLE, key, "a variable's name")
        if is_secret(key):
            raise InvalidParameter(
                f"{key!r} sounds like a secret, and whoever may read deployments would see it: "
                f"keep it in a Secret, and say secret_env={key}=SECRET/KEY."
            )
    return found


def references(text: str) -> dict[str, tuple[str, str]]:
    """Variables, and where their values are, as in `TOKEN=secret/key`."""
    found = {}
    for key, value in _pairs(text).items():
        _of_form(_VARIABLE, key, "a variable's name")
        secret, mark, entry = value.partition("/")
        if not mark:
            raise InvalidParameter(f"{value!r} is not of the form SECRET/KEY.")
        found[key] = (name(secret), _of_form(_SECRET_KEY, entry, "a Secret's key"))
    return found


def _pairs(text: str) -> dict[str, str]:
    pairs = [one.partition("=") for one in text.split(",")]
    found = {key: value for key, _, value in pairs}
    if not all(mark for _, mark, _ in pairs) or len(found) < len(pairs):
        raise InvalidParameter(f"{text[:60]!r} is not of the form NAME=VALUE,OTHER=VALUE.")
    return found


def _of_form(form: re.Pattern[str], text: str, right: str) -> str:
    if not form.fullmatch(text):
        raise InvalidParameter(f"{text[:80]!r} is not {right}.")
    return text
