"""Parameters of entry points: their types, and what a value becomes in a command.

| type | value |
| --- | --- |
| `string` | any text |
| `float`, `int` | a number; within `range: [least, most]` if that is given |
| `bool` | true or false |
| `choice` | one of `choices` |
| `path` | a file or folder beside the caller, or a URI, which is fetched |
| `uri` | anything with a scheme |

The types of MLflow are string, float, path and uri. It takes any text for a float, and so does an
`MLproject` file here unless the parameter has a range.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from millstream.errors import InvalidParameter

ParameterType = Literal["string", "float", "int", "bool", "choice", "path", "uri"]
TYPES: tuple[str, ...] = get_args(ParameterType)

Fetch = Callable[[str, int], str]
"""Fetches a URI, the n-th of a run, and gives the path of what it fetched."""

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of an entry point; without a default it has to be given.

    `range` are the least and the most that a number may be. `strict` has a float without a range
    checked as well.
    """

    name: str
    type: ParameterType = "string"
    default: str | None = None
    choices: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    strict: bool = False

    def checked(self, value: str) -> str:
        """The value in its usual form; raises `InvalidParameter` if it is not of the type."""
        if self.type in ("float", "int"):
            self._check_number(value)
        elif self.type == "bool":
            return self._truth(value)
        elif self.type == "choice" and value not in self.choices:
            raise self._invalid(value, f"one of {', '.join(map(repr, self.choices))}")
        elif self.type == "uri" and not is_uri(value):
            raise InvalidParameter(f"Expected URI for parameter {self.name} but got {value}")
        return value

    def _check_number(self, value: str) -> None:
        if self.type == "float" and self.range is None and not self.strict:
            return
        try:
            number = int(value) if self.type == "int" else float(value)
        except ValueError:
            kind = "a whole number" if self.type == "int" else "a number"
            raise self._invalid(value, kind) from None
        if self.range is None:
            return
        least, most = self.range
        if math.isnan(number) or not least <= number <= most:
            raise self._invalid(value, f"from {least:g} to {most:g}")

    def _truth(self, value: str) -> str:
        if value.lower() in _TRUE:
            return "true"
        if value.lower() in _FALSE:
            return "false"
        raise self._invalid(value, "true or false")

    def _invalid(self, value: str, right: str) -> InvalidParameter:
        return InvalidParameter(
            f"The parameter '{self.name}' is {self.type} and cannot be {value!r}: give {right}."
        )


class Values(msgspec.Struct, frozen=True):
    """The values of one run, none of them quoted.

    `declared` are those that the entry point knows, defaults included; `extra` what else was given.
    `logged` are the same as they are logged: a path that was fetched under the name it had.
    """

    declared: dict[str, str]
    extra: dict[str, str]
    logged: dict[str, str]


def settle(
    parameters: Sequence[Parameter], given: Mapping[str, Any], fetch: Fetch, beside: Path
) -> Values:
    """The values of a run from what was given, each checked; `fetch` gets what is elsewhere.

    Paths are meant as seen from the folder `beside`, where the caller is, and become absolute.
    """
    texts = {str(name): str(value) for name, value in given.items()}
    missing = [p.name for p in parameters if p.default is None and p.name not in texts]
    if missing:
        named = ", ".join(f"'{name}'" for name in missing)
        raise InvalidParameter(f"No value given for missing parameters: {named}")
    declared, logged = dict[str, str](), dict[str, str]()
    for index, parameter in enumerate(parameters):
        value = parameter.checked(texts.pop(parameter.name, parameter.default or ""))
        declared[parameter.name] = logged[parameter.name] = value
        if parameter.type != "path":
            continue
        if is_uri(value) and not value.startswith("file:"):
            declared[parameter.name] = fetch(value, index)
        else:
            declared[parameter.name] = logged[parameter.name] = _existing(parameter, value, beside)
    return Values(declared, texts, {**logged, **texts})


def is_uri(text: str) -> bool:
    """Whether a text has a scheme; a drive of Windows is none."""
    scheme, colon, _ = text.partition(":")
    return bool(colon) and len(scheme) > 1 and scheme[0].isalpha() and scheme.isascii()


def _existing(parameter: Parameter, value: str, beside: Path) -> str:
    path = Path(beside, value.removeprefix("file://").removeprefix("file:")).absolute()
    if not path.exists():
        raise InvalidParameter(
            f"Got value {value} for parameter {parameter.name}, but no such file or directory was "
            f"found. It is looked for at '{path}'."
        )
    return str(path)
