"""What somebody wants deployed: a model under a name, and what was said of it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from millstream.errors import InvalidParameter

PYFUNC = "python_function"
PATIENCE = 1200.0
"""How long a deployment may take until it is ready, in s, unless somebody says otherwise."""
LONGEST_VALUE = 4096
"""How long a value of a configuration may be, in characters."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class Wish(msgspec.Struct, frozen=True):
    """A model, where its files are on this machine, and how it is to be deployed.

    `model_uri` names one version for good: an alias or stage has become a number. `image` is what
    serves the model, if the target takes one, and `config` holds what the target itself knows.
    `patience` is how long all of it may take, in s.
    """

    name: str
    model_uri: str
    model: Path
    config: Mapping[str, str]
    flavor: str = PYFUNC
    endpoint: str | None = None
    image: str | None = None
    patience: float = PATIENCE


def checked_name(name: str, what: str = "deployment") -> str:
    """A name of a deployment or endpoint; what no target takes raises `InvalidParameter`.

    It is what a label of DNS is, in upper or lower case (RFC 1035 without the rule for its first
    letter): the strictest of what clusters and clouds take. A target may take less.
    """
    if not _NAME.fullmatch(name):
        raise InvalidParameter(
            f"The {what} is called {name!r}: a name is of 1 to 63 letters, digits and '-', and "
            "neither begins nor ends with '-'."
        )
    return name


def checked_config(config: Mapping[str, object], known: Mapping[str, str]) -> dict[str, str]:
    """What was configured, as text; what the target does not know raises `InvalidParameter`.

    `known` tells of each key what it means. True and False become `true` and `false`, dictionaries
    and lists JSON.
    """
    found: dict[str, str] = {}
    for key, value in config.items():
        if key not in known:
            names = ", ".join(sorted(known))
            near = difflib.get_close_matches(key, known, n=1)
            meant = f" (is it {near[0]!r}?)" if near else ""
            raise InvalidParameter(f"The target has no option {key!r}{meant}; it has {names}.")
        text = value if isinstance(value, str) else as_text(value)
        if len(text) > LONGEST_VALUE or not text.isprintable():
            raise InvalidParameter(
                f"The option {key!r} is {text[:60]!r}…: a value has at most {LONGEST_VALUE} "
                "characters, and all of them can be printed."
            )
        found[key] = text
    return found


def as_text(value: object) -> str:
    """A value of a configuration as text."""
    if isinstance(value, bool | Mapping | list | tuple):
        return json.dumps(value)
    return str(value)
