"""The files of registered models under the names of `mlflow.store.artifact`."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow.models.utils import get_model_version_from_model_uri
from mlflow.store.artifact.models_artifact_repo import ModelsArtifactRepository
from mlflow.store.artifact.utils.models import get_model_name_and_version
from mlflow.tracking.artifact_utils import _download_artifact_from_uri

import mlflow
from millstream.errors import InvalidParameter, NotFound


@pytest.fixture
def client(
    new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> mlflow.MlflowClient:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    client = mlflow.MlflowClient()
    Path("net").mkdir()
    Path("net", "MLmodel").write_text("flavors: {}")
    mlflow.register_model("net", "prices")
    client.set_registered_model_alias("prices", "champion", "1")
    return client


@pytest.mark.parametrize("suffix", ["/1", "/latest", "/None", "@champion"])
def test_a_uri_leads_to_a_version_and_its_files(client: mlflow.MlflowClient, suffix: str) -> None:
    uri = f"models:/prices{suffix}"
    assert get_model_name_and_version(client, uri) == ("prices", "1")
    assert get_model_version_from_model_uri(uri).version == "1"
    assert ModelsArtifactRepository.get_underlying_uri(uri) == str(Path("net").resolve())
    fetched = ModelsArtifactRepository(uri).download_artifacts("MLmodel", "fetched")
    assert Path(fetched).read_text() == "flavors: {}"
    assert Path(_download_artifact_from_uri(uri, "whole"), "MLmodel").exists()


def test_uris_that_name_no_version(client: mlflow.MlflowClient) -> None:
    assert get_model_name_and_version(client, "models:/m-1") == ("m-1",)
    with pytest.raises(NotFound):
        get_model_name_and_version(client, "models:/prices/Production")
    for uri in ("models:/m-1", "runs:/x/y"):
        with pytest.raises(InvalidParameter):
            get_model_version_from_model_uri(uri)
    with pytest.raises(InvalidParameter, match="Not a proper models:/ URI: s3://b/x"):
        ModelsArtifactRepository("s3://b/x")
