"""How long a model takes, and whether that is so short that a hand-over to a thread costs more."""

from __future__ import annotations

FAST_SECONDS = 0.001
_FAST_IN_A_ROW = 5
_LONG_BAN = 1_000
_WEIGHT = 0.1
_SMALL_WEIGHT = 0.01
_MOST_ON_A_THREAD = 20 * FAST_SECONDS
_MOST_AT_ONCE = 10 * FAST_SECONDS
_MOST_ON_AVERAGE = 2 * FAST_SECONDS


class Pace:
    """What predictions of a model took, by the size of their input: doubling it is the next class.

    A class is fast when some predictions in a row took less than a millisecond of the processor. By
    the clock any may take many times that: on a thread it waits for the loop to let the interpreter
    go, and everywhere for other processes. So the clock decides only on a large scale, or
    on average. A class that was fast and turns out to be slow stays slow for the next thousand.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        self._inline_seconds: dict[int, float] = {}
        self._fast: dict[int, int] = {}

    def is_fast(self, rows: int) -> bool:
        """Whether an input of that many rows can be answered on the spot."""
        return self._fast.get(rows.bit_length(), 0) >= _FAST_IN_A_ROW

    def seconds(self, rows: int) -> float:
        """How long it takes on average; 0 if that is not known yet."""
        return self._seconds.get(rows.bit_length(), 0.0)

    def record(
        self, rows: int, seconds: float, processor_seconds: float, *, on_thread: bool
    ) -> None:
        """Take into account what a prediction took."""
        size = rows.bit_length()
        average = self._seconds.get(size, seconds)
        self._seconds[size] = average + _WEIGHT * (seconds - average)
        fast = self._fast.get(size, 0)
        if on_thread:
            is_fast = processor_seconds < FAST_SECONDS and seconds < _MOST_ON_A_THREAD
            self._fast[size] = fast + 1 if is_fast else min(fast, 0)
            return
        average = self._inline_seconds.get(size, 0.0)
        average += _SMALL_WEIGHT * (seconds - average)
        self._inline_seconds[size] = average
        if processor_seconds > _MOST_AT_ONCE or average > _MOST_ON_AVERAGE:
            self._fast[size] = -_LONG_BAN
            self._inline_seconds[size] = 0.0
        elif processor_seconds >= FAST_SECONDS:
            self._fast[size] = 0
