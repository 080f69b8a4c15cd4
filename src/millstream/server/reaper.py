"""Ending the runs whose processes are gone.

However many servers share a database, each run is ended once.
"""

from __future__ import annotations

import logging

from millstream.errors import MillstreamError
from millstream.machine import Machine
from millstream.server.recurring import Recurring
from millstream.store.reaping import Reaping, Witness

_LOG = logging.getLogger("millstream.runs")


class Reaper(Recurring):
    """Reaps what is due."""

    def __init__(self, reaping: Reaping, witness: Witness | None = None) -> None:
        super().__init__("reaper")
        self._reaping = reaping
        self._witness = witness or Machine()

    def look(self) -> None:
        """Reap once; what fails is told, and tried again."""
        try:
            for run_id in self._reaping.reap(self._witness):
                _LOG.info("run %s ended, because its process is gone", run_id)
        except MillstreamError as error:
            if not self.ended.is_set():
                _LOG.warning("runs whose processes are gone have to wait: %s", error)
