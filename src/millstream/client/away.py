"""Stores that do not answer: which errors say so, and since when which place is away."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Collection

from millstream.errors import InvalidState, MillstreamError, NotSupported
from millstream.masking import shown

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
_TIMEOUT = 408


class Places:
    """The places that are away, for all threads of this process; one warning for each place."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may ask while this thread does
        self._errors: dict[str, Exception] = {}
        self._attempts: dict[str, int] = {}
        self._retry_at: dict[str, float] = {}
        self._answered_at: dict[str, float] = {}
        self._told: set[str] = set()

    def error(self, place: str) -> Exception | None:
        """Why a place is away; None if it answered last time, or was not asked."""
        return self._errors.get(place)

    def silent_since(self, place: str, asked: float) -> float:
        """Since when a place that was asked then has said nothing, by time.monotonic."""
        return max(asked, self._answered_at.get(place, asked))

    def may_try(self, place: str) -> bool:
        """Whether a place answers as far as is known, or it is time to ask it again."""
        return place not in self._errors or time.monotonic() >= self._retry_at[place]

    def next_try(self, places: Collection[str]) -> float | None:
        """When the next of these is to be asked again, by time.monotonic; None if none is away."""
        with self._lock:
            times = [at for place, at in self._retry_at.items() if place in places]
        return min(times, default=None)

    def note(self, place: str, error: Exception, consequence: str, took: float = 0.0) -> None:
        """Note that a place does not answer, and tell once, with what becomes of what is logged.

        It is not asked again for at least as long as it `took`, in s, to find that out.
        """
        with self._lock:
            attempts = self._attempts[place] = self._attempts.get(place, -1) + 1
            pause = min(FIRST_PAUSE * 2 ** min(attempts, 10), LONGEST_PAUSE)
            self._retry_at[place] = time.monotonic() + max(pause, took)
            self._errors[place] = error
            first = place not in self._told
            self._told.add(place)
        if first:
            warn(f"{shown(place)} cannot be reached ({error}). Training goes on; {consequence}")

    def note_answer(self, place: str) -> None:
        """Note that a place answered."""
        self._answered_at[place] = time.monotonic()
        if place in self._errors:
            with self._lock:
                for known in (self._errors, self._attempts, self._retry_at):
                    known.pop(place, None)


def is_away(error: BaseException) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, TimeoutError):
        return True
    if not isinstance(error, MillstreamError) or isinstance(error, InvalidState | NotSupported):
        return False
    return error.status >= 500 or error.status in (429, _TIMEOUT)


def warn(message: str) -> None:
    """Tell the user without ever raising: as a warning, or where warnings raise, on stderr."""
    try:
        warnings.warn(message, RuntimeWarning, stacklevel=3)
    except RuntimeWarning:
        print(f"millstream: {message}", file=sys.stderr)
