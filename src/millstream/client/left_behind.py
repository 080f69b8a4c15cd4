"""What killed or hurried processes left in the journals of a folder, taken without being asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

from millstream import connect
from millstream.client import journal
from millstream.client.journal_locks import without_writer
from millstream.client.sending import Outcome, Sender
from millstream.client.session import SESSION
from millstream.client.stores import Stores
from millstream.errors import InvalidParameter

RETRY_SECONDS = 300.0
MOST_BYTES_BESIDE_TRAINING = 1 << 22


class LeftBehind:
    """The journals in a local folder whose processes are gone.

    Those of other machines, which may share the folder, are left to `millstream sync`, and so are
    files that are no journals. What could not be taken is tried again after `RETRY_SECONDS`.
    """

    def __init__(self, folder: str, stores: Stores, most_bytes: int | None = None) -> None:
        self._folder = Path(folder, "journal")
        self._stores = stores
        self._most_bytes = most_bytes
        self._sender = Sender(
            home=connect.canonical(folder), target=None, everything=False, stores=stores
        )
        self._failed: dict[Path, float] = {}

    def take(self) -> Iterator[Outcome]:
        """Send each to the store of the folder, and remove it if all of it has arrived."""
        for path in journal.found_in(self._folder):
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
            if not is_free or not journal.is_left_behind(journal.header_of(path)):
                return None
            return self._sender.send(path, lambda _: None)

    def _postpone(self, path: Path) -> None:
        self._failed[path] = time.monotonic() + RETRY_SECONDS


def take_beside_training(place: str) -> None:
    """Take what earlier scripts left in a folder, once for each process, while this one goes on.

    What is more than a few seconds of logging is left to a server or `millstream sync`, which take
    nothing from a training loop. Nobody is told of what cannot be taken: whoever left it was.
    """
    folder = connect.local_folder(place)
    if folder is None or place in SESSION.collected:
        return
    SESSION.collected.add(place)
    left = LeftBehind(folder, SESSION.stores, MOST_BYTES_BESIDE_TRAINING)
    threading.Thread(
        target=lambda: list(left.take()), name="millstream-left-behind", daemon=True
    ).start()
