"""A sweep runs every point once, tells the best, and goes on where it was ended."""

from __future__ import annotations

import _thread
import json
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.client.artifacts import load_dict
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter
from millstream.projects.launch.backend import Launch, launcher
from millstream.projects.running import fetch_entry_point
from millstream.projects.search_space import Dimension
from millstream.projects.submission import EntryPointOfProject, Target
from millstream.projects.submitted_run import SubmittedRun
from millstream.projects.sweep import SUMMARY, Sweep, begin, perform, recall

TRAIN = """
import os, pathlib, sys
alpha = float(sys.argv[1])
if alpha == 13 and not pathlib.Path("mended").exists():
    raise SystemExit(1)
import millstream
with millstream.start_run():
    millstream.log_metric("loss", (alpha - 2) ** 2)
"""


@pytest.fixture(autouse=True)
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MillstreamClient]:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    yield MillstreamClient()
    SESSION.finish()


@pytest.fixture
def entry_point(project: Path) -> EntryPointOfProject:
    (project / "train.py").write_text(TRAIN)
    return fetch_entry_point(project, "main", None, None)


def target() -> Target:
    launch = launcher("local")
    assert launch is not None
    return Target("local", launch, "0", EnvManager.LOCAL, {}, attached=False)


def planned(project: Path, *values: str, metric: str | None = "loss") -> Sweep:
    one = Dimension(name="alpha", values=values)
    return Sweep(
        uri=str(project), entry_point="main", dimensions=[one], strategy="grid", metric=metric
    )


def test_every_point_is_run_and_the_best_is_told(
    project: Path, entry_point: EntryPointOfProject, client: MillstreamClient
) -> None:
    sweep = planned(project, "1", "2", "5", "8")
    run_id = begin(sweep, entry_point, target(), "my sweep")
    said: list[str] = []
    outcome = perform(sweep, run_id, entry_point, target(), 2, said.append)
    parent = client.get_run(run_id)
    assert (outcome.points, outcome.finished) == (4, 4)
    assert (outcome.best_point, outcome.best_value) == ({"alpha": "2"}, 0.0)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["loss"] == 0.0
    assert parent.data.tags["millstream.sweep.best"] == outcome.best_run_id
    table = load_dict(f"runs:/{run_id}/{SUMMARY}")
    assert table["columns"] == ["run_id", "alpha", "loss"]
    assert [row[1:] for row in table["data"]] == [["1", 1.0], ["2", 0.0], ["5", 9.0], ["8", 36.0]]
    assert len(said) == 4
    children = client.search_runs(["0"], f"tags.`mlflow.parentRunId` = '{run_id}'")
    assert sorted(one.data.params["alpha"] for one in children) == ["1", "2", "5", "8"]


def test_what_failed_is_tried_again_and_nothing_else(
    project: Path, entry_point: EntryPointOfProject, client: MillstreamClient
) -> None:
    sweep = planned(project, "1", "13")
    run_id = begin(sweep, entry_point, target(), None)
    assert perform(sweep, run_id, entry_point, target(), 1, lambda _: None).finished == 1
    assert client.get_run(run_id).info.status == "FAILED"
    (project / "mended").touch()
    assert recall(run_id) == sweep
    said: list[str] = []
    outcome = perform(recall(run_id), run_id, entry_point, target(), 1, said.append)
    assert (outcome.finished, len(said)) == (2, 1)
    assert client.get_run(run_id).info.status == "FINISHED"


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A test that runs in the background may have been told to ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_what_interrupts_it_ends_what_is_under_way(
    project: Path, entry_point: EntryPointOfProject, client: MillstreamClient
) -> None:
    (project / "train.py").write_text("import time; time.sleep(60)")
    sweep = planned(project, "1", "2", "3")
    run_id = begin(sweep, entry_point, target(), None)
    started = threading.Event()
    begun: list[SubmittedRun] = []

    def launch(job: Launch) -> SubmittedRun:
        begun.append(target().launch(job))
        started.set()
        return begun[-1]

    def interrupt() -> None:
        started.wait(30)
        _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    place = Target("local", launch, "0", EnvManager.LOCAL, {}, attached=False)
    with pytest.raises(KeyboardInterrupt):
        perform(sweep, run_id, entry_point, place, 1, lambda _: None)
    assert len(begun) == 1
    assert begun[0].get_status() == "KILLED"
    assert client.get_run(run_id).info.status == "KILLED"


def test_a_point_that_is_no_value_is_refused_before_there_is_a_run(
    project: Path, client: MillstreamClient
) -> None:
    (project / "MLproject").write_text(
        "entry_points: {main: {parameters: {alpha: int}, command: 'true {alpha}'}}"
    )
    sweep = planned(project, "1", "x")
    with pytest.raises(InvalidParameter, match="whole number"):
        begin(sweep, fetch_entry_point(project, "main", None, None), target(), None)
    assert list(client.search_runs(["0"])) == []


def test_a_run_that_is_no_sweep_cannot_be_gone_on_with(client: MillstreamClient) -> None:
    with pytest.raises(InvalidParameter, match="not the parent of a sweep"):
        recall(client.create_run("0").info.run_id)


def test_without_a_metric_there_is_no_best(
    project: Path, entry_point: EntryPointOfProject, client: MillstreamClient
) -> None:
    sweep = planned(project, "1", metric=None)
    run_id = begin(sweep, entry_point, target(), None)
    outcome = perform(sweep, run_id, entry_point, target(), 1, lambda _: None)
    assert (outcome.finished, outcome.best_run_id, outcome.importance) == (1, None, {})
    assert json.loads(json.dumps(load_dict(f"runs:/{run_id}/{SUMMARY}")))["data"][0][2] is None
