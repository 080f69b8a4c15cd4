"""Taking what scripts left behind in the journals of a folder: a thread that looks again and again.

However many servers share a folder, each journal is taken by one of them.
"""

from __future__ import annotations

import logging
import threading

from millstream.client.applying import subject
from millstream.client.left_behind import LeftBehind
from millstream.client.stores import Stores
from millstream.errors import MillstreamError
from millstream.settings import Settings

_LOG = logging.getLogger("millstream.runs")

LOOK_SECONDS = 2.0
_ENDING_SECONDS = 5.0


class Collector:
    """Takes what is left behind in a folder, from `start` to `close`."""

    def __init__(self, folder: str, settings: Settings) -> None:
        self._stores = Stores(lambda: settings, lambda: None)
        self._left_behind = LeftBehind(folder, self._stores)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="collector", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a journal that is being taken has five seconds, and is taken again by the next."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(_ENDING_SECONDS)

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                self._look()
            except MillstreamError as error:
                _LOG.warning("what scripts left in their journals has to wait: %s", error)
            finally:
                self._stores.close()
            self._ended.wait(LOOK_SECONDS)

    def _look(self) -> None:
        for outcome in self._left_behind.take():
            level = logging.WARNING if outcome.failed else logging.INFO
            of = "" if outcome.run_id is None else f" of {subject(outcome.run_id)}"
            _LOG.log(level, "the journal %s%s: %s", outcome.path, of, outcome.state)
            if self._ended.is_set():
                break
