"""What killed or hurried processes left in their journals, taken without being asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from millstream.client import journal
from millstream.client.journal_locks import without_writer
from millstream.client.sending import Outcome, Sender
from millstream.client.session import SESSION
from millstream.client.spool import PATIENCE
from millstream.client.stores import Stores
from millstream.errors import InvalidParameter

RETRY_SECONDS = 300.0
MOST_BYTES_BESIDE_TRAINING = 1 << 22


class LeftBehind:
    """The journals of a place, in a folder of this machine, whose processes are gone.

    Those of other machines, which may share the folder, are left to `millstream sync`, and so are
    files that are no journals. What could not be taken is tried again after `RETRY_SECONDS`.
    """

    def __init__(
        self, place: str, folder: Path, stores: Stores, most_bytes: int | None = None
    ) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._sender = Sender(home=place, target=None, everything=False, stores=stores)
        self._failed: dict[Path, float] = {}

    def of_run(self, run_id: str) -> list[Path]:
        """The journals of a run that there are, whether left behind or not."""
        return [path for path in journal.found_in(self._folder) if journal.is_of(path, run_id)]

    def take(self, paths: Iterable[Path] | None = None) -> Iterator[Outcome]:
        """Send each (of these) to the store of the place; remove what has arrived as a whole."""
        for path in journal.found_in(self._folder) if paths is None else paths:
            if time.monotonic() < self._failed.get(path, 0.0):
                continue
            try:
                outcome = self._take(path)
            except (InvalidParameter, OSError):  # no journal, or taken by somebody else meanwhile
                outcome = None
                self._postpone(path)
            if outcome is not None:
                if outcome.failed:
                    self._postpone(path)
                yield outcome

    def _take(self, path: Path) -> Outcome | None:
        if self._most_bytes is not None and path.stat().st_size > self._most_bytes:
            return None
        with without_writer(path) as is_free:
            if not is_free:
                return None
            header = journal.header_of(path)
            if not self._sender.is_meant(header) or not journal.is_left_behind(header):
                return None
            return self._sender.send(path, lambda _: None)

    def _postpone(self, path: Path) -> None:
        self._failed[path] = time.monotonic() + RETRY_SECONDS


def take_of_run(place: str, run_id: str) -> None:
    """Take what earlier processes left of a run that this one is about to go on with.

    What they logged is older than what comes now, and so has to arrive before it. A store that says
    nothing is waited for as long as with any other write.
    """
    left = _of_this_machine(place)
    paths = left.of_run(run_id)
    if not paths or SESSION.delivery.places.error(place) is not None:
        return
    began = time.monotonic()
    if not _beside(lambda: _take_while_answered(left, paths), PATIENCE):
        SESSION.patience.waited += time.monotonic() - began


def take_beside_training(place: str) -> None:
    """Take what earlier scripts left for a place, once for each process, while this one goes on.

    What is more than a few seconds of logging is left to `millstream sync`, and in a folder to its
    server, which take nothing from a training loop. Nobody is told of what cannot be taken.
    """
    if place in SESSION.collected:
        return
    SESSION.collected.add(place)
    left = _of_this_machine(place)
    _beside(lambda: _take_while_answered(left))


def _of_this_machine(place: str) -> LeftBehind:
    folder = SESSION.journal_folder(place)
    return LeftBehind(place, folder, SESSION.stores, MOST_BYTES_BESIDE_TRAINING)


def _take_while_answered(left: LeftBehind, paths: Iterable[Path] | None = None) -> None:
    """Take what there is; a store that is away is asked no second time."""
    for outcome in left.take(paths):
        if outcome.failed and not outcome.refused:
            return


def _beside(work: Callable[[], None], within: float = 0.0) -> bool:
    """Do it in a thread, which is waited for so many s; says whether it has ended."""
    thread = threading.Thread(target=work, name="millstream-left-behind", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # there are too many threads; the journals stay for whoever comes next
        return True
    thread.join(within)
    return not thread.is_alive()
