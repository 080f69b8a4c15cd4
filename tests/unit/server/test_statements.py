"""A request costs a constant number of statements, however much it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from millstream.entities import metrics as m
from millstream.entities import runs as r
from millstream.rest.dispatch import Dispatcher
from millstream.store.sql.database import Database
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.store import SqlStore

ASKING = ("execute", "run", "run_many", "insert", "iterate")


class Counted:
    """A dispatcher over a store, and the statements that the store ran."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.statements: list[str] = []
        self._dispatcher = Dispatcher(store)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self._send("POST", path, b"", json.dumps(body).encode())

    def get(self, path: str, query: str) -> dict[str, Any]:
        return self._send("GET", path, query.encode(), b"")

    def _send(self, method: str, path: str, query: bytes, body: bytes) -> dict[str, Any]:
        self.statements.clear()
        path = f"/api/2.0/mlflow/{path}"
        answer = self._dispatcher.answer(method, path, query, b"application/json", body)
        whole = answer.body or b"".join(answer.chunks or ())
        assert answer.status == 200, whole
        found: dict[str, Any] = json.loads(whole)
        return found

    def fill(self, runs: int, keys: int) -> None:
        for _ in range(runs):
            run_id = self.store.runs.create(r.CreateRun("0")).result().info.run_id
            points = [m.Metric(f"m{key}", 1.0, 1, step) for key in range(keys) for step in (1, 2)]
            params = [r.Param(f"p{key}", "v") for key in range(keys)]
            self.store.runs.log_batch(r.LogBatch(run_id, points, params)).result()


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), str(tmp_path))
    made = Counted(store)
    for name in ASKING:
        _count(monkeypatch, name, made.statements)
    yield made
    store.close()


def _count(monkeypatch: pytest.MonkeyPatch, name: str, statements: list[str]) -> None:
    original = getattr(SqliteConnection, name)

    def counting(self: SqliteConnection, sql: str, *arguments: Any, **more: Any) -> Any:
        statements.append(sql)
        return original(self, sql, *arguments, **more)

    monkeypatch.setattr(SqliteConnection, name, counting)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("runs/search", {"experiment_ids": ["0"]}),
        (
            "runs/search",
            {"experiment_ids": ["0"], "order_by": ["metrics.m1"], "filter": "params.p0 = 'v'"},
        ),
        ("experiments/search", {"max_results": 100}),
        ("logged-models/search", {"experiment_ids": ["0"]}),
    ],
)
def test_searches(counted: Counted, path: str, body: dict[str, Any]) -> None:
    counted.fill(runs=2, keys=2)
    counted.post(path, **body)
    few = len(counted.statements)
    counted.fill(runs=20, keys=20)
    counted.post(path, **body)
    assert len(counted.statements) == few
    assert 0 < few <= 8


def test_points_and_runs(counted: Counted) -> None:
    counted.fill(runs=1, keys=2)
    run_id = counted.post("runs/search", experiment_ids=["0"])["runs"][0]["info"]["run_id"]
    counted.get("runs/get", f"run_id={run_id}")
    small = len(counted.statements)
    counted.post(
        "runs/log-batch", run_id=run_id, params=[{"key": f"q{i}", "value": "v"} for i in range(90)]
    )
    counted.get("runs/get", f"run_id={run_id}")
    assert len(counted.statements) == small <= 8
    counted.post("runs/log-metric", run_id=run_id, key="m0", value=1, timestamp=3, step=3)
    counted.post("runs/log-metric", run_id=run_id, key="m0", value=1, timestamp=4, step=4)
    assert 0 < len(counted.statements) <= 8
