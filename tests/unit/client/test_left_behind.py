"""What is left behind in the journals of a folder is taken by whoever comes next."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import millstream
from millstream.artifacts.local import LocalArtifacts
from millstream.client import active, journal, left_behind
from millstream.client.applying import Applier, Refusal
from millstream.client.delivery import Lane
from millstream.client.journal import Journal, header_of
from millstream.client.journal_locks import without_writer
from millstream.client.left_behind import LeftBehind, take_beside_training, take_of_run
from millstream.client.records import BeginRun
from millstream.client.session import SESSION, tell_what_is_left
from millstream.entities.metrics import Metric
from millstream.entities.runs import CreateRun, LogBatch, LogParam, RunTag, UpdateRun
from millstream.errors import InvalidParameter, Unavailable

POINTS = 1_500


def finished_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def journal_of_the_dead(place: Path | str, run_id: str, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """The journal of a process that is gone; the caller closes it, which the death would do."""
    process_id = finished_process()
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: process_id)
        return Journal(SESSION.journal_folder(str(place)), str(place), run_id)


def left(place: Path | str, run_id: str, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """The same with points in it."""
    made = journal_of_the_dead(place, run_id, monkeypatch)
    made.append([Metric("loss", float(step), 1_000 + step, step) for step in range(POINTS)])
    return made


def left_behind_in(folder: Path) -> LeftBehind:
    return LeftBehind(str(folder), folder / "journal", SESSION.stores)


@pytest.fixture(params=["folder", "database"])
def place(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where this process logs to. Journals of databases are in the home, whichever it is."""
    if request.param == "folder":
        return str(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    folder.mkdir()
    millstream.set_tracking_uri(f"sqlite:///{folder / 'runs.db'}")
    return SESSION.place


@pytest.fixture
def killed(place: str, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """What is left of a run there."""
    made = left(place, millstream.MillstreamClient().create_run("0").info.run_id, monkeypatch)
    made.close()
    return made


def until_taken() -> None:
    for thread in threading.enumerate():
        if thread.name == "millstream-left-behind":
            thread.join(60)


@pytest.fixture
def run_id(client: millstream.MillstreamClient) -> str:
    return client.create_run("0").info.run_id


def points_of(run_id: str) -> int:
    return len(millstream.MillstreamClient().get_metric_history(run_id, "loss"))


def test_all_of_it_arrives_and_the_journal_is_gone(
    folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = left(folder, run_id, monkeypatch)
    made.append([UpdateRun(run_id, "FAILED", 5_000)])
    made.close()
    (outcome,) = left_behind_in(folder).take()
    assert (outcome.run_id, outcome.sent, outcome.failed) == (run_id, POINTS + 1, False)
    assert points_of(run_id) == POINTS
    assert millstream.get_run(run_id).info.status == "FAILED"
    assert not made.path.exists()
    assert list(left_behind_in(folder).take()) == []


def test_whose_process_goes_on_is_left_to_it(folder: Path, run_id: str) -> None:
    made = Journal(folder / "journal", str(folder), run_id)
    made.append([Metric("loss", 1.0, 1, 0)])
    made.close()
    assert not journal.is_left_behind(header_of(made.path))
    assert list(left_behind_in(folder).take()) == []
    assert points_of(run_id) == 0
    assert made.path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no journal is taken there")
def test_whoever_has_it_open_goes_on_even_if_its_process_cannot_be_seen(
    folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in another container that shares the folder and the name of the machine."""
    made = left(folder, run_id, monkeypatch)
    collector = left_behind_in(folder)
    assert list(collector.take()) == []
    assert made.path.exists()
    made.close()
    assert [outcome.sent for outcome in collector.take()] == [POINTS]


def test_two_do_not_take_the_same(
    folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = left(folder, run_id, monkeypatch)
    made.close()
    with without_writer(made.path) as first, without_writer(made.path) as second:
        assert (first, second) == (True, False)
        assert list(left_behind_in(folder).take()) == []
    assert made.path.exists()


def test_journals_of_other_machines_are_left_alone(
    folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(journal, "this_host", lambda: "elsewhere")
        made = left(folder, run_id, monkeypatch)
    made.close()
    assert list(left_behind_in(folder).take()) == []
    assert made.path.exists()


def test_what_is_refused_stays_and_is_tried_again_later(
    folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = millstream.MillstreamClient()
    client.log_param(run_id, "lr", "1")
    made = left(folder, run_id, monkeypatch)
    made.append([LogParam(run_id, "lr", "2")])
    made.close()
    (folder / "journal" / "x.journal").write_text("no journal")
    collector = left_behind_in(folder)
    (outcome,) = collector.take()
    assert outcome.failed
    assert "1 were refused" in outcome.state
    assert points_of(run_id) == POINTS
    assert list(collector.take()) == []
    assert made.path.exists()
    monkeypatch.setattr(left_behind, "RETRY_SECONDS", 0.0)
    again = left_behind_in(folder)
    assert [len(list(again.take())) for _ in range(2)] == [1, 1]


def test_the_next_run_takes_what_is_little(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = millstream.MillstreamClient().create_run("0").info.run_id
    small = left(place, run_id, monkeypatch)
    small.close()
    large = left(place, run_id, monkeypatch)
    large.close()
    with large.path.open("ab") as file:
        file.truncate(left_behind.MOST_BYTES_BESIDE_TRAINING + 1)
    with millstream.start_run():
        until_taken()
    assert not small.path.exists()
    assert large.path.exists()
    assert points_of(run_id) == POINTS


def test_the_journals_of_other_databases_are_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    folder.mkdir()
    other = left(f"sqlite:///{folder / 'other.db'}", "run1", monkeypatch)
    other.close()
    millstream.set_tracking_uri(f"sqlite:///{folder / 'runs.db'}")
    with millstream.start_run():
        until_taken()
    assert other.path.exists()
    assert not (folder / "other.db").exists()


def test_a_store_that_is_away_is_asked_once(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = millstream.MillstreamClient().create_run("0").info.run_id
    journals = [left(place, run_id, monkeypatch) for _ in range(3)]
    asked = []

    def send(_: Applier, *arguments: object) -> None:
        asked.append(arguments)
        raise Unavailable("nobody answers")

    for made in journals:
        made.close()
    with monkeypatch.context() as patched:
        patched.setattr(Applier, "send", send)
        take_beside_training(place)
        until_taken()
    assert len(asked) == 1
    assert all(made.path.exists() for made in journals)


def test_what_a_run_left_arrives_before_it_goes_on(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag of the process that was killed is older than one of the process that goes on."""
    client = millstream.MillstreamClient()
    run_id = client.create_run("0").info.run_id
    killed = left(place, run_id, monkeypatch)
    killed.append(
        [LogBatch(run_id, tags=[RunTag("stage", "first")]), UpdateRun(run_id, "FAILED", 5_000)]
    )
    killed.close()
    other = left(place, client.create_run("0").info.run_id, monkeypatch)
    other.close()
    monkeypatch.setattr(active, "take_beside_training", lambda _: None)
    with millstream.start_run(run_id=run_id):
        assert not killed.path.exists()
        millstream.set_tag("stage", "second")
        assert client.get_run(run_id).info.status == "RUNNING"
    found = client.get_run(run_id)
    assert (found.data.tags["stage"], found.info.status) == ("second", "FINISHED")
    assert points_of(run_id) == POINTS
    assert other.path.exists()


def test_a_run_that_began_without_its_store_goes_on_after_it_was_killed(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = "0123456789abcdef0123456789abcdef"
    killed = journal_of_the_dead(place, run_id, monkeypatch)
    killed.append([BeginRun(CreateRun("0", run_name="begun", run_id=run_id))])
    killed.close()
    with millstream.start_run(run_id=run_id) as run:
        assert run.info.run_name == "begun"


def test_a_silent_store_is_waited_for_with_patience(
    place: str, killed: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = header_of(killed.path).run_id
    answered = threading.Event()
    send = Applier.send

    def silent(self: Applier, *arguments: Any) -> list[Refusal]:
        answered.wait(60)
        return send(self, *arguments)

    monkeypatch.setattr(Applier, "send", silent)
    monkeypatch.setattr(left_behind, "PATIENCE", 0.01)
    before = SESSION.patience.waited
    take_of_run(place, run_id)
    assert killed.path.exists()
    assert SESSION.patience.waited > before
    answered.set()
    until_taken()
    assert points_of(run_id) == POINTS


def test_without_a_thread_to_be_had_the_journals_stay(
    place: str, killed: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = header_of(killed.path).run_id

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        take_of_run(place, run_id)
        take_beside_training(place)
    assert killed.path.exists()


def test_what_is_no_journal_has_no_header(tmp_path: Path) -> None:
    (tmp_path / "x.journal").write_text("no journal")
    with pytest.raises(InvalidParameter, match="is not a journal"):
        header_of(tmp_path / "x.journal")


@pytest.mark.parametrize(
    ("place", "away", "sends"),
    [
        (
            "/data/runs",
            None,
            "`millstream ui --backend-store-uri /data/runs` or "
            "`millstream sync --tracking-uri /data/runs` sends it.",
        ),
        ("http://host:5000", None, "`millstream sync --tracking-uri http://host:5000` sends it."),
        (
            "http://host:5000",
            Unavailable("nobody answers"),
            "`millstream sync --tracking-uri http://host:5000` sends it when the store is back.",
        ),
    ],
)
def test_who_ends_too_early_is_told_what_takes_the_rest(
    tmp_path: Path,
    place: str,
    away: Exception | None,
    sends: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = Journal(tmp_path, place, "run1")
    lane = Lane(made, Applier(place, "run1", tmp_path, lambda uri: LocalArtifacts(Path(uri))))
    lane.away = away
    tell_what_is_left([lane])
    why = "nobody answers" if away else "it takes longer than MILLSTREAM_EXIT_WAIT"
    assert capsys.readouterr().err == (
        f"millstream: {place} did not take all of run run1 ({why}); the rest is safe in "
        f"{made.path}\nmillstream: {sends}\n"
    )
    made.close()
