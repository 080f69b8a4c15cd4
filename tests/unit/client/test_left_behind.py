"""What is left behind in the journals of a folder is taken by whoever comes next."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import millstream
from millstream.artifacts.local import LocalArtifacts
from millstream.client import journal, left_behind
from millstream.client.applying import Applier
from millstream.client.delivery import Lane
from millstream.client.journal import Journal, header_of
from millstream.client.journal_locks import without_writer
from millstream.client.left_behind import LeftBehind
from millstream.client.session import SESSION, tell_what_is_left
from millstream.entities.metrics import Metric
from millstream.entities.runs import LogParam, UpdateRun
from millstream.errors import InvalidParameter, Unavailable

POINTS = 1_500


def finished_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def left(folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """The journal of a process that is gone; the caller closes it, which the death would do."""
    process_id = finished_process()
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: process_id)
        made = Journal(folder / "journal", str(folder), run_id)
    made.append([Metric("loss", float(step), 1_000 + step, step) for step in range(POINTS)])
    return made


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
    (outcome,) = LeftBehind(str(folder), SESSION.stores).take()
    assert (outcome.run_id, outcome.sent, outcome.failed) == (run_id, POINTS + 1, False)
    assert points_of(run_id) == POINTS
    assert millstream.get_run(run_id).info.status == "FAILED"
    assert not made.path.exists()
    assert list(LeftBehind(str(folder), SESSION.stores).take()) == []


def test_whose_process_goes_on_is_left_to_it(folder: Path, run_id: str) -> None:
    made = Journal(folder / "journal", str(folder), run_id)
    made.append([Metric("loss", 1.0, 1, 0)])
    made.close()
    assert not journal.is_left_behind(header_of(made.path))
    assert list(LeftBehind(str(folder), SESSION.stores).take()) == []
    assert points_of(run_id) == 0
    assert made.path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no journal is taken there")
def test_whoever_has_it_open_goes_on_even_if_its_process_cannot_be_seen(
    folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in another container that shares the folder and the name of the machine."""
    made = left(folder, run_id, monkeypatch)
    collector = LeftBehind(str(folder), SESSION.stores)
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
        assert list(LeftBehind(str(folder), SESSION.stores).take()) == []
    assert made.path.exists()


def test_journals_of_other_machines_are_left_alone(
    folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(journal, "this_host", lambda: "elsewhere")
        made = left(folder, run_id, monkeypatch)
    made.close()
    assert list(LeftBehind(str(folder), SESSION.stores).take()) == []
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
    collector = LeftBehind(str(folder), SESSION.stores)
    (outcome,) = collector.take()
    assert outcome.failed
    assert "1 were refused" in outcome.state
    assert points_of(run_id) == POINTS
    assert list(collector.take()) == []
    assert made.path.exists()
    monkeypatch.setattr(left_behind, "RETRY_SECONDS", 0.0)
    again = LeftBehind(str(folder), SESSION.stores)
    assert [len(list(again.take())) for _ in range(2)] == [1, 1]


def test_the_next_run_takes_what_is_little(
    folder: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = left(folder, run_id, monkeypatch)
    small.close()
    large = left(folder, run_id, monkeypatch)
    large.close()
    with large.path.open("ab") as file:
        file.truncate(left_behind.MOST_BYTES_BESIDE_TRAINING + 1)
    with millstream.start_run():
        for thread in threading.enumerate():
            if thread.name == "millstream-left-behind":
                thread.join(60)
    assert not small.path.exists()
    assert large.path.exists()
    assert points_of(run_id) == POINTS


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
