from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from millstream.artifacts.confined import Confined
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.entities.artifacts import (
    CreatePresignedDownloadUrl,
    CreatePresignedUploadUrl,
    FileInfo,
    ListArtifacts,
    ListModelArtifacts,
)
from millstream.entities.models import GetLoggedModel
from millstream.entities.runs import Run, RunData, RunId, RunInfo
from millstream.errors import InvalidParameter, NotFound, PermissionDenied
from millstream.rest.artifacts import Artifacts
from millstream.rest.protected_files import FileProtection


class Owners:
    """Answers with an owner of files for each known id."""

    def __init__(self, locations: dict[str, str]) -> None:
        self._locations = locations

    def get(self, request: RunId | GetLoggedModel) -> Any:
        """The owner; raises if unknown."""
        key = request.run_id if isinstance(request, RunId) else request.model_id
        if key not in self._locations:
            raise NotFound(f"Run with id={key} not found")
        info = RunInfo(
            run_id=key,
            experiment_id="0",
            user_id="",
            status="RUNNING",
            start_time=0,
            artifact_uri=self._locations[key],
        )
        return Run(info=info, data=RunData())


class Facts:
    """As much of a store as artifacts ask for."""

    def __init__(self, locations: dict[str, str]) -> None:
        self.runs = Owners(locations)
        self.models = Owners(locations)


class Cloud:
    """Files of a folder, with addresses as a cloud hands them out."""

    def __init__(self, folder: Path) -> None:
        self._files = LocalArtifacts(folder)

    def stat(self, path: str) -> FileInfo:
        """The file, as it lies in the folder."""
        return self._files.stat(path)

    def presign(self, method: str, path: str, seconds: int) -> str:
        """An address that shows what it was made of."""
        return f"https://cloud/{path}?{method}&{seconds}"


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    root = LocalArtifacts(tmp_path)
    root.write("own/d/b", [b"12"])
    root.write("own/d/a", [b"1"])
    locations = {"r": "mlflow-artifacts:/own", "etc": "/etc", "cloud": "s3://bucket/own"}

    def cloud(uri: str) -> ArtifactStore:
        assert uri == "s3://bucket/own"
        return Cloud(tmp_path / "own")  # type: ignore[return-value]  # a part of a store

    return Artifacts(Facts(locations), Confined(cloud, root), FileProtection(None))  # type: ignore[arg-type]  # a part of a store


def test_paths_are_relative_to_the_run(artifacts: Artifacts) -> None:
    page = artifacts.list_for_run(ListArtifacts(run_id="r", path="d"))
    assert page.root_uri == "mlflow-artifacts:/own"
    assert page.files == [
        FileInfo(path="d/a", is_dir=False, file_size=1),
        FileInfo(path="d/b", is_dir=False, file_size=2),
    ]
    model = artifacts.list_for_model(ListModelArtifacts(model_id="r"))
    assert model.files == [FileInfo(path="d", is_dir=True)]


@pytest.mark.parametrize("path", ["d/a", "none", "none/deep"])
def test_of_a_file_or_the_absent_only_the_root_is_told(artifacts: Artifacts, path: str) -> None:
    page = artifacts.list_for_run(ListArtifacts(run_id="r", path=path))
    assert page.root_uri == "mlflow-artifacts:/own"
    assert page.files == []


def test_what_is_not_the_servers_own_is_not_listed(artifacts: Artifacts) -> None:
    with pytest.raises(PermissionDenied, match="outside of this server's artifact folders"):
        artifacts.list_for_run(ListArtifacts(run_id="etc"))
    with pytest.raises(InvalidParameter, match="Invalid path"):
        artifacts.list_for_run(ListArtifacts(run_id="r", path="../own"))
    with pytest.raises(NotFound):
        artifacts.list_for_run(ListArtifacts(run_id="unknown"))


def test_clouds_give_signed_addresses(artifacts: Artifacts) -> None:
    upload = artifacts.presigned_upload(CreatePresignedUploadUrl(path="x.png", run_id="cloud"))
    assert upload.presigned_url == "https://cloud/x.png?PUT&900"
    assert upload.headers == {"Content-Type": "image/png"}
    by_model = CreatePresignedUploadUrl(path="x", model_id="cloud", expiration=5)
    assert artifacts.presigned_upload(by_model).presigned_url == "https://cloud/x?PUT&5"
    download = CreatePresignedDownloadUrl(run_id="cloud", path="d/b", expiration=60)
    found = artifacts.presigned_download(download)
    assert (found.presigned_url, found.file_size) == ("https://cloud/d/b?GET&60", 2)
    with pytest.raises(NotFound):
        artifacts.presigned_download(CreatePresignedDownloadUrl(run_id="cloud", path="none"))


def test_proxied_artifacts_have_no_signed_addresses(artifacts: Artifacts) -> None:
    with pytest.raises(InvalidParameter, match="not supported for proxied artifact storage"):
        artifacts.presigned_upload(CreatePresignedUploadUrl(path="x", run_id="r"))
    with pytest.raises(InvalidParameter, match="not supported for runs with proxied"):
        artifacts.presigned_download(CreatePresignedDownloadUrl(run_id="r", path="d/b"))


@pytest.mark.parametrize("seconds", [0, -1, 604_801])
def test_addresses_live_for_up_to_a_week(artifacts: Artifacts, seconds: int) -> None:
    with pytest.raises(InvalidParameter, match="expiration"):
        artifacts.presigned_download(
            CreatePresignedDownloadUrl(run_id="cloud", path="d/b", expiration=seconds)
        )


@pytest.mark.parametrize(("run_id", "model_id"), [(None, None), ("cloud", "cloud")])
def test_an_address_is_for_a_run_or_a_model(
    artifacts: Artifacts, run_id: str | None, model_id: str | None
) -> None:
    request = CreatePresignedUploadUrl(path="x", run_id=run_id, model_id=model_id)
    with pytest.raises(InvalidParameter, match="Exactly one"):
        artifacts.presigned_upload(request)


@pytest.mark.parametrize("path", ["", "../x", "/etc/x", "a/.."])
def test_an_address_is_for_a_file_below(artifacts: Artifacts, path: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid path"):
        artifacts.presigned_upload(CreatePresignedUploadUrl(path=path, run_id="cloud"))
