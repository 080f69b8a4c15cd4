"""Amazon's services on this machine, and a model to deploy there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from botocore.client import BaseClient
from tests.unit.deploy.sagemaker.amazon import BUCKET, Amazon, amazon

from millstream.deploy.client import DeploymentClient
from millstream.deploy.sagemaker.aws import Aws
from millstream.deploy.sagemaker.place import Place
from millstream.deploy.sagemaker.target import SageMakerTarget
from millstream.model_format.manifest import Manifest


@pytest.fixture(scope="session")
def server() -> Iterator[Amazon]:
    with pytest.MonkeyPatch.context() as patch, amazon(patch) as found:
        yield found


@pytest.fixture(scope="session")
def base(server: Amazon) -> Session:
    """One session of boto3: each new one reads descriptions of services for half a second."""
    return Session()


@pytest.fixture
def aws(server: Amazon, base: Session, monkeypatch: pytest.MonkeyPatch) -> Amazon:
    """The server as if it were new, with one bucket; what boto3 calls is noted."""
    server.reset()
    monkeypatch.setattr(Aws, "_base", base)
    call = BaseClient._make_api_call

    def noted(self: Any, operation: str, said: dict[str, Any]) -> Any:
        server.asked.append((self.meta.service_model.service_name, operation))
        return call(self, operation, said)

    Aws(Place()).ask("s3", "create_bucket", Bucket=BUCKET, **server.here)
    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return server


@pytest.fixture
def target(aws: Amazon) -> SageMakerTarget:
    made = SageMakerTarget(Aws(Place()))
    made.endpoints.shortest = 0.01
    return made


@pytest.fixture
def client(target: SageMakerTarget) -> DeploymentClient:
    return DeploymentClient("sagemaker", target, tell=lambda _: None)


def saved(folder: Path, model_id: str) -> str:
    folder.mkdir()
    manifest = Manifest(model_id=model_id)
    manifest.add_flavor("python_function", loader_module="millstream.integrations.sklearn")
    manifest.save(folder / "MLmodel")
    return str(folder)


@pytest.fixture
def model(tmp_path: Path) -> str:
    return saved(tmp_path / "first", "m-1")


@pytest.fixture
def better(tmp_path: Path) -> str:
    return saved(tmp_path / "second", "m-2")
