"""What tests of automatic logging share: a place to log to, and what was logged there."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import millstream
from millstream.client import active
from millstream.client.session import SESSION
from millstream.integrations.autologging.frameworks import turn_off


@contextmanager
def logging_to(folder: Path, flavor: str) -> Iterator[None]:
    """Log to a folder for the block, after which the framework is as it was."""
    millstream.set_tracking_uri(folder)
    token = active._STACK.set(active.Stack())
    try:
        yield
    finally:
        turn_off(flavor)
        active._STACK.reset(token)


def runs() -> list[millstream.Run]:
    """All runs that no other one encloses, the oldest first."""
    return [run for run in every_run() if "mlflow.parentRunId" not in run.data.tags]


def children(run: millstream.Run) -> list[millstream.Run]:
    """The runs below a run, the oldest first."""
    tag = "mlflow.parentRunId"
    return [one for one in every_run() if one.data.tags.get(tag) == run.info.run_id]


def every_run() -> list[millstream.Run]:
    """All runs, the oldest first."""
    SESSION.flush()
    found = millstream.search_runs(search_all_experiments=True, output_format="list")
    return sorted(found, key=lambda run: (run.info.start_time, run.info.end_time or 0))


def files(run: millstream.Run) -> set[str]:
    """The paths of a run's artifacts at its root."""
    return {one.path for one in millstream.artifacts.list_artifacts(run_id=run.info.run_id)}


def models(run: millstream.Run) -> dict[str, str]:
    """The ids of the models that a run produced, by name."""
    found = [one.model_id for one in run.outputs.model_outputs]
    return {millstream.get_logged_model(one).name: one for one in found}


@contextmanager
def without_warnings() -> Iterator[None]:
    """Fail if the block warns of something that automatic logging does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message="automatic logging")
        yield


@pytest.fixture
def place(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the runs of a test, and a process that has just begun."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"
