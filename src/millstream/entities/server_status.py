"""How a server is doing."""

from __future__ import annotations

from millstream.entities.entity import Entity


class GetServerStatus(Entity):
    """Ask how the server is doing."""


class DatabaseStatus(Entity):
    """A database of a server: sqlite, postgresql or mysql, its size in bytes, and its schema.

    `writer_queue` counts the writes that wait in this process.
    """

    kind: str
    size: int
    schema_version: int
    writer_queue: int


class StorageStatus(Entity):
    """Where artifacts are kept, without a password.

    `size` and `files` were counted at `counted_at` (ms since 1970). They are absent while they are
    counted for the first time, and where nobody counts: elsewhere than in a folder of the server.
    """

    location: str
    is_counted: bool
    size: int | None = None
    files: int | None = None
    counted_at: int | None = None


class TrafficStatus(Entity):
    """The requests that one process answered within the last minute, news and files aside.

    Times are in ms and right to a twentieth; absent if there was no request.
    """

    requests: int
    median: float | None = None
    p99: float | None = None


class ServerStatus(Entity):
    """One process of a server. What takes long to count is a few seconds old.

    `registry_database` is there if registered models are kept elsewhere than runs. `memory` are the
    bytes that the process holds, absent where the system does not say. `outbox` counts the
    deliveries of webhooks that are still to be sent, `dead_letters` those that were given up.
    """

    version: str
    mlflow_version: str
    process_id: int
    uptime: float
    database: DatabaseStatus
    artifacts: StorageStatus
    traffic: TrafficStatus
    streams: int
    experiments: int
    runs: int
    registered_models: int
    model_versions: int
    outbox: int
    dead_letters: int
    registry_database: DatabaseStatus | None = None
    memory: int | None = None
