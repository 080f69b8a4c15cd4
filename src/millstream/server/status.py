"""How this process of the server is doing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from millstream.entities.server_status import GetServerStatus, ServerStatus
from millstream.server.storage import Storage
from millstream.server.traffic import Traffic
from millstream.store.health import Counts, Health
from millstream.version import MLFLOW_VERSION, VERSION

COUNTED_SECONDS = 5.0
_MEMORY = Path("/proc/self/statm")


class Status:
    """Answers how the server is doing. `streams` says how many pages are told of news."""

    def __init__(
        self,
        tracking: Health,
        registry: Health,
        storage: Storage,
        traffic: Traffic,
        streams: Callable[[], int],
    ) -> None:
        self._tracking = tracking
        self._registry = registry
        self._storage = storage
        self._traffic = traffic
        self._streams = streams
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._counted: tuple[float, Counts] | None = None

    def get(self, request: GetServerStatus) -> ServerStatus:  # noqa: ARG002  # operations' form
        """Ask everything that has to do with how the server is doing."""
        counts = self._counts()
        apart = self._registry is not self._tracking
        return ServerStatus(
            version=VERSION,
            mlflow_version=MLFLOW_VERSION,
            process_id=os.getpid(),
            uptime=time.monotonic() - self._began,
            database=self._tracking.database(),
            registry_database=self._registry.database() if apart else None,
            artifacts=self._storage.status(),
            traffic=self._traffic.status(),
            streams=self._streams(),
            memory=_memory(),
            **counts._asdict(),
        )

    def _counts(self) -> Counts:
        """Counted at most every few seconds, however many ask."""
        with self._lock:
            now = time.monotonic()
            if self._counted is None or now - self._counted[0] > COUNTED_SECONDS:
                counts = self._tracking.counts()
                if self._registry is not self._tracking:
                    other = self._registry.counts()
                    counts = Counts(counts.experiments, counts.runs, *other[2:])
                self._counted = (now, counts)
            return self._counted[1]


def _memory() -> int | None:
    """The bytes that the process holds, where Linux says so."""
    if not _MEMORY.exists():
        return None
    return int(_MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
