"""Relative times such as ago(7d)."""

from __future__ import annotations

import math
import re

MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}

_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([smhdw])")


def duration(text: str) -> int | None:
    """The milliseconds in a duration such as "90m" or "1.5h"; None if it is not one."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    return math.floor(float(match[1]) * MILLISECONDS[match[2]])
