"""How long what a process remembers of access holds."""

from __future__ import annotations

import time
from collections.abc import Callable

HOLDS_SECONDS = 1.0


class Freshness:
    """Looks at most once a second whether anything of access has changed, in whichever process.

    `version` is a number that every change of access makes greater. What was remembered under one
    `epoch` is worth nothing under the next.
    """

    def __init__(self, version: Callable[[], int]) -> None:
        self._version = version
        self._seen: int | None = None
        self._until = 0.0
        self.epoch = 0

    @property
    def lasts(self) -> bool:
        """Whether the last look is recent enough."""
        return time.monotonic() < self._until

    def look(self) -> None:
        """Look again; one statement."""
        began = time.monotonic()
        found = self._version()
        if found != self._seen:
            self._seen = found
            self.epoch += 1
        self._until = began + HOLDS_SECONDS

    def expire(self) -> None:
        """Something may have changed: whoever asks next has to look."""
        self._until = 0.0
