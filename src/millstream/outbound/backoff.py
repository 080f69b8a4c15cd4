"""When to try again: pauses that double up to an hour, shortened at random."""

from __future__ import annotations

import email.utils
import time

FIRST_SECONDS = 10.0
LONGEST_SECONDS = 3_600.0
LONGEST_WISH_SECONDS = 6 * 3_600.0
_DOUBLINGS = 30  # far beyond the longest pause, and no number too large for a float


def pause(attempts: int, chance: float, wish: float | None = None) -> float:
    """How long to wait after that many attempts failed, in seconds.

    `chance`, from 0 to 1, shortens it by up to a half, so that what failed together does not come
    back together. A receiver's `wish` lengthens it, but not beyond six hours.
    """
    whole = min(FIRST_SECONDS * 2.0 ** min(attempts - 1, _DOUBLINGS), LONGEST_SECONDS)
    own = whole * (1 - chance / 2)
    return own if wish is None else max(own, min(wish, LONGEST_WISH_SECONDS))


def retry_after(field: str | None) -> float | None:
    """The seconds that a Retry-After field asks for, be it a number or a date; None for others."""
    text = (field or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), LONGEST_WISH_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None
    return max(moment - time.time(), 0.0)
