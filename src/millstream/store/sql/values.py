"""Numbers that databases cannot compare, as a finite number and a mark.

The mark `special` is 0 for a finite number, 1 and -1 for the infinities (beside the greatest and
least finite number, so that sorting by both columns is right), and 2 for NaN (beside 0, which is
how it counts when the latest point is chosen).
"""

from __future__ import annotations

import math
import re
import sys

GREATEST = sys.float_info.max
NOT_A_NUMBER = 2
HEAD_LENGTH = 64

_MEANING = {1: math.inf, -1: -math.inf, NOT_A_NUMBER: math.nan}
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def stored(value: float) -> tuple[float, int]:
    """The number to store and its mark."""
    if -GREATEST <= value <= GREATEST:
        return value, 0
    if value != value:  # NaN, without a call
        return 0.0, NOT_A_NUMBER
    return (GREATEST, 1) if value > 0 else (-GREATEST, -1)


def meant(value: float, special: int) -> float:
    """The number that was stored with a mark."""
    return _MEANING[special] if special else value


def extreme(value: float | None) -> float | None:
    """The least or greatest number of a series, which is stored without a mark."""
    if value is None or -GREATEST < value < GREATEST:
        return value
    return math.copysign(math.inf, value)


def number_in(text: str) -> float | None:
    """The finite number that a param's value is, if it is one."""
    if len(text) > HEAD_LENGTH or _DECIMAL.fullmatch(text) is None:
        return None
    number = float(text)
    return number if -GREATEST <= number <= GREATEST else None
