"""The synthetic runs and points in our own tables, written with the store's own statements."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from benchmarks.corpus import METRICS, PARAMS, RunRow, points, runs

EXPERIMENT = 0
BATCH = 5_000


def fill_runs(database: Path, count: int) -> None:
    """Write `count` runs into experiment 0 of a stopped server's database."""
    with sqlite3.connect(database) as connection:
        keys = {name: _key(connection, name) for name in [*PARAMS, *METRICS, "mlflow.runName"]}
        first = connection.execute("SELECT coalesce(max(run_key), 0) + 1 FROM runs").fetchone()[0]
        waiting: list[tuple[int, RunRow]] = []
        for row in runs(count):
            waiting.append((first + row.number, row))
            if len(waiting) == BATCH:
                _write(connection, keys, waiting)
                waiting.clear()
        _write(connection, keys, waiting)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_history(database: Path, run_id: str, count: int) -> None:
    """Write `count` points of the metric `loss` of an existing run."""
    with sqlite3.connect(database) as connection:
        key = _key(connection, "loss")
        (run_key,) = connection.execute(
            "SELECT run_key FROM runs WHERE run_id = ?", (run_id,)
        ).fetchone()
        rows = [(run_key, key, p.step, p.timestamp, p.value, 0) for p in points(count)]
        connection.executemany(
            "INSERT INTO metrics (run_key, key_id, step, timestamp, value, special)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
        low = min(rows, key=lambda row: row[4])
        high = max(rows, key=lambda row: row[4])
        connection.execute(
            _LATEST,
            (run_key, key, EXPERIMENT, *rows[-1][2:6], low[4], low[2], high[4], high[2], 1),
        )


_LATEST = (
    "INSERT INTO latest_metrics (run_key, key_id, experiment_key, step, timestamp, value, special,"
    " min_value, min_step, max_value, max_step, in_order)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _key(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO keys (name) VALUES (?)", (name,))
    return int(connection.execute("SELECT key_id FROM keys WHERE name = ?", (name,)).fetchone()[0])


def _write(
    connection: sqlite3.Connection, keys: dict[str, int], rows: list[tuple[int, RunRow]]
) -> None:
    connection.executemany(
        "INSERT INTO runs (run_key, run_id, experiment_key, name, user_id, status, start_time,"
        " end_time, lifecycle_stage, artifact_uri) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_run(key, row) for key, row in rows],
    )
    connection.executemany(
        "INSERT INTO params (run_key, key_id, experiment_key, value, head, number)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (key, keys[name], EXPERIMENT, value, value[:64], _number(value))
            for key, row in rows
            for name, value in zip(PARAMS, row.params, strict=True)
        ],
    )
    connection.executemany(
        "INSERT INTO tags (run_key, key_id, experiment_key, value, head) VALUES (?, ?, ?, ?, ?)",
        [(key, keys["mlflow.runName"], EXPERIMENT, row.name, row.name) for key, row in rows],
    )
    metrics = [
        (key, keys[name], row.start_time, value)
        for key, row in rows
        for name, value in zip(METRICS, row.metrics, strict=True)
    ]
    connection.executemany(
        "INSERT INTO metrics (run_key, key_id, step, timestamp, value, special)"
        " VALUES (?, ?, 0, ?, ?, 0)",
        metrics,
    )
    connection.executemany(
        _LATEST,
        [
            (key, name, EXPERIMENT, 0, time, value, 0, value, 0, value, 0, 1)
            for key, name, time, value in metrics
        ],
    )
    connection.commit()


def _run(key: int, row: RunRow) -> tuple[int | str, ...]:
    return (
        key,
        row.run_id,
        EXPERIMENT,
        row.name,
        "bench",
        "FINISHED",
        row.start_time,
        row.start_time + 1000,
        "active",
        f"./{EXPERIMENT}/{row.run_id}/artifacts",
    )


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
