"""A process that has just begun, logging to a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import millstream
from millstream.client import active
from millstream.client.session import SESSION


@pytest.fixture(autouse=True)
def folder(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "MILLSTREAM_")):
            monkeypatch.delenv(name)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID"):
        monkeypatch.setenv(name, "")  # so that what a test exports is undone
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    token = active._STACK.set(active.Stack())
    millstream.set_tracking_uri(tmp_path / "runs")
    yield tmp_path / "runs"
    SESSION.finish()
    active._STACK.reset(token)
