from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import millstream
from millstream import LoggedModel, MillstreamClient
from millstream.client import registration
from millstream.client.model_uris import Where
from millstream.errors import InvalidParameter, NotFound, NotSupported


def test_a_logged_model_is_registered(
    client: MillstreamClient, logged: LoggedModel, capsys: pytest.CaptureFixture[str]
) -> None:
    first = millstream.register_model(logged.model_uri, "prices", tags={"rows": 3}, comment="new")
    assert (first.version, first.tags) == ("1", {"rows": "3"})
    assert (first.model_id, first.run_id) == (logged.model_id, logged.source_run_id)
    by_run = millstream.register_model(f"runs:/{logged.source_run_id}/net", "prices")
    assert (by_run.version, by_run.model_id) == ("2", logged.model_id)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "Successfully registered model 'prices'.",
        "Created version '1' of model 'prices'.",
        "Registered model 'prices' already exists. Creating a new version of it...",
        "Created version '2' of model 'prices'.",
    ]
    (event,) = client.search_registry_events("prices", kinds=["VERSION_CREATED"], version=1)
    assert event.comment == "new"


def test_files_of_a_run_are_registered(folder: Path) -> None:
    with millstream.start_run() as run:
        millstream.log_text("4 5", "old/net/weights.txt")
    version = millstream.register_model(f"runs:/{run.info.run_id}/old/net", "prices")
    assert version.source == f"{run.info.artifact_uri}/old/net"
    assert (version.run_id, version.model_id) == (run.info.run_id, None)
    assert millstream.artifacts.load_text("models:/prices/1/weights.txt") == "4 5"


def test_a_version_is_registered_under_another_name(
    client: MillstreamClient, registered: str
) -> None:
    client.set_registered_model_alias(registered, "champion", "1")
    version = millstream.register_model(f"models:/{registered}@champion", "for-customers")
    assert version.source == f"models:/{registered}/1"
    assert millstream.artifacts.load_text("models:/for-customers/1/weights.txt") == "1 2 3"
    with pytest.raises(InvalidParameter, match="part of a version"):
        millstream.register_model(f"models:/{registered}/1/weights.txt", "for-customers")


def test_files_elsewhere_are_registered_where_they_are(folder: Path, tmp_path: Path) -> None:
    assert millstream.register_model("s3://bucket/net", "prices").source == "s3://bucket/net"
    Path("net").mkdir()
    Path("net", "weights.txt").write_text("6")
    assert millstream.register_model("net", "prices").source == str(tmp_path / "net")
    assert millstream.artifacts.load_text("models:/prices/latest/weights.txt") == "6"


def test_a_model_is_registered_in_another_store(folder: Path, logged: LoggedModel) -> None:
    millstream.set_registry_uri("registry")
    for uri in (logged.model_uri, f"runs:/{logged.source_run_id}/net"):
        version = millstream.register_model(uri, "prices")
        assert version.source == logged.artifact_location
        assert (version.model_id, version.run_id) == (logged.model_id, logged.source_run_id)
    assert millstream.artifacts.load_text("models:/prices/2/weights.txt") == "1 2 3"
    elsewhere = millstream.artifacts.download_artifacts(
        "models:/prices/1", tracking_uri=str(folder), registry_uri="registry"
    )
    assert Path(elsewhere, "weights.txt").exists()
    assert MillstreamClient(folder, folder).search_registered_models() == []


def test_what_cannot_be_registered(folder: Path, logged: LoggedModel) -> None:
    run_id = logged.source_run_id
    with pytest.raises(NotFound, match=f"artifact_path none under run {run_id}"):
        millstream.register_model(f"runs:/{run_id}/none", "prices")
    with pytest.raises(NotFound, match="m-1234"):
        millstream.register_model("models:/m-1234", "prices")
    with pytest.raises(InvalidParameter, match="parameter 'name'"):
        millstream.register_model(logged.model_uri, "")
    with pytest.raises(NotSupported, match="databricks_model_serving"):
        millstream.register_model(logged.model_uri, "prices", env_pack="databricks_model_serving")
    assert millstream.search_registered_models() == []


PROGRAM = """
import sys, millstream
millstream.set_tracking_uri(sys.argv[1])
sys.stdin.readline()
for _ in range(5):
    millstream.register_model("s3://bucket/net", "prices")
"""


def test_processes_that_race_to_register_give_gapless_numbers(
    client: MillstreamClient, folder: Path
) -> None:
    client.search_experiments()  # the database is there
    racers = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], stdin=subprocess.PIPE)
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write(b"go\n")
        racer.stdin.close()
    assert [racer.wait(60) for racer in racers] == [0] * 4
    numbers = sorted(int(version.version) for version in millstream.search_model_versions())
    assert numbers == list(range(1, 21))


def test_a_source_that_only_another_server_knows_names_that_server() -> None:
    where = Where("http://tracking:5000", "http://registry:5000")
    model = LoggedModel.of("0", "m-1", "net", "mlflow-artifacts:/0/models/m-1/artifacts", 1, 1)
    assert registration._of_model(model, where) == (
        "http://tracking:5000/api/2.0/mlflow-artifacts/artifacts/0/models/m-1/artifacts",
        None,
        "m-1",
    )
