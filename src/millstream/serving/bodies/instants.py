"""Points in time as bodies write them."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np

# The parts: date, time, its fraction, offset from UTC.
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})"
    r"(?:[T ](\d{2}(?::?\d{2}(?::?\d{2})?)?)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_SECOND = 1_000_000_000
_MOST = 2**63 - 1
_NOT_A_TIME = np.datetime64("NaT", "ns")


def instant(value: Any) -> np.datetime64:
    """The point in time, to the nanosecond and without a zone; raises `ValueError`.

    Text is ISO 8601; an offset from UTC is resolved, so that the result is in UTC. Whole numbers
    are nanoseconds since 1970. None is no time at all.
    """
    if value is None:
        return _NOT_A_TIME
    if isinstance(value, str):
        return _of_nanoseconds(_nanoseconds(value))
    if isinstance(value, datetime.datetime):
        return _of_nanoseconds(_since_epoch(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return _of_nanoseconds(value)
    raise ValueError("no point in time")


def _nanoseconds(text: str) -> int:
    parts = _ISO.fullmatch(text.strip())
    if parts is None:
        raise ValueError("not in ISO 8601")
    date, time, fraction, offset = parts.groups()
    moment = datetime.datetime.fromisoformat(f"{date}T{time or '00'}{(offset or '').upper()}")
    return _since_epoch(moment) + int((fraction or "0").ljust(9, "0"))


def _since_epoch(moment: datetime.datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * _SECOND + passed.microseconds * 1_000


def _of_nanoseconds(nanoseconds: int) -> np.datetime64:
    if abs(nanoseconds) > _MOST:
        raise ValueError("outside of the years 1678 to 2261")
    return np.datetime64(nanoseconds, "ns")
