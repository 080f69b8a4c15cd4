"""The lines of a run's console as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from millstream.entities.console import ListConsole, PlacedLine
from millstream.entities.runs import RunId
from millstream.store.interface import Store

PAGE = 5_000
PAUSE = 1.0
_OPEN = ("RUNNING", "SCHEDULED")


def written_lines(
    store: Store,
    run_id: str,
    *,
    follow: bool,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[PlacedLine]:
    """All lines of a run, and with `follow` those to come, until the run has ended.

    While it runs, the last line may still be rewritten, as progress bars are: it is held back until
    another one follows, or the run ends.
    """
    position = 0
    while True:
        # Asked before the lines, so that none comes between the last look and the end.
        goes_on = follow and store.runs.get(RunId(run_id)).info.status in _OPEN
        page = store.console.list(ListConsole(run_id, position, PAGE))
        is_end = position + len(page.lines) >= page.total
        lines = page.lines[:-1] if goes_on and is_end else page.lines
        yield from lines
        position += len(lines)
        if is_end and not goes_on:
            return
        if is_end:
            pause(PAUSE)
