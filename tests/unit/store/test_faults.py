"""Many processes at once, and processes that are killed: what was acknowledged is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from millstream.entities.metrics import GetMetricHistory
from millstream.entities.runs import CreateRun
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.databases import KINDS, empty_database

SCRIPT = str(Path(__file__).with_name("logging_process.py"))


def start(uri: str, run_id: str, key: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, SCRIPT, uri, run_id, key, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def steps(store: SqlStore, run_id: str, key: str) -> list[int]:
    slices = store.metrics.stream_history(GetMetricHistory(run_id, key))
    return [point.step for part in slices for point in part]


def log_from(processes: int, count: int, uri: str) -> None:
    store = SqlStore(Database(uri), "/artifacts")
    run_id = store.runs.create(CreateRun("0")).result().info.run_id
    running = [start(uri, run_id, f"m{place % 5}", count) for place in range(processes)]
    for process in running:
        _, errors = process.communicate(timeout=280)
        assert (process.returncode, errors) == (0, "")
    for key in {f"m{place % 5}" for place in range(processes)}:
        assert steps(store, run_id, key) == list(range(count))
    store.close()


def kill_again_and_again(times: int, folder: Path) -> None:
    uri = f"sqlite:///{folder / 'test.db'}"
    store = SqlStore(Database(uri), "/artifacts")
    run_id = store.runs.create(CreateRun("0")).result().info.run_id
    for life in range(times):
        process = start(uri, run_id, f"life{life}", 0)
        assert process.stdout is not None
        for _ in range(20 + 7 * life):
            process.stdout.readline()
        process.kill()
        rest, errors = process.communicate(timeout=60)
        assert errors == ""
        acknowledged = 20 + 7 * life + len([line for line in rest.split("\n")[:-1] if line])
        assert len(steps(store, run_id, f"life{life}")) >= acknowledged
    with store.database.reader() as reader:
        assert reader.execute("PRAGMA integrity_check") == [("ok",)]
    store.close()


def test_many_processes_log_into_one_file(tmp_path: Path) -> None:
    log_from(8, 200, f"sqlite:///{tmp_path / 'test.db'}")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_many_processes_write_the_same_metrics_on_a_server(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        log_from(6, 60, uri)


def test_a_killed_process_loses_nothing_acknowledged(tmp_path: Path) -> None:
    kill_again_and_again(5, tmp_path)


@pytest.mark.soak
def test_thirty_two_processes_log_into_one_file(tmp_path: Path) -> None:
    log_from(32, 1000, f"sqlite:///{tmp_path / 'test.db'}")


@pytest.mark.soak
def test_fifty_killed_processes_lose_nothing_acknowledged(tmp_path: Path) -> None:
    kill_again_and_again(50, tmp_path)
