"""Targets by their URIs, and plug-ins as packages for MLflow bring them."""

from __future__ import annotations

import sys
import types
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from millstream import deployments
from millstream.deploy import targets
from millstream.deploy.plugin import BaseDeploymentClient
from millstream.errors import InvalidParameter, MillstreamError

PLUGIN = """
from mlflow_names import BaseDeploymentClient

ran = []

class Elsewhere(BaseDeploymentClient):
    def create_deployment(self, name, model_uri, flavor=None, config=None, endpoint=None):
        return {"name": name, "flavor": flavor, "config": config}
    def update_deployment(self, name, model_uri=None, flavor=None, config=None, endpoint=None):
        return {"flavor": flavor}
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
