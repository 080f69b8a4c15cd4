"""Taking what scripts left behind in the journals of a folder.

However many servers share a folder, each journal is taken by one of them.
"""

from __future__ import annotations

import logging
from pathlib import Path

from millstream import connect
from millstream.client.applying import subject
from millstream.client.left_behind import LeftBehind
from millstream.client.stores import Stores
from millstream.errors import MillstreamError
from millstream.server.recurring import Recurring
from millstream.settings import Settings

_LOG = logging.getLogger("millstream.runs")


class Collector(Recurring):
    """Takes what is left behind in a folder. A journal it is taking when it ends is left again."""

    def __init__(self, folder: str, settings: Settings) -> None:
        super().__init__("collector")
        self._stores = Stores(lambda: settings, lambda: None)
        place = connect.canonical(folder)
        self._left_behind = LeftBehind(place, Path(place, "journal"), self._stores)

    def look(self) -> None:
        """Take what there is; what fails is told, and tried again."""
        try:
            self._take()
        except MillstreamError as error:
            _LOG.warning("what scripts left in their journals has to wait: %s", error)
        finally:
            self._stores.close()

    def _take(self) -> None:
        for outcome in self._left_behind.take():
            level = logging.WARNING if outcome.failed else logging.INFO
            of = "" if outcome.run_id is None else f" of {subject(outcome.run_id)}"
            _LOG.log(level, "the journal %s%s: %s", outcome.path, of, outcome.state)
            if self.ended.is_set():
                break
