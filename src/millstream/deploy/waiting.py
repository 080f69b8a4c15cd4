"""How long is waited for what was begun, as every target can be told."""

from __future__ import annotations

from collections.abc import Mapping

from millstream.deploy.wish import PATIENCE
from millstream.errors import InvalidParameter

OPTIONS: Mapping[str, str] = {
    "timeout_seconds": f"How long to wait until it is ready (default: {PATIENCE:.0f}).",
    "synchronous": "false: do not wait until it is ready (default: true).",
}


def patience(said: Mapping[str, str], usual: float = PATIENCE) -> float:
    """How long to wait, in s, `usual` if nothing is said; what is no time raises."""
    told = said.get("timeout_seconds")
    try:
        found = usual if told is None else float(told)
    except ValueError:
        found = -1.0
    if not 0 < found < 1e6:
        raise InvalidParameter(f"'timeout_seconds' is {told!r}; it is a number of seconds.")
    waits(said)
    return found


def waits(said: Mapping[str, str]) -> bool:
    """Whether to wait at all."""
    return flag(said, "synchronous", "true")


def flag(said: Mapping[str, str], name: str, default: str) -> bool:
    """Whether an option is true; what is neither true nor false raises `InvalidParameter`."""
    found = said.get(name, default)
    if found not in ("true", "false"):
        raise InvalidParameter(f"'{name}' is {found!r}: true, or false.")
    return found == "true"
