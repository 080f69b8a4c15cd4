"""How long a model takes, and whether that is so short that a hand-over to a thread costs more."""

from __future__ import annotations

FAST_SECONDS = 0.001
_FAST_IN_A_ROW = 5
_WEIGHT = 0.1
_BAN = 1_000
_MOST_OF_A_THREAD = 20


class Pace:
    """What predictions of a model took, by the size of their input: doubling it is the next class.

    A class is fast when some predictions in a row took less than a millisecond. One that takes
    much longer shows that the time depends on more than the size: the class then stays slow for
    the next thousand.

    On a thread a prediction may take many times as long as on the loop, because it waits for the
    loop to let the interpreter go. There the processor's time counts, within limits.
    """

    def __init__(self, fast_seconds: float = FAST_SECONDS) -> None:
        self._limit = fast_seconds
        self._seconds: dict[int, float] = {}
        self._fast: dict[int, int] = {}

    def is_fast(self, rows: int) -> bool:
        """Whether an input of that many rows can be answered on the spot."""
        return self._fast.get(rows.bit_length(), 0) >= _FAST_IN_A_ROW

    def seconds(self, rows: int) -> float:
        """How long it takes on average; 0 if that is not known yet."""
        return self._seconds.get(rows.bit_length(), 0.0)

    def record(self, rows: int, seconds: float, processor_seconds: float | None = None) -> None:
        """Take into account what a prediction took, the second only if it was on a thread."""
        size = rows.bit_length()
        before = self._seconds.get(size, seconds)
        self._seconds[size] = before + _WEIGHT * (seconds - before)
        if processor_seconds is not None and seconds < _MOST_OF_A_THREAD * self._limit:
            seconds = processor_seconds
        if seconds < self._limit:
            self._fast[size] = self._fast.get(size, 0) + 1
        elif seconds > 10 * self._limit:
            self._fast[size] = -_BAN
        else:
            self._fast[size] = min(self._fast.get(size, 0), 0)
