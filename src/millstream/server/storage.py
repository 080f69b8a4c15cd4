"""How much room artifacts take, counted on a thread of its own and kept for a while."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

from millstream.artifacts.confined import local_path
from millstream.entities.server_status import StorageStatus
from millstream.masking import shown

KEPT_SECONDS = 600.0


class Storage:
    """The place where artifacts are kept; only a folder of this machine is counted."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._folder = local_path(uri)
        self._lock = threading.Lock()
        self._counted: tuple[int, int, int] | None = None
        self._began = -KEPT_SECONDS
        self._counting = False

    def status(self) -> StorageStatus:
        """What was counted last; begins to count anew if that was long ago."""
        location = shown(self._uri)
        if self._folder is None:
            return StorageStatus(location, is_counted=False)
        self._begin(self._folder)
        return StorageStatus(location, True, *(self._counted or (None, None, None)))

    def _begin(self, folder: str) -> None:
        with self._lock:
            if self._counting or time.monotonic() - self._began < KEPT_SECONDS:
                return
            self._counting = True
            self._began = time.monotonic()
        threading.Thread(target=self._count, args=(folder,), name="storage", daemon=True).start()

    def _count(self, folder: str) -> None:
        sizes = list(_sizes(folder))
        self._counted = (sum(sizes), len(sizes), time.time_ns() // 1_000_000)
        self._counting = False


def _sizes(folder: str) -> Iterator[int]:
    """The sizes of all files below; what goes away meanwhile, or cannot be read, takes no room."""
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        yield entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
