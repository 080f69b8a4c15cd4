"""Our client against a real MLflow server: experiments, runs, metrics, artifacts, models."""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.ports import free_port

import millstream
from millstream.client.session import SESSION
from millstream.errors import AlreadyExists, InvalidParameter, NotFound

ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("MILLSTREAM_COMPAT_PYTHON", ROOT / ".venvs/mlflow/bin/python"))
PATIENCE = 240.0

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(),
    reason=f"no MLflow to compare with: {PYTHON} is absent (scripts/compat_environments.sh)",
)


def wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "the MLflow server ended by itself"
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310  # our own
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} did not answer within {PATIENCE} seconds")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mlflow")
    port = free_port()
    words = [str(PYTHON), "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    words += ["--artifacts-destination", str(folder / "artifacts")]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
    environment = {
        **kept,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # eight processes more, for evaluations
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url, process)
        yield url
    finally:
        os.killpg(process.pid, 15)  # its workers are in the group that was made for them
        process.wait(60)


@pytest.fixture(autouse=True)
def experiment(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[millstream.Experiment]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("TRACKING_URI", "EXPERIMENT_ID"):
        monkeypatch.setenv(f"MLFLOW_{name}", "")
    millstream.set_tracking_uri(server)
    yield millstream.set_experiment(f"ours {time.time_ns()}")
    SESSION.finish()
    SESSION.__init__()  # type: ignore[misc]  # a new process, as far as the session knows
    assert list((tmp_path / "state").rglob("*.journal")) == []


def test_runs_with_all_that_is_logged(
    experiment: millstream.Experiment, capsys: pytest.CaptureFixture[str], server: str
) -> None:
    with millstream.start_run(run_name="one", tags={"t": 1}, description="why") as run:
        run_id = run.info.run_id
        assert run.info.experiment_id == experiment.experiment_id
        millstream.log_params({f"p{n}": n for n in range(150)})
        for step in range(1_500):
            millstream.log_metric("loss", 1 / (step + 1), step=step)
        millstream.log_metrics({"nan": math.nan, "up": math.inf})
        with millstream.start_run(nested=True) as child:
            assert child.data.tags["mlflow.parentRunId"] == run_id
        with pytest.raises(InvalidParameter, match="Changing param values is not allowed"):
            millstream.log_param("p0", "other")
        millstream.set_tags({"a": 1, "b": 2})
        millstream.delete_tag("b")
    client = millstream.MillstreamClient()
    found = client.get_run(run_id)
    assert (found.info.status, found.info.run_name) == ("FINISHED", "one")
    assert found.data.params == {f"p{n}": str(n) for n in range(150)}
    assert math.isnan(found.data.metrics["nan"])
    assert found.data.metrics["loss"] == 1 / 1_500
    assert found.data.tags["a"] == "1"
    assert "b" not in found.data.tags
    assert [point.step for point in client.get_metric_history(run_id, "loss")] == [*range(1_500)]
    with millstream.start_run(run_id=run_id) as again:
        assert again.info.status == "RUNNING"
    frame = millstream.search_runs(filter_string="params.p7 = '7'", order_by=["metrics.loss"])
    assert frame["run_id"].tolist() == [run_id]
    address = f"{server}/#/experiments/{experiment.experiment_id}/runs/{run_id}"
    assert f"🏃 View run one at: {address}" in capsys.readouterr().out


def test_lives_and_refusals(experiment: millstream.Experiment) -> None:
    client = millstream.MillstreamClient()
    with pytest.raises(AlreadyExists):
        client.create_experiment(experiment.name)
    assert client.get_experiment_by_name("none") is None
    run = client.create_run(experiment.experiment_id, tags={"k": "v"})
    client.log_metric(run.info.run_id, "a", 1.5, timestamp=5, step=2)
    (point,) = client.get_metric_history(run.info.run_id, "a")
    assert (point.value, point.timestamp, point.step) == (1.5, 5, 2)
    client.set_terminated(run.info.run_id, "KILLED")
    client.delete_run(run.info.run_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(InvalidParameter):
        client.log_param(run.info.run_id, "p", 1)
    client.restore_run(run.info.run_id)
    with pytest.raises(NotFound):
        client.get_run("0" * 32)
    with pytest.raises(InvalidParameter):
        client.search_runs([experiment.experiment_id], "nonsense")
    millstream.set_experiment_tag("a", 1)
    assert client.get_experiment(experiment.experiment_id).tags["a"] == "1"
    client.delete_experiment(experiment.experiment_id)
    with pytest.raises(InvalidParameter, match="Cannot set a deleted experiment"):
        millstream.set_experiment(experiment.name)


def test_artifacts_through_its_proxy(tmp_path: Path) -> None:
    (tmp_path / "source" / "deep").mkdir(parents=True)
    (tmp_path / "source" / "deep" / "b.bin").write_bytes(bytes(range(256)) * 5_000)
    with millstream.start_run() as run:
        millstream.log_artifacts(tmp_path / "source", "folder")
        millstream.log_text("ünï", "d/ünï x.txt")
        millstream.log_dict({"a": 1}, "x.json")
        millstream.log_table({"a": [1, 2]}, "t.json")
        millstream.log_table({"a": [3]}, "t.json")
    run_id = run.info.run_id
    client = millstream.MillstreamClient()
    assert [f.path for f in client.list_artifacts(run_id)] == ["d", "folder", "t.json", "x.json"]
    artifacts: Any = import_module("millstream.artifacts")
    fetched = Path(artifacts.download_artifacts(f"runs:/{run_id}/folder", dst_path=tmp_path / "to"))
    content = (fetched / "deep" / "b.bin").read_bytes()
    assert content == (tmp_path / "source" / "deep" / "b.bin").read_bytes()
    assert artifacts.load_text(f"runs:/{run_id}/d/ünï x.txt") == "ünï"
    assert artifacts.load_dict(f"runs:/{run_id}/x.json") == {"a": 1}
    assert millstream.load_table("t.json")["a"].tolist() == [1, 2, 3]
    tags = client.get_run(run_id).data.tags
    assert json.loads(tags["mlflow.loggedArtifacts"]) == [{"path": "t.json", "type": "table"}]


def test_logged_models_and_datasets(tmp_path: Path) -> None:
    (tmp_path / "w").write_text("w")
    frame: Any = import_module("pandas").DataFrame({"a": [1]})
    client = millstream.MillstreamClient()
    with millstream.start_run() as run:
        model = millstream.initialize_logged_model("net", params={"n": 1}, tags={"x": "y"})
        client.log_model_artifact(model.model_id, tmp_path / "w")
        millstream.log_metric("acc", 0.5, model_id=model.model_id)
        millstream.log_input(millstream.data.from_pandas(frame, name="d"), context="training")
        millstream.log_outputs([millstream.LoggedModelOutput(model.model_id, 1)])
    millstream.log_model_params({"m": 2}, model.model_id)
    assert str(millstream.finalize_logged_model(model.model_id, "READY").status) == "READY"
    found = millstream.get_logged_model(model.model_id)
    assert found.params == {"n": "1", "m": "2"}
    assert [(m.key, m.run_id) for m in found.metrics] == [("acc", run.info.run_id)]
    assert [f.path for f in client.list_logged_model_artifacts(model.model_id)] == ["w"]
    held = client.get_run(run.info.run_id)
    assert [item.dataset.name for item in held.inputs.dataset_inputs] == ["d"]
    assert [item.model_id for item in held.outputs.model_outputs] == [model.model_id]
    names = [m.name for m in millstream.search_logged_models(output_format="list")]
    assert names == ["net"]
