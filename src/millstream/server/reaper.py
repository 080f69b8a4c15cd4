"""Ending the runs whose processes are gone: a thread that looks again and again.

However many servers share a database, each run is ended once.
"""

from __future__ import annotations

import logging
import threading

from millstream.errors import MillstreamError
from millstream.machine import Machine
from millstream.store.reaping import Reaping, Witness

_LOG = logging.getLogger("millstream.runs")

LOOK_SECONDS = 2.0
_ENDING_SECONDS = 5.0


class Reaper:
    """Reaps what is due, from `start` to `close`."""

    def __init__(self, reaping: Reaping, witness: Witness | None = None) -> None:
        self._reaping = reaping
        self._witness = witness or Machine()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="reaper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a look that has begun has five seconds."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(_ENDING_SECONDS)

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                for run_id in self._reaping.reap(self._witness):
                    _LOG.info("run %s ended, because its process is gone", run_id)
            except MillstreamError as error:
                if not self._ended.is_set():
                    _LOG.warning("runs whose processes are gone have to wait: %s", error)
            self._ended.wait(LOOK_SECONDS)
