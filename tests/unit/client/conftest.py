"""A process that has just begun, logging to a folder of its own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.client.line import Line

import millstream
from millstream.client import active
from millstream.client.session import SESSION
from millstream.client.stores import Purpose, Stores
from millstream.store.interface import Store


@pytest.fixture(autouse=True)
def fresh_session(
    new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "MILLSTREAM_")):
            monkeypatch.delenv(name)
    for name in ("TRACKING_URI", "REGISTRY_URI", "EXPERIMENT_ID", "RUN_ID"):
        monkeypatch.setenv(f"MLFLOW_{name}", "")  # so that what a test exports is undone
    monkeypatch.setenv("MILLSTREAM_CAPTURE", "none")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    token = active._STACK.set(active.Stack())
    yield
    SESSION.finish()
    active._STACK.reset(token)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "runs"
    millstream.set_tracking_uri(path)
    return path


@pytest.fixture
def line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The line to the store in `folder`."""
    made = Line()
    open_store = Stores.open

    def store(stores: Stores, place: str, purpose: Purpose) -> Store:
        made.check()
        return open_store(stores, place, purpose)

    monkeypatch.setattr(Stores, "open", store)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield made
        made.cut = False
        SESSION.flush()


@pytest.fixture
def client(folder: Path) -> millstream.MillstreamClient:
    return millstream.MillstreamClient(folder)


@pytest.fixture
def logged(client: millstream.MillstreamClient) -> millstream.LoggedModel:
    """A logged model with one file."""
    with millstream.start_run():
        model = millstream.initialize_logged_model("net")
    Path("weights.txt").write_text("1 2 3")
    client.log_model_artifact(model.model_id, "weights.txt")
    return client.finalize_logged_model(model.model_id, "READY")


@pytest.fixture
def registered(client: millstream.MillstreamClient, logged: millstream.LoggedModel) -> str:
    """The name of a registered model with two versions of the logged model."""
    client.create_registered_model("prices")
    for _ in range(2):
        client.create_model_version("prices", logged.model_uri, model_id=logged.model_id)
    return "prices"
