"""What a script could not send is sent later."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from millstream.client.journal import Journal
from millstream.client.records import BeginRun, LogArtifact, Record
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.entities.experiments import CreateExperiment
from millstream.entities.metrics import Metric
from millstream.entities.runs import CreateRun, LogParam, SetTag, UpdateRun
from millstream.testing.databases import empty_database


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
    journal.append([UpdateRun(run_id, "FAILED", 5_000)])
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
    journal.append([Metric("loss", 1.0, 1, 0), SetTag(run_id, "k", "v")])
    said = millstream.data("sync")
    assert said[0]["state"] == (
        f"sent 1 records; process {os.getpid()} goes on with it and sends 1 more itself"
    )
    client = MillstreamClient(str(millstream.folder))
    assert len(client.get_metric_history(run_id, "loss")) == 1
    assert journal.path.exists()
    assert millstream.data("sync", "--all")[0]["state"] == "sent 2 records"
    assert client.get_run(run_id).data.tags["k"] == "v"
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
    assert re.fullmatch(
        rf"{left_behind}: sent 1500 records; \d+ bytes from position \d+ on are damaged or cut off "
        rf"and kept in {kept}\n",
        said,
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


def finished_journal(
    folder: Path, place: str, run_id: str, records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> Journal:
    """The journal of a process that has ended; open, so that files can be added."""
    process_id = finished_process()
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: process_id)
        journal = Journal(folder, place, run_id)
    journal.append(records)
    return journal


def test_an_offline_run_of_another_machine_is_made_with_its_files(
    millstream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = tmp_path / "copied"
    run_id = "ab" * 16
    millstream.text("experiments", "search")  # which makes the folder
    begin = BeginRun(
        CreateRun("offline-1", "ada", "first", 5, run_id=run_id), CreateExperiment("lab")
    )
    records: list[Record] = [begin, LogParam(run_id, "lr", "0.1"), Metric("loss", 1.0, 1, 0)]
    journal = finished_journal(copied, str(millstream.folder), run_id, records, monkeypatch)
    (copied / "x1").write_bytes(b"weights")
    journal.adopt(copied / "x1")
    digest = hashlib.sha256(b"weights").hexdigest()
    journal.append([LogArtifact("model/w.bin", "x1", 7, digest), UpdateRun(run_id, "FINISHED", 9)])
    journal.close()
    said = millstream.data("sync", str(copied))
    assert (said[0]["sent"], said[0]["failed"]) == (5, False)
    client = MillstreamClient(str(millstream.folder))
    run = client.get_run(run_id)
    assert (run.info.status, run.data.params, run.data.metrics) == (
        "FINISHED",
        {"lr": "0.1"},
        {"loss": 1.0},
    )
    assert client.get_experiment(run.info.experiment_id).name == "lab"
    assert [file.path for file in client.list_artifacts(run_id, "model")] == ["model/w.bin"]
    assert list(copied.iterdir()) == []


def test_sending_elsewhere_leaves_everything_and_works_again(
    millstream: Any, run_id: str, left_behind: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    for _ in range(2):
        assert millstream.data("sync", "--to", str(other))[0]["sent"] == 1_501
        assert left_behind.exists()
    client = MillstreamClient(str(other))
    assert len(client.get_metric_history(run_id, "loss")) == 1_500
    run = client.get_run(run_id)
    assert run.info.status == "FAILED"
    assert run.data.tags["millstream.originalRunId"] == run_id


def test_a_folder_that_is_not_here_is_not_made_up(
    millstream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = tmp_path / "absent"
    journal = finished_journal(
        tmp_path / "copied", str(absent), "r", [Metric("a", 1.0, 1, 0)], monkeypatch
    )
    journal.close()
    done = millstream("sync", str(journal.path))
    assert done.exit_code == 1
    assert f"belongs to the folder {absent}, which is not on this machine" in done.stdout
    assert not absent.exists()


def test_what_had_arrived_does_not_bring_an_old_state_back(
    millstream: Any, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, place = millstream.folder / "journal", str(millstream.folder)
    journal = finished_journal(folder, place, run_id, [SetTag(run_id, "k", "old")], monkeypatch)
    journal.take(10)
    journal.mark()
    journal.close()
    client = MillstreamClient(place)
    client.set_tag(run_id, "k", "new")
    assert millstream.data("sync")[0]["failed"] is False
    assert client.get_run(run_id).data.tags["k"] == "new"
    assert not journal.path.exists()


def test_an_unreadable_journal_is_one_failure_among_others(
    millstream: Any, left_behind: Path
) -> None:
    broken = left_behind.with_name("broken.journal")
    broken.write_bytes(b"no journal")
    done = millstream("sync", "--json")
    assert done.exit_code == 1
    assert "is not a journal" in done.stdout
    assert "sent 1501 records" in done.stdout
    assert broken.exists()
    assert not left_behind.exists()


def test_a_damaged_file_is_told_and_the_rest_arrives(
    millstream: Any, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, place = millstream.folder / "journal", str(millstream.folder)
    records: list[Record] = [LogArtifact("w.bin", "x1", 7, "00"), LogParam(run_id, "a", "1")]
    journal = finished_journal(folder, place, run_id, records, monkeypatch)
    (folder / "x1").write_bytes(b"changed")
    journal.adopt(folder / "x1")
    journal.close()
    done = millstream("sync", "--json")
    assert done.exit_code == 1
    assert "'w.bin' of run" in done.stdout
    assert MillstreamClient(place).get_run(run_id).data.params == {"a": "1"}
    assert journal.path.exists()


def test_watching_sends_what_is_added_once(
    millstream: Any, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(millstream.folder / "journal", str(millstream.folder), run_id)
    journal.append([Metric("loss", 1.0, 1, 0)])
    rounds = iter([[Metric("loss", 2.0, 2, 1)], []])

    def pause(_: float) -> None:
        try:
            added = next(rounds)
        except StopIteration:
            raise KeyboardInterrupt from None
        if added:
            journal.append(added)

    monkeypatch.setattr("millstream.cli.sync.time.sleep", pause)
    done = millstream("sync", "--watch")
    assert done.exit_code == 0
    assert done.stdout.count("sent 1 records") == 2
    client = MillstreamClient(str(millstream.folder))
    assert [m.step for m in client.get_metric_history(run_id, "loss")] == [0, 1]
    journal.close()


@pytest.fixture
def in_database(
    new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., str]]:
    """Leaves the journal of a run with a file, for a database whose files are anywhere."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with empty_database("postgresql", tmp_path) as place:

        def leave(root: Path | None, host: str | None = None) -> str:
            folder = tmp_path / "left"
            with pytest.MonkeyPatch.context() as patched:
                process_id = finished_process()
                patched.setattr(os, "getpid", lambda: process_id)
                if host is not None:
                    patched.setattr("millstream.client.journal.this_host", lambda: host)
                kept = None if root is None else str(root)
                journal = Journal(folder, place, "a" * 32, kept)
            (tmp_path / "notes").write_bytes(b"words")
            journal.adopt(tmp_path / "notes")
            digest = hashlib.sha256(b"words").hexdigest()
            journal.append([BeginRun(CreateRun("0", run_id="a" * 32))])
            journal.append([LogArtifact("notes.txt", "notes", 5, digest)])
            journal.close()
            return place

        yield leave
        SESSION.finish()


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("mlartifacts/**/*") if path.is_file()]


def test_files_of_a_database_land_where_the_script_would_have_put_them(
    millstream: Any, in_database: Callable[..., str], tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.mkdir()
    in_database(script / "mlartifacts")
    assert "sent 2 records" in millstream.text("sync", str(tmp_path / "left"))
    assert files_in(script) == files_in(tmp_path) == ["notes.txt"]


@pytest.mark.parametrize(
    ("root", "host"), [(None, None), ("gone/mlartifacts", None), ("mlartifacts", "elsewhere")]
)
def test_files_of_a_database_are_refused_where_their_place_cannot_be_known(
    millstream: Any,
    in_database: Callable[..., str],
    tmp_path: Path,
    root: str | None,
    host: str | None,
) -> None:
    place = in_database(None if root is None else tmp_path / root, host)
    told = millstream("sync", str(tmp_path / "left")).stdout
    assert "where its files belong cannot be known" in told
    assert files_in(tmp_path) == []
    told = millstream("sync", str(tmp_path / "left"), "--to", place).stdout
    assert "go to the folder whose ./mlartifacts is meant" in told
    Path("mlartifacts").mkdir()
    millstream.text("sync", str(tmp_path / "left"), "--to", place)
    assert files_in(Path.cwd()) == ["notes.txt"]
