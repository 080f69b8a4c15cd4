"""Targets by their URIs, and plug-ins as packages for MLflow bring them."""

from __future__ import annotations

import sys
import types
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from millstream import deployments
from millstream.client.tracking import MillstreamClient
from millstream.deploy import targets
from millstream.deploy.plugin import BaseDeploymentClient
from millstream.errors import InvalidParameter, MillstreamError

PLUGIN = """
from mlflow_names import BaseDeploymentClient

ran = []

class Elsewhere(BaseDeploymentClient):
    def create_deployment(
        self, name, model_uri, flavor=None, config=None, endpoint=None, size="small"
    ):
        if name == "full":
            raise RuntimeError("no room")
        return {"name": name, "flavor": flavor, "uri": model_uri, "size": size}
    def update_deployment(self, name, model_uri=None, flavor=None, config=None, endpoint=None):
        return {"flavor": "sklearn"}
    def delete_deployment(self, name, config=None, endpoint=None):
        return None
    def list_deployments(self, endpoint=None):
        return [{"name": "churn", "region": "north"}]
    def get_deployment(self, name, endpoint=None):
        return {"name": name, "target": self.target_uri}
    def predict(self, deployment_name=None, inputs=None, endpoint=None):
        return {"predictions": inputs}

def run_local(name, model_uri, flavor=None, config=None):
    ran.append((name, model_uri, flavor, config))

def target_help():
    return "Say where."
"""


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    names = types.ModuleType("mlflow_names")
    names.__dict__["BaseDeploymentClient"] = BaseDeploymentClient
    monkeypatch.setitem(sys.modules, "mlflow_names", names)
    module = types.ModuleType("elsewhere")
    exec(compile(PLUGIN, "elsewhere", "exec"), module.__dict__)  # noqa: S102  # a constant
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    entries = EntryPoints([EntryPoint("elsewhere", "elsewhere", targets.PLUGINS)])
    monkeypatch.setattr(targets, "entry_points", lambda group: entries.select(group=group))
    monkeypatch.setattr("millstream.deploy.api._TARGET", [])
    return module


def test_a_plugin_is_found_by_its_scheme(elsewhere: types.ModuleType) -> None:
    client: Any = deployments.get_deploy_client("elsewhere:/north")
    assert type(client).__name__ == "Elsewhere"
    assert client.get_deployment("churn") == {"name": "churn", "target": "elsewhere:/north"}
    deployments.run_local("elsewhere", "churn", "models:/churn/1", config={"a": "b"})
    assert elsewhere.__dict__["ran"] == [("churn", "models:/churn/1", None, {"a": "b"})]
    with pytest.raises(NotImplementedError):
        client.list_endpoints()


@pytest.fixture
def uris(tmp_path: Path) -> list[str]:
    """Two versions of a registered model, the second with the alias `champion`."""
    client = MillstreamClient()
    client.create_registered_model("churn")
    for number in (1, 2):
        folder = tmp_path / f"model-{number}"
        folder.mkdir()
        (folder / "MLmodel").write_text("flavors: {}")
        client.create_model_version("churn", str(folder))
    client.set_registered_model_alias("churn", "champion", "2")
    return ["models:/churn/1", "models:/churn@champion"]


def history() -> list[tuple[str, str, str | None]]:
    found = MillstreamClient().search_deployments(target="elsewhere:/north")
    return [(one.state, one.model_uri, one.flavor) for one in reversed(found)]


@pytest.mark.usefixtures("elsewhere")
def test_what_a_plugin_deploys_is_recorded(uris: list[str]) -> None:
    client: Any = deployments.get_deploy_client("elsewhere:/north")
    made = client.create_deployment("churn", uris[1], config={"cpus": 2}, size="large")
    assert made == {"name": "churn", "flavor": None, "uri": uris[1], "size": "large"}
    (found,) = MillstreamClient().search_deployments("churn", 2)
    assert (found.target, found.name, found.state) == ("elsewhere:/north", "churn", "live")
    assert (found.model_uri, found.model_version) == ("models:/churn/2", "2")
    assert found.config == {"cpus": "2"}
    client.update_deployment("churn")
    assert len(history()) == 1
    client.update_deployment("churn", config={"cpus": 3})
    client.update_deployment(name="churn", model_uri=uris[0])
    client.delete_deployment("churn")
    assert history() == [
        ("replaced", "models:/churn/2", None),
        ("replaced", "models:/churn/2", "sklearn"),
        ("ended", "models:/churn/1", "sklearn"),
    ]
    client.delete_deployment("churn")


@pytest.mark.usefixtures("elsewhere")
def test_what_a_plugin_could_not_deploy_is_not_recorded(
    uris: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    client: Any = deployments.get_deploy_client("elsewhere:/north")
    with pytest.raises(RuntimeError, match="no room"):
        client.create_deployment("full", uris[0])
    assert client.update_deployment("unknown", config={"a": "b"}) == {"flavor": "sklearn"}
    assert "not recorded: which model it runs is not known" in capsys.readouterr().err
    assert client.create_deployment("lost", "models:/absent/1")["uri"] == "models:/absent/1"
    assert "not recorded" in capsys.readouterr().err
    assert history() == []


@pytest.mark.usefixtures("elsewhere")
def test_models_of_runs_are_recorded_with_them() -> None:
    run_id = MillstreamClient().create_run("0").info.run_id
    client: Any = deployments.get_deploy_client("elsewhere:/north")
    client.create_deployment("churn", f"runs:/{run_id}/model", "sklearn", None, "shop")
    (found,) = MillstreamClient().search_deployments(target="elsewhere:/north", endpoint="shop")
    assert (found.run_id, found.flavor) == (run_id, "sklearn")


@pytest.mark.usefixtures("elsewhere")
def test_a_target_is_chosen_once_for_all_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidParameter, match="No target is chosen"):
        deployments.get_deploy_client()
    monkeypatch.setenv("MLFLOW_DEPLOYMENTS_TARGET", "elsewhere:/south")
    assert deployments.get_deploy_client().target_uri == "elsewhere:/south"
    deployments.set_deployments_target("elsewhere:/west")
    assert deployments.get_deployments_target() == "elsewhere:/west"


@pytest.mark.parametrize("uri", ["nowhere", "nowhere:/x", "-t", "", "../x", "a b"])
@pytest.mark.usefixtures("elsewhere")
def test_an_unknown_target_names_those_that_are_known(uri: str) -> None:
    with pytest.raises(InvalidParameter, match="elsewhere"):
        targets.plugin(uri)


@pytest.mark.parametrize(
    ("uri", "instead"),
    [("local", "models serve"), ("flask", "scaffold flask"), ("docker", "models build-docker")],
)
def test_what_is_no_target_is_found_elsewhere(uri: str, instead: str) -> None:
    with pytest.raises(InvalidParameter, match=f"'{uri}' is no target: .*{instead}"):
        deployments.get_deploy_client(uri)


def test_a_plugin_has_one_class(elsewhere: types.ModuleType) -> None:
    first = elsewhere.__dict__["Elsewhere"]
    elsewhere.__dict__["Another"] = type("Another", (first,), {"__module__": "elsewhere"})
    first.__module__ = "elsewhere"
    with pytest.raises(MillstreamError, match="it has Another, Elsewhere"):
        targets.plugin("elsewhere")


def test_a_uri_is_cut_at_its_slashes() -> None:
    form = "kubernetes:/context/namespace"
    assert targets.parts("kubernetes", form) == []
    assert targets.parts("kubernetes:/prod/models", form) == ["prod", "models"]
    with pytest.raises(InvalidParameter, match="not of the form kubernetes:/context/namespace"):
        targets.parts("kubernetes:/a/b/c", form)
