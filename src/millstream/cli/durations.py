"""Durations as people write them."""

from __future__ import annotations

import re

from millstream.errors import InvalidParameter

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_NUMBER = r"\d+(?:\.\d+)?"
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>{_NUMBER}){unit})?" for unit in _UNITS))


def duration(text: str) -> int:
    """A duration such as 1d2h30m in ms; raises `InvalidParameter` for anything else."""
    found = _DURATION.fullmatch(text.strip())
    parts = found.groupdict() if found else {}
    if not any(parts.values()):
        raise InvalidParameter(
            f"Could not parse any time information from '{text}'. "
            "Examples of valid strings: '8h', '2d8h5m20s', '2m4s'"
        )
    return round(sum(float(value) * _UNITS[unit] for unit, value in parts.items() if value))
