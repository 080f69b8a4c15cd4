"""The commands about deployments, at a target of ours and at a plug-in made for MLflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.deploy.memory_batches import MemoryBatches
from tests.unit.deploy.memory_target import MemoryTarget

from millstream.deploy import targets
from millstream.deploy.plugin import BaseDeploymentClient
from millstream.model_format.manifest import Manifest


class Minimal(BaseDeploymentClient):
    def create_deployment(self, name: str, *_: Any, **said: Any) -> dict[str, Any]:
        return {"name": name, **said}

    def update_deployment(self, *_: Any, **said: Any) -> dict[str, Any]:
        return said

    def delete_deployment(self, *_: Any, **__: Any) -> None:
        return None

    def list_deployments(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        return [{"name": "churn", "behind": endpoint}]

    def get_deployment(self, name: str, endpoint: str | None = None) -> dict[str, Any]:
        return {"name": name, "endpoint": endpoint}

    def predict(
        self, deployment_name: str | None = None, inputs: Any = None, endpoint: str | None = None
    ) -> Any:
        return {"predictions": [deployment_name, endpoint, inputs]}

    def create_endpoint(self, name: str, config: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"name": name, **(config or {})}


@pytest.fixture(autouse=True)
def target(monkeypatch: pytest.MonkeyPatch) -> MemoryTarget:
    made = MemoryTarget()
    monkeypatch.setattr(targets, "built_in", lambda uri: made if uri == "memory" else None)
    monkeypatch.setattr(targets, "plugin", Minimal)
    return made


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "saved"
    folder.mkdir()
    manifest = Manifest()
    manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
    manifest.save(folder / "MLmodel")
    return str(folder)


def test_from_plan_to_deletion(millstream: Any, target: MemoryTarget, model: str) -> None:
    on = ("-t", "memory", "--name", "churn")
    said = millstream.text("deployments", "plan", *on, "-m", model, "-C", "replicas=2")
    assert said.splitlines()[0] == "+ Account churn"
    assert "2 to create, 0 to update" in said
    assert target.things == {}
    said = millstream.text("deployments", "create", *on, "-m", model)
    assert "python_function deployment churn is created. It answers at http://churn.test" in said
    changed = millstream.data("deployments", "update", *on, "-m", model, "-C", "replicas=2")
    assert changed["changes"] == 1
    assert "nothing to change" in millstream.text(
        "deployments", "apply", *on, "-m", model, "-C", "replicas=2"
    )
    assert millstream.data("deployments", "status", *on)["state"] == "ready"
    assert millstream.data("deployments", "list", "-t", "memory") == [{"name": "churn"}]
    assert millstream.text("deployments", "logs", *on).splitlines() == ["churn began"]
    assert len(millstream.data("deployments", "get", *on)["resources"]) == 2
    assert "replicas" in millstream.text("deployments", "help", "-t", "memory")
    assert "is deleted" in millstream.text("deployments", "delete", *on)
    assert target.names(None) == []


def test_back_to_what_ran_before(millstream: Any, target: MemoryTarget, model: str) -> None:
    on = ("-t", "memory", "--name", "churn")
    for replicas in ("2", "3"):
        millstream.text("deployments", "apply", *on, "-m", model, "-C", f"replicas={replicas}")
    said = millstream.text("deployments", "rollback", *on)
    assert f"Deployment 'churn' runs {model} as in revision 1." in said
    assert target.things["churn"][1].body["replicas"] == "2"
    rows = millstream.text("deployments", "history", *on).splitlines()
    assert [row.split()[:2] for row in rows[2:]] == [
        ["3", "live"],
        ["2", "replaced"],
        ["1", "replaced"],
    ]
    first = millstream.data("deployments", "history", *on)[-1]
    assert (first["config"], first["model_uri"]) == ({"replicas": "2"}, model)


def test_predictions_go_from_file_to_file(millstream: Any, tmp_path: Path, model: str) -> None:
    millstream.text("deployments", "create", "-t", "memory", "--name", "churn", "-m", model)
    rows, answer = tmp_path / "rows.json", tmp_path / "answer.json"
    rows.write_text('{"inputs": [[1.0, 2.0]]}')
    asked = ("deployments", "predict", "-t", "memory", "--name", "churn", "-I", str(rows))
    expected = {"predictions": ["churn", {"inputs": [[1.0, 2.0]]}]}
    assert json.loads(millstream.text(*asked)) == expected
    millstream.text(*asked, "-O", str(answer))
    assert json.loads(answer.read_text()) == expected
    rows.write_text("{")
    assert "The input is not JSON" in millstream.refusal(*asked)


def test_a_plugin_does_what_it_knows(millstream: Any, model: str) -> None:
    on = ("-t", "other", "--name", "churn")
    made = millstream.data("deployments", "create", *on, "-m", model, "-C", "fast", "-C", "a=b=c")
    assert made["config"] == {"fast": "true", "a": "b=c"}
    assert "Behind" in millstream.text("deployments", "list", "-t", "other", "--endpoint", "x")
    ours = millstream.refusal("deployments", "plan", *on, "-m", model)
    assert "'other' is a plug-in's, which has no plan" in ours
    assert "has no list_endpoints" in millstream.refusal(
        "deployments", "list-endpoints", "-t", "other"
    )
    made = millstream.data("deployments", "create-endpoint", "-t", "other", "--endpoint", "e")
    assert made == {"name": "e"}


@pytest.mark.parametrize(
    ("option", "said"), [("=x", "is written NAME=VALUE"), ("a=1", "was given twice")]
)
def test_options_are_pairs(millstream: Any, model: str, option: str, said: str) -> None:
    on = ("-t", "memory", "--name", "churn", "-m", model, "-C", "a=2", "-C", option)
    refused = millstream("deployments", "plan", *on)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_a_job_is_started_watched_and_stopped(
    millstream: Any, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    batches = MemoryBatches("ready", "pending", "pending")
    monkeypatch.setattr(targets, "built_in", lambda _: batches)
    told = millstream.data("deployments", "help", "-t", "memory", "--batch")
    assert sorted(told) == ["compute", "synchronous", "timeout_seconds"]
    on = ("-t", "memory", "--name", "nightly")
    start = ("deployments", "start-batch", *on, "-m", model, "--input", "a:/b", "--output", "a:/c")
    assert millstream.text(*start).strip() == "Job nightly is finished."
    later = (*start, "-C", "synchronous=false", "-C", "compute=small")
    assert millstream.data(*later)["state"] == "pending"
    assert batches.jobs["nightly"].config == {"compute": "small"}
    assert "it is pending" in millstream.text("deployments", "batch-status", *on)
    assert "Job nightly is stopped" in millstream.text("deployments", "stop-batch", *on)
    assert batches.jobs == {}
