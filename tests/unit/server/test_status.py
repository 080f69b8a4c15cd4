"""The server says how it is doing."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from tests.unit.server.conftest import Caller

from millstream.entities.server_status import ServerStatus
from millstream.server.assembly import assemble
from millstream.server.options import ServerOptions
from millstream.server.storage import Storage
from millstream.server.traffic import Traffic
from millstream.store.sql.connections import SCHEMA_VERSION
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.databases import KINDS, empty_database


def test_what_the_status_tells(tmp_path: Path) -> None:
    call = Caller(assemble(ServerOptions(backend_store_uri=str(tmp_path))))
    assert call.post("/api/2.0/mlflow/runs/create", b'{"experiment_id": "0"}').status == 200
    artifacts = tmp_path / "artifacts" / "0"
    artifacts.mkdir(parents=True)
    (artifacts / "file").write_bytes(b"12345")

    def status() -> ServerStatus:
        return msgspec.json.decode(call("GET", "/api/v1/status").body, type=ServerStatus)

    found = status()
    ends = time.monotonic() + 60
    while found.artifacts.size is None:
        assert time.monotonic() < ends, "files were never counted"
        time.sleep(0.02)
        found = status()
    assert (found.experiments, found.runs, found.registered_models) == (1, 1, 0)
    assert (found.outbox, found.dead_letters, found.streams) == (0, 0, 0)
    assert found.database.kind == "sqlite"
    assert found.database.size > 10_000
    assert (found.database.schema_version, found.database.writer_queue) == (SCHEMA_VERSION, 0)
    assert found.registry_database is None
    assert (found.artifacts.is_counted, found.artifacts.size, found.artifacts.files) == (True, 5, 1)
    assert found.traffic.requests >= 1
    assert found.uptime > 0
    assert (found.memory or 10**9) > 1_000_000


def test_what_is_elsewhere_is_not_counted() -> None:
    found = Storage("s3://user:secret@bucket/models").status()
    assert (found.is_counted, found.size, found.files) == (False, None, None)
    assert found.location == "s3://user:***@bucket/models"


def test_quantiles_are_right_to_a_twentieth() -> None:
    traffic = Traffic()
    for number in range(1, 1_001):
        traffic.note(number / 1_000)
    found = traffic.status()
    assert found.requests == 1_000
    assert found.median == pytest.approx(500, rel=0.05)
    assert found.p99 == pytest.approx(990, rel=0.05)


def test_only_the_last_minute_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_000.0
    monkeypatch.setattr("millstream.server.traffic.time.monotonic", lambda: moment)
    traffic = Traffic()
    assert traffic.status().median is None
    traffic.note(0.1)
    moment += 59
    traffic.note(0.1)
    assert traffic.status().requests == 2
    moment += 2
    assert traffic.status().requests == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_database_tells_its_size(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        store = SqlStore(Database(uri), "/artifacts")
        assert store.health.database().kind == kind
        assert store.health.database().size > 10_000
        assert store.health.counts() == (1, 0, 0, 0, 0, 0)
        store.close()
