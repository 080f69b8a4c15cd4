"""Looking again and again for what is due: a thread of the server."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

LOOK_SECONDS = 2.0
_ENDING_SECONDS = 5.0


class Recurring(ABC):
    """Looks from `start` to `close`, with a pause of two seconds after each time."""

    def __init__(self, name: str) -> None:
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    @abstractmethod
    def look(self) -> None:
        """Do what is due; if that may take long, until `ended`. Whatever is raised ends it all."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a look that has begun has five seconds."""
        self.ended.set()
        if self._thread.ident is not None:
            self._thread.join(_ENDING_SECONDS)

    def _work(self) -> None:
        while not self.ended.is_set():
            self.look()
            self.ended.wait(LOOK_SECONDS)
