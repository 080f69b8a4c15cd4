"""What a logging call that does not wait gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class RunOperations:
    """Writes under way; `wait` returns when all are done, and raises the first thing that failed.

    Metrics that were logged to a journal are under way until the journal has been delivered.
    """

    def __init__(self, waits: Sequence[Callable[[], object]]) -> None:
        self._waits = list(waits)

    def wait(self) -> None:
        """Wait for all writes."""
        waits, self._waits = self._waits, []
        for wait in waits:
            wait()
