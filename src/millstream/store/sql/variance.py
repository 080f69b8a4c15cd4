"""The sample variance, which SQLite does not have."""

from __future__ import annotations


class SampleVariance:
    """The aggregate VAR_SAMP; Welford's way keeps the digits of values that are far from 0."""

    __slots__ = ("_count", "_mean", "_squares")

    def __init__(self) -> None:
        self._count = 0
        self._mean = 0.0
        self._squares = 0.0

    def step(self, value: float | None) -> None:
        """Take a value; NULL is none."""
        if value is not None:
            self._count += 1
            distance = value - self._mean
            self._mean += distance / self._count
            self._squares += distance * (value - self._mean)

    def finalize(self) -> float | None:
        """The sum of squared distances from the mean by n - 1; NULL for less than two values."""
        return self._squares / (self._count - 1) if self._count > 1 else None
