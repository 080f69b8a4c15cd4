"""A model that is logged while the store is away is not lost, and does not end its script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.ports import free_port
from tests.unit.client.line import Line

import millstream
from millstream.cli.main import root
from millstream.client.stores import Purpose, Stores
from millstream.integrations import model_logging, pyfunc
from millstream.store.interface import Store

X = np.array([[1.0], [2.0], [3.0]])
SCRIPT = """
import json
import numpy as np
import millstream
from sklearn.linear_model import LinearRegression
X = np.array([[1.0], [2.0], [3.0]])
with millstream.start_run() as run:
    model = LinearRegression().fit(X, X[:, 0])
    millstream.log_param("alpha", 0.5)
    millstream.log_metric("loss", 1.0, step=0)
    millstream.log_metric("late", 1.0, step=1)
    info = millstream.sklearn.log_model(
        model, name="linear", params={"own": 1}, registered_model_name="later"
    )
told = [run.info.run_id, info.model_uri, info.model_id, info.registered_model_version]
print(json.dumps(told))
"""


def script(address: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """What a script comes to whose server is at an address."""
    given = {
        "MILLSTREAM_TRACKING_URI": address,
        "MILLSTREAM_EXIT_WAIT": "0.5",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "XDG_STATE_HOME": str(folder / "state"),
        **more,
    }
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.fixture
def nobody() -> str:
    """The address of a server that is away."""
    return f"http://127.0.0.1:{free_port()}"


def test_it_is_begun_here_and_found_under_its_id_later(
    nobody: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = script(nobody, tmp_path)
    assert done.returncode == 0, done.stderr
    run_id, uri, model_id, registered = json.loads(done.stdout)
    assert (uri, registered) == (f"models:/{model_id}", None)
    assert f"register_model('{uri}', 'later')" in done.stderr
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "runs"
    for _ in range(2):
        sent = CliRunner().invoke(root, ["sync", "--tracking-uri", nobody, "--to", str(folder)])
        assert sent.exit_code == 0, sent.output
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(folder))
    model = millstream.get_logged_model(model_id)
    assert (model.name, model.status, model.source_run_id) == ("linear", "READY", run_id)
    assert model.params == {"alpha": "0.5", "own": "1"}
    assert [(metric.key, metric.step) for metric in model.metrics] == [("loss", 0)]
    run = millstream.get_run(run_id)
    assert run.info.experiment_id == model.experiment_id
    assert [output.model_id for output in run.outputs.model_outputs] == [model_id]
    for address in (uri, f"runs:/{run_id}/linear"):
        loaded = pyfunc.load_model(address)
        assert loaded.predict(X).tolist() == pytest.approx([1.0, 2.0, 3.0])
    assert millstream.register_model(uri, "later").run_id == run_id


def test_who_wants_errors_gets_them(nobody: str, tmp_path: Path) -> None:
    done = script(nobody, tmp_path, MILLSTREAM_STORE_AWAY="raise")
    assert done.returncode == 1
    assert "Unavailable" in done.stderr


def test_a_store_that_goes_away_while_a_model_is_saved_gets_it_later(
    new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    millstream.set_tracking_uri(tmp_path / "runs")
    line, open_store = Line(), Stores.open

    def store(stores: Stores, place: str, purpose: Purpose) -> Store:
        line.check()
        return open_store(stores, place, purpose)

    def save(directory: Path) -> None:
        directory.mkdir()
        (directory / "MLmodel").write_text("flavors: {}")
        line.cut = True

    monkeypatch.setattr(Stores, "open", store)
    with millstream.start_run():
        options = model_logging.Logging(name="net", params={"depth": 3})
        begun = model_logging.create(options)
        with pytest.warns(RuntimeWarning, match="cannot be reached"):
            told = model_logging.fill(begun, options, save)
        assert (told.model_id, told.name, told.status) == (begun.model_id, "net", "READY")
        assert told.params == {"depth": "3"}
        line.cut = False
    found = millstream.get_logged_model(begun.model_id)
    assert found.status == "READY"
    assert Path(found.artifact_location, "MLmodel").read_text() == "flavors: {}"
