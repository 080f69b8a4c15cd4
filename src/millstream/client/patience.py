"""How long a process waits in vain for stores that are away: its calls, and then its end."""

from __future__ import annotations

from collections.abc import Callable

from millstream.settings import Settings

EXIT_SHARE = 0.9  # the rest is for what the end of a process takes besides


class Patience:
    """The settings' `exit_wait`, and what of it is spent. Times are in seconds."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self.waited = 0.0
        """How long calls have waited in vain since one was answered."""

    @property
    def most(self) -> float:
        """How long the end of a process may wait that has not waited before."""
        return EXIT_SHARE * self._settings().exit_wait

    @property
    def left(self) -> float:
        """How long it may still wait."""
        return max(0.0, self.most - self.waited)
