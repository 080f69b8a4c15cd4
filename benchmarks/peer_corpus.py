"""The synthetic runs and points in the tables of the peers, since their own doors take hours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.corpus import METRICS, PARAMS, Point, RunRow, points, runs

Columns = dict[str, Any]


def fill_runs(database: Path, count: int) -> None:
    """Write `count` runs into experiment 0 of a stopped MLflow or FastTrackML database."""
    with sqlite3.connect(database) as connection:
        tables = Tables(connection)
        for row in runs(count):
            _write_run(tables, row)
        tables.flush()


def fill_history(database: Path, run_id: str, count: int) -> None:
    """Write `count` points of the metric `loss` of an existing run."""
    with sqlite3.connect(database) as connection:
        tables = Tables(connection)
        last: Point | None = None
        for last in points(count):
            tables.add("metrics", _metric(run_id, "loss", last) | {"iter": last.step + 1})
        if last is not None:
            tables.add("latest_metrics", _metric(run_id, "loss", last) | {"last_iter": count})
        tables.flush()


def _write_run(tables: Tables, row: RunRow) -> None:
    run_id = row.run_id
    tables.add(
        "runs",
        {
            "run_uuid": run_id,
            "name": row.name,
            "source_type": "UNKNOWN",
            "source_name": "",
            "entry_point_name": "",
            "user_id": "bench",
            "status": "FINISHED",
            "start_time": row.start_time,
            "end_time": row.start_time + 1000,
            "source_version": "",
            "lifecycle_stage": "active",
            "artifact_uri": f"/artifacts/0/{run_id}/artifacts",
            "experiment_id": 0,
            "row_num": row.number,
        },
    )
    for key, value in zip(PARAMS, row.params, strict=True):
        tables.add("params", {"key": key, "value": value, "value_str": value, "run_uuid": run_id})
    for key, number in zip(METRICS, row.metrics, strict=True):
        metric = _metric(run_id, key, Point(0, row.start_time, number))
        tables.add("metrics", metric | {"iter": 1})
        tables.add("latest_metrics", metric | {"last_iter": 1})
    tables.add("tags", {"key": "mlflow.runName", "value": row.name, "run_uuid": run_id})


def _metric(run_id: str, key: str, point: Point) -> Columns:
    return {
        "key": key,
        "value": point.value,
        "timestamp": point.timestamp,
        "step": point.step,
        "is_nan": 0,
        "run_uuid": run_id,
        "context_id": 1,
    }


class Tables:
    """Rows on their way into tables; a column that a table lacks is left out."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.waiting: dict[str, list[tuple[Any, ...]]] = {}
        self.columns: dict[str, list[str]] = {}

    def add(self, table: str, row: Columns) -> None:
        """Queue a row."""
        if table not in self.columns:
            self.columns[table] = [name for name in self._names(table) if name in row]
        waiting = self.waiting.setdefault(table, [])
        waiting.append(tuple(row[name] for name in self.columns[table]))
        if len(waiting) >= 10_000:
            self.flush()

    def flush(self) -> None:
        """Write what is queued."""
        for table, rows in self.waiting.items():
            names = self.columns[table]
            marks = ", ".join("?" * len(names))
            statement = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - names come from the table itself
            self.connection.executemany(statement, rows)
            rows.clear()
        self.connection.commit()

    def _names(self, table: str) -> Iterator[str]:
        for row in self.connection.execute(f"PRAGMA table_info({table})"):
            yield row[1]
