"""Vertex AI on this machine, and a model to deploy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.deploy.vertex.google_cloud import PROJECT, REGION, GoogleCloud, listening

from millstream.deploy.client import DeploymentClient
from millstream.deploy.vertex import service
from millstream.deploy.vertex.target import connect
from millstream.model_format.manifest import Manifest

TARGET = f"vertex:/{PROJECT}/{REGION}"
IMAGE = f"{REGION}-docker.pkg.dev/{PROJECT}/models/churn:7"


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleCloud]:
    """It takes the key that this process has, and whatever breaks the contract fails the test."""
    made = GoogleCloud()
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(made.credentials(tmp_path)))
    monkeypatch.setattr(service, "_SHORTEST", 0.005)
    with listening(made) as address:
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM", f"{address}/")
        monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING", f"{address}/")
        yield made
    assert made.broken == []


@pytest.fixture
def client(cloud: GoogleCloud) -> DeploymentClient:
    return DeploymentClient(TARGET, connect(TARGET), tell=lambda _: None)


@pytest.fixture
def model(tmp_path: Path) -> Callable[[str], str]:
    """Makes models, each by its name."""

    def make(name: str = "one") -> str:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        manifest = Manifest(model_id=f"m-{name}")
        manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
        manifest.save(folder / "MLmodel")
        return str(folder)

    return make
