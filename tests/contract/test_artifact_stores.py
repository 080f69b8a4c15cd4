"""The contract of artifact stores on a folder, through a server and on S3."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from tests.patience import patient_request

from millstream.artifacts.cloud import CloudArtifacts
from millstream.artifacts.http import HttpArtifacts
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.settings import Settings
from millstream.testing.artifact_stores import ArtifactStoreContract

ServeArtifacts = Callable[..., contextlib.AbstractContextManager[str]]
IMPATIENT = Settings(
    http_request_backoff_factor=0.01, http_request_backoff_jitter=0.0, http_request_max_retries=2
)


class TestLocalArtifacts(ArtifactStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ArtifactStore:
        return LocalArtifacts(tmp_path / "root")


@pytest.fixture(scope="module", params=[True, False], ids=["direct", "asgi"])
def server(
    serve_artifacts: ServeArtifacts,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    root = LocalArtifacts(tmp_path_factory.mktemp("served"))
    with serve_artifacts(root, direct=request.param) as address:
        yield address


class TestHttpArtifacts(ArtifactStoreContract):
    @pytest.fixture
    def store(self, server: str) -> ArtifactStore:
        return HttpArtifacts(server, uuid.uuid4().hex, IMPATIENT)


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """The variables that lead to an S3 server of this test, with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    variables = {
        "MLFLOW_S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    request = patient_request("PUT", f"http://127.0.0.1:{port}/bucket")
    assert request.status == 200
    yield variables
    server.stop()


class TestCloudArtifacts(ArtifactStoreContract):
    @pytest.fixture
    def store(self, s3: dict[str, str]) -> ArtifactStore:
        return CloudArtifacts(f"s3://bucket/{uuid.uuid4().hex}/deep", s3)
