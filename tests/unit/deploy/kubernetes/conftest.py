"""A cluster that speaks the API, and a model to deploy there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.kubernetes_api.connection import reached
from tests.kubernetes_api.server import KubernetesApi

from millstream.deploy.client import DeploymentClient
from millstream.deploy.kubernetes.target import connect
from millstream.model_format.manifest import Manifest


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[KubernetesApi, Path]]:
    """One server for all tests of a file."""
    found = KubernetesApi()
    with reached(found.app, tmp_path_factory.mktemp("cluster")) as path:
        yield found, path


@pytest.fixture
def cluster(served: tuple[KubernetesApi, Path], monkeypatch: pytest.MonkeyPatch) -> KubernetesApi:
    """The cluster of the kubeconfig, empty and well."""
    found, path = served
    monkeypatch.setenv("KUBECONFIG", str(path))
    for kept in (found.things, found.said, found.fails, found.troubles, found.waits, found.asked):
        kept.clear()
    found.installed.clear()
    return found


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A model's folder."""
    folder = tmp_path / "model"
    folder.mkdir()
    manifest = Manifest(model_id="m-1")
    manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
    manifest.save(folder / "MLmodel")
    return str(folder)


@pytest.fixture
def client(cluster: KubernetesApi) -> DeploymentClient:  # it is asked
    """The client of the cluster."""
    return DeploymentClient("kubernetes", connect("kubernetes"), tell=lambda _: None)
