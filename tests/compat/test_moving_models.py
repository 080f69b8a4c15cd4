"""Versions between our stores and a real MLflow server, in both directions."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.compat.test_mlflow_server import PYTHON
from tests.compat.test_mlflow_server import server as mlflow_server  # noqa: F401  # a fixture
from tests.unit.bundles.seed import bytes_of, evidence_of, log_model, open_folder, register

from millstream.bundles.archive import ZipBundle, write
from millstream.bundles.arrival import Arrival, Wish, bring
from millstream.bundles.live import LiveBundle
from millstream.bundles.side import Side, open_side
from millstream.cli.main import root
from millstream.client.tracking import MillstreamClient
from millstream.entities.metrics import Metric
from millstream.entities.model_versions import SearchModelVersions
from millstream.entities.runs import Dataset, DatasetInput, InputTag

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(),
    reason=f"no MLflow to move to: {PYTHON} is absent (scripts/compat_environments.sh)",
)

LOOK = """
import json, sys
import mlflow
client = mlflow.MlflowClient()
version = client.get_model_version(sys.argv[1], sys.argv[2])
run = client.get_run(version.run_id)
points = client.get_metric_history(version.run_id, "loss")
model = client.get_logged_model(version.source.rpartition("/")[2])
local = mlflow.artifacts.download_artifacts(f"models:/{sys.argv[1]}/{sys.argv[2]}")
print(json.dumps({
    "params": run.data.params, "status": run.info.status, "points": len(points),
    "datasets": [item.dataset.name for item in run.inputs.dataset_inputs],
    "model": [model.name, str(model.status), model.source_run_id == run.info.run_id],
    "signature": str(mlflow.models.get_model_info(local).signature.inputs),
    "description": version.description, "stage": version.current_stage, "tags": version.tags,
}))
"""


@pytest.fixture(autouse=True)
def quiet(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("TRACKING_URI", "EXPERIMENT_ID", "REGISTRY_URI"):
        monkeypatch.setenv(f"MLFLOW_{name}", "")


def look(url: str, name: str, version: str) -> Any:
    """What MLflow's own client sees there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
    done = subprocess.run(
        [str(PYTHON), "-c", LOOK, name, version],
        env={**kept, "MLFLOW_TRACKING_URI": url, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def fill(side: Side, name: str, folder: Path) -> None:
    """Version 1 of a model, with a run behind it."""
    client = MillstreamClient(side.uri)
    run_id = client.create_run(client.create_experiment(f"{name} lab")).info.run_id
    client.log_batch(run_id, [Metric("loss", 1 / step, step, step) for step in range(1, 1_500)])
    for number in range(120):
        client.log_param(run_id, f"p{number}", number)
    dataset = Dataset("houses", "abc", "local", "{}")
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("context", "training")])])
    model_id = log_model(client, run_id, folder)
    client.set_terminated(run_id)
    register(side, name, f"models:/{model_id}", run_id, model_id)


def only(side: Side, name: str) -> Any:
    found = side.registry.model_versions.search(SearchModelVersions(f"name = '{name}'"))
    [one] = found.model_versions
    return one


@pytest.fixture(params=["file", "stream"])
def carry(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Side, str, Side], Arrival]:
    def carry_over(origin: Side, name: str, target: Side) -> Arrival:
        live = LiveBundle(origin, only(origin, name))
        if request.param == "stream":
            return bring(live, target, Wish())
        write(live, tmp_path / "bundle.zip")
        with ZipBundle(tmp_path / "bundle.zip") as bundle:
            bundle.verify()
            return bring(bundle, target, Wish())

    return carry_over


def test_to_mlflow_and_back(
    mlflow_server: str,  # noqa: F811  # the fixture of that name
    tmp_path: Path,
    carry: Callable[[Side, str, Side], Arrival],
    request: pytest.FixtureRequest,
) -> None:
    name = f"out-{request.node.callspec.id}"
    origin, target = open_folder(tmp_path / "ours"), open_side(mlflow_server)
    fill(origin, name, tmp_path / "files")
    arrived = carry(origin, name, target)
    assert arrived.created
    assert not carry(origin, name, target).created
    seen = look(mlflow_server, name, arrived.version.version)
    assert seen["params"] == {f"p{number}": str(number) for number in range(120)}
    assert (seen["status"], seen["points"], seen["datasets"]) == ("FINISHED", 1_499, ["houses"])
    assert seen["model"][0] == "forest"
    assert seen["model"][2] is True
    assert "age" in seen["signature"]
    assert (seen["description"], seen["stage"]) == ("the first", "None")
    assert seen["tags"]["millstream.origin.uri"] == origin.uri
    there = only(target, name)
    assert bytes_of(target, there) == bytes_of(origin, only(origin, name))
    kinds = [event["kind"] for event in evidence_of(target, there)["events"]]
    assert kinds[0] == "VERSION_CREATED"
    assert not carry(target, name, origin).created
    origin.tracking.close()


def test_from_mlflow(
    mlflow_server: str,  # noqa: F811  # the fixture of that name
    tmp_path: Path,
    carry: Callable[[Side, str, Side], Arrival],
    request: pytest.FixtureRequest,
) -> None:
    name = f"in-{request.node.callspec.id}"
    origin, target = open_side(mlflow_server), open_folder(tmp_path / "ours")
    fill(origin, name, tmp_path / "files")
    arrived = carry(origin, name, target)
    assert arrived.created
    assert not carry(origin, name, target).created
    before = only(origin, name)
    assert arrived.version.run_id == before.run_id
    assert before.source == f"models:/{arrived.version.model_id}"
    assert bytes_of(target, arrived.version) == bytes_of(origin, before)
    client = MillstreamClient(target.uri)
    run = client.get_run(arrived.version.run_id or "")
    assert len(run.data.params) == 120
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 1_499
    assert run.inputs.dataset_inputs[0].dataset.name == "houses"
    [metric] = client.get_logged_model(arrived.version.model_id or "").metrics
    assert (metric.key, metric.dataset_name) == ("rmse", "houses")
    target.tracking.close()


def test_the_commands_work_on_an_mlflow_server(
    mlflow_server: str,  # noqa: F811  # the fixture of that name
    tmp_path: Path,
) -> None:
    side = open_side(mlflow_server)
    fill(side, "by-command", tmp_path / "files")
    run_id = only(side, "by-command").run_id

    def call(*words: str) -> Any:
        environment = {"MLFLOW_TRACKING_URI": mlflow_server}
        return CliRunner().invoke(root, words, prog_name="mlflow", env=environment)

    def told(*words: str) -> Any:
        done = call(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    assert told("models", "register", "-r", run_id, "-n", "by-command")["version"] == "2"
    promote = ("models", "promote", "-n", "by-command", "-v", "2", "--stage", "Production")
    assert told(*promote)["current_stage"] == "Production"
    told("models", "alias", "-n", "by-command", "-a", "champion", "-v", "Production")
    described = told("models", "describe", "-n", "by-command", "-v", "@champion")
    assert (described["version"], described["signature"]["inputs"][0]["name"]) == ("2", "age")
    compared = told("models", "compare", "-n", "by-command", "1", "latest")
    assert "about.stage" not in compared["differences"]
    assert "stage" in compared["differences"]
    assert "by-command" in [one["name"] for one in told("models", "list")]
    for words in (("history",), ("rollback", "--stage", "Production")):
        refused = call("models", *words, "-n", "by-command")
        assert refused.exit_code == 1
        assert f"{mlflow_server} keeps no history of its registry" in refused.stderr
