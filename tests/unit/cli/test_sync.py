"""What a script could not send is sent later."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from millstream.client.journal import Journal
from millstream.client.tracking import MillstreamClient
from millstream.entities.metrics import Metric
from millstream.entities.runs import UpdateRun


@pytest.fixture
def run_id(millstream: Any) -> str:
    """A run that is going on."""
    return MillstreamClient(str(millstream.folder)).create_run("0").info.run_id


def finished_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.fixture
def left_behind(millstream: Any, run_id: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The journal of a process that has ended, with 1,500 points and the end of the run."""
    process_id = finished_process()
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: process_id)
        journal = Journal(millstream.folder / "journal", str(millstream.folder), run_id)
    journal.append([Metric("loss", float(step), 1_000 + step, step) for step in range(1_500)])
    journal.append_end(UpdateRun(run_id, "FAILED", 5_000))
    journal.close()
    return journal.path


def test_all_of_it_arrives_and_the_journal_is_gone(
    millstream: Any, run_id: str, left_behind: Path
) -> None:
    assert millstream.text("sync") == f"{left_behind}: sent 1501 records\n"
    client = MillstreamClient(str(millstream.folder))
    assert len(client.get_metric_history(run_id, "loss")) == 1_500
    run = client.get_run(run_id)
    assert (run.info.status, run.info.end_time) == ("FAILED", 5_000)
    assert not left_behind.exists()
    assert millstream.text("sync") == "Nothing is left to send.\n"
    assert millstream.data("sync") == []


def test_a_running_process_keeps_its_journal(millstream: Any, run_id: str) -> None:
    journal = Journal(millstream.folder / "journal", str(millstream.folder), run_id)
    journal.append([Metric("loss", 1.0, 1, 0)])
    said = millstream.data("sync")
    assert said[0]["state"] == f"left to process {os.getpid()}, which is running"
    assert journal.path.exists()
    assert millstream.data("sync", "--all")[0]["state"] == "sent 1 records"
    assert not journal.path.exists()
    journal.close()


def test_what_the_store_refuses_stays_and_is_1(
    millstream: Any, run_id: str, left_behind: Path
) -> None:
    millstream.text("runs", "delete", "--run-id", run_id)
    done = millstream("sync")
    assert done.exit_code == 1
    assert "not sent: The run" in done.stdout
    assert left_behind.exists()


def test_a_line_that_was_cut_off_is_kept(millstream: Any, left_behind: Path) -> None:
    left_behind.write_bytes(left_behind.read_bytes()[:-3])
    said = millstream.text("sync")
    kept = left_behind.with_suffix(".torn")
    assert said == (
        f"{left_behind}: sent 1500 records; its last line is cut off and kept in {kept}\n"
    )
    assert kept.exists()
    assert millstream.text("sync") == "Nothing is left to send.\n"


def test_journals_of_other_servers_are_left_alone(
    millstream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "millstream" / "journal"
    journal = Journal(folder, "http://127.0.0.1:1", "r")
    journal.close()
    said = millstream.data("sync", "--all", "--tracking-uri", "http://127.0.0.1:2")
    assert said[0]["state"] == "belongs to http://127.0.0.1:1"
    assert journal.path.exists()
