"""What is recorded of runs unasked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import millstream
from millstream import connect, settings
from millstream.artifacts.local import LocalArtifacts
from millstream.capture.choice import PARTS
from millstream.client import capturing
from millstream.client.capturing import CAPTURING, parts_of
from millstream.client.session import SESSION
from millstream.errors import InvalidParameter
from millstream.settings import Settings


@pytest.fixture(autouse=True)
def captures(fresh_session: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MILLSTREAM_CAPTURE", "all,-console")
    CAPTURING.after_fork()
    yield
    assert CAPTURING._saver.wait(30)


def _captured(run: millstream.Run) -> LocalArtifacts:
    assert CAPTURING._saver.wait(30)
    assert SESSION.flush() == []  # a file that is saved as its run ends queues behind the end
    return LocalArtifacts(Path(run.info.artifact_uri or "") / ".millstream")


def _names(store: LocalArtifacts) -> list[str]:
    return [file.path for file in store.list()]


def test_what_a_start_says_comes_before_what_the_settings_say() -> None:
    usual, quiet = Settings(), Settings(capture="git")
    assert parts_of(usual) == set(PARTS)
    assert parts_of(quiet) == {"git"}
    assert parts_of(quiet, "none") == set()
    assert parts_of(quiet, None, True) == {"git", "system_metrics"}
    assert parts_of(usual, None, False) == set(PARTS) - {"system_metrics"}
    off = Settings(enable_system_metrics_logging=False)
    assert parts_of(off) == set(PARTS) - {"system_metrics"}
    assert parts_of(off, "all") == set(PARTS)
    on = Settings(capture="none", enable_system_metrics_logging=True)
    assert parts_of(on) == {"system_metrics"}


def test_a_start_that_asks_for_nonsense_starts_nothing(folder: Path) -> None:
    with pytest.raises(InvalidParameter, match="'nonsense' cannot be captured"):
        millstream.start_run(capture="nonsense")
    assert millstream.active_run() is None


def test_machine_and_packages_are_kept_but_not_among_what_was_logged(
    client: millstream.MillstreamClient, folder: Path
) -> None:
    with millstream.start_run() as run:
        millstream.log_text("hello", "note.txt")
    kept = _captured(run)
    assert {"machine.json", "requirements.txt"} <= set(_names(kept))
    assert json.loads(b"".join(kept.read("machine.json")))["python"]
    run_id = run.info.run_id
    assert [file.path for file in client.list_artifacts(run_id)] == ["note.txt"]
    assert [file.path for file in client.list_artifacts(run_id, ".millstream")] == [
        f".millstream/{name}" for name in _names(kept)
    ]
    fetched = Path(client.download_artifacts(run_id, "", folder / "fetched"))
    assert [path.name for path in fetched.iterdir()] == ["note.txt"]
    file = client.download_artifacts(run_id, ".millstream/machine.json", fetched)
    assert json.loads(Path(file).read_text())["host"]
    assert run.data.tags.keys() <= {"mlflow.user", "mlflow.runName"} | {
        name for name in run.data.tags if name.startswith("mlflow.source.")
    }


def test_of_nested_runs_files_are_kept_once(folder: Path) -> None:
    with millstream.start_run() as outer, millstream.start_run(nested=True) as inner:
        pass
    assert _names(_captured(outer))
    assert _names(_captured(inner)) == []


def test_a_part_that_is_switched_off_is_not_kept(folder: Path) -> None:
    with millstream.start_run(capture=["packages"]) as run:
        pass
    assert _names(_captured(run)) == ["requirements.txt"]
    with millstream.start_run(capture="none") as run:
        pass
    assert _names(_captured(run)) == []


def test_uncommitted_changes_are_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)
    (tree / "train.py").write_text("print(1)\n")
    monkeypatch.setattr(sys, "argv", [str(tree / "train.py")])
    with millstream.start_run(capture="git") as run:
        pass
    kept = _captured(run)
    assert b"".join(kept.read("source/files/train.py")) == b"print(1)\n"


def test_failures_are_told_once_and_the_run_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no disk")

    told: list[str] = []
    monkeypatch.setattr(capturing, "warn", told.append)
    monkeypatch.setattr(connect, "open_artifacts", refuse)
    for _ in range(3):
        with millstream.start_run() as run:
            millstream.log_metric("a", 1)
            assert CAPTURING._saver.wait(30)  # while it runs, files do not queue behind its end
    assert told == ["files of a run cannot be recorded (no disk); the run goes on without it"]
    assert millstream.get_run(run.info.run_id).data.metrics == {"a": 1}


def test_the_load_of_the_machine_is_logged(
    client: millstream.MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    millstream.set_system_metrics_sampling_interval(0.01)
    millstream.set_system_metrics_node_id("n7")
    key = "system/n7/cpu_utilization_percentage"
    with millstream.start_run(log_system_metrics=True) as run:
        while key not in client.get_run(run.info.run_id).data.metrics:
            pass
    points = client.get_metric_history(run.info.run_id, key)
    assert [point.step for point in points] == list(range(len(points)))
    with millstream.start_run(run.info.run_id):
        while len(client.get_metric_history(run.info.run_id, key)) == len(points):
            pass
    more = client.get_metric_history(run.info.run_id, key)
    assert [point.step for point in more] == list(range(len(more)))


def test_the_load_is_logged_as_it_was_switched(client: millstream.MillstreamClient) -> None:
    millstream.disable_system_metrics_logging()
    assert "system_metrics" not in parts_of(settings.load())
    millstream.enable_system_metrics_logging()
    assert "system_metrics" in parts_of(settings.load())


def test_switches_that_mean_nothing_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="Invalid interval 0"):
        millstream.set_system_metrics_sampling_interval(0)
    with pytest.raises(InvalidParameter, match="Invalid samples -1"):
        millstream.set_system_metrics_samples_before_logging(-1)
    millstream.set_system_metrics_sampling_interval(None)
    millstream.set_system_metrics_samples_before_logging(3)
    found = settings.load()
    assert found.system_metrics_sampling_interval == 10
    assert found.system_metrics_samples_before_logging == 3


def test_files_are_waited_for_no_longer_than_the_end_of_the_process_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []

    def wait_in_vain(timeout: float) -> bool:
        asked.append(timeout)
        return False

    monkeypatch.setattr(CAPTURING._saver, "wait", wait_in_vain)
    for waited in (0.0, 7.0, 20.0):
        SESSION.patience.waited = waited
        CAPTURING.finish()
        assert SESSION.patience.waited >= waited
    monkeypatch.undo()
    assert asked == [5.0, pytest.approx(2.0), 0.0]
