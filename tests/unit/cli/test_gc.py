"""What was deleted goes for good: rows, files and names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from millstream import connect
from millstream.cli.durations import duration
from millstream.client.tracking import MillstreamClient
from millstream.entities.model_versions import CreateModelVersion
from millstream.entities.registered_models import CreateRegisteredModel
from millstream.errors import InvalidParameter, NotFound
from millstream.settings import Settings
from millstream.store.sql.connections import SCHEMA_VERSION


@pytest.fixture
def client(millstream: Any) -> MillstreamClient:
    """A client on the same folder."""
    return MillstreamClient(str(millstream.folder))


def run_with_a_file(client: MillstreamClient, experiment_id: str = "0") -> str:
    run_id = client.create_run(experiment_id).info.run_id
    client.log_metric(run_id, "loss", 1.0)
    client.log_text(run_id, "hello", "deep/note.txt")
    return run_id


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "artifacts").rglob("*"))


def test_a_deleted_run_goes_with_its_files(millstream: Any, client: MillstreamClient) -> None:
    kept, gone = run_with_a_file(client), run_with_a_file(client)
    client.delete_run(gone)
    assert millstream.text("gc") == f"Run with ID {gone} has been permanently deleted.\n"
    with pytest.raises(NotFound):
        client.get_run(gone)
    assert client.get_run(kept).data.metrics == {"loss": 1.0}
    assert gone not in files(millstream.folder)
    assert files(millstream.folder).count("note.txt") == 1
    assert millstream.text("gc") == "There is nothing to remove.\n"


def test_a_deleted_experiment_goes_with_all_that_is_in_it_and_frees_its_name(
    millstream: Any, client: MillstreamClient
) -> None:
    experiment_id = client.create_experiment("prices")
    run_id = run_with_a_file(client, experiment_id)
    client.delete_experiment(experiment_id)
    told = millstream.data("gc", "--experiment-ids", experiment_id)
    assert told == {
        "run_ids": [run_id],
        "logged_model_ids": [],
        "experiment_ids": [experiment_id],
        "kept": [],
        "dry_run": False,
    }
    assert files(millstream.folder) == []
    assert client.create_experiment("prices") != ""


def test_a_deleted_model_goes_with_its_files(
    millstream: Any, client: MillstreamClient, tmp_path: Path
) -> None:
    model_id = client.create_logged_model("0", name="m").model_id
    (tmp_path / "weights.bin").write_text("w")
    client.log_model_artifact(model_id, tmp_path / "weights.bin")
    client.delete_logged_model(model_id)
    assert millstream.text("gc", "--logged-model-ids", model_id) == (
        f"Logged model with ID {model_id} has been permanently deleted.\n"
    )
    assert "weights.bin" not in files(millstream.folder)


def test_what_a_registered_version_came_from_is_left(
    millstream: Any, client: MillstreamClient
) -> None:
    run_id = run_with_a_file(client)
    store = connect.open_store(str(millstream.folder), Settings())
    store.registered_models.create(CreateRegisteredModel("tree")).result()
    version = CreateModelVersion("tree", f"runs:/{run_id}/model", run_id)
    store.model_versions.create(version).result()
    store.close()
    client.delete_run(run_id)
    told = millstream.data("gc")
    assert told["kept"] == [{"kind": "run", "id": run_id, "model_uri": "models:/tree/1"}]
    assert told["run_ids"] == []
    assert "note.txt" in files(millstream.folder)


def test_what_a_registry_of_its_own_needs_is_left(
    millstream: Any, client: MillstreamClient, tmp_path: Path
) -> None:
    run_id = run_with_a_file(client)
    tracking = connect.open_store(str(millstream.folder), Settings())
    apart = str(tmp_path / "registry")
    registry = connect.open_registry(apart, Settings(), tracking)
    registry.registered_models.create(CreateRegisteredModel("tree")).result()
    version = CreateModelVersion("tree", f"runs:/{run_id}/model", run_id)
    registry.model_versions.create(version).result()
    registry.close()
    tracking.close()
    client.delete_run(run_id)
    told = millstream.data("gc", "--registry-store-uri", apart)
    assert told["kept"] == [{"kind": "run", "id": run_id, "model_uri": "models:/tree/1"}]
    assert "note.txt" in files(millstream.folder)
    for absent in (str(tmp_path / "nowhere"), f"sqlite:///{tmp_path / 'no.db'}"):
        assert "--registry-store-uri" in millstream.refusal("gc", "--registry-store-uri", absent)
    assert "note.txt" in files(millstream.folder)


def test_trying_out_removes_nothing(millstream: Any, client: MillstreamClient) -> None:
    run_id = run_with_a_file(client)
    client.delete_run(run_id)
    said = millstream.text("gc", "--dry-run")
    assert said == f"Run with ID {run_id} would be permanently deleted.\n"
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    assert "note.txt" in files(millstream.folder)


def test_only_what_is_old_enough_and_named_goes(millstream: Any, client: MillstreamClient) -> None:
    first, second = run_with_a_file(client), run_with_a_file(client)
    client.delete_run(first)
    assert millstream.text("gc", "--older-than", "1d") == "There is nothing to remove.\n"
    assert "long enough" in millstream.refusal("gc", "--older-than", "1d", "--run-ids", first)
    assert "not deleted" in millstream.refusal("gc", "--run-ids", f"{first},{second}")
    assert millstream.refusal("gc", "--run-ids", "zz") == "Run with id=zz not found"
    client.delete_run(second)
    assert millstream.data("gc", "--run-ids", f" {second} ,")["run_ids"] == [second]
    assert client.get_run(first).info.lifecycle_stage == "deleted"


def test_an_empty_list_does_not_mean_everything(millstream: Any, client: MillstreamClient) -> None:
    run_id = run_with_a_file(client)
    client.delete_run(run_id)
    refused = millstream("gc", "--run-ids", "")
    assert refused.exit_code == 2
    assert "--run-ids names nothing" in refused.stderr
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"


def test_files_that_nobody_can_reach_are_named_and_left(
    millstream: Any, client: MillstreamClient
) -> None:
    experiment_id = client.create_experiment("far", artifact_location="zzz://nowhere/x")
    run_id = client.create_run(experiment_id).info.run_id
    client.delete_run(run_id)
    done = millstream("gc")
    assert done.exit_code == 0
    assert done.stdout == f"Run with ID {run_id} has been permanently deleted.\n"
    assert done.stderr.startswith("Note: the files at zzz://nowhere/x")


def test_it_works_on_stores_and_not_through_servers(millstream: Any, tmp_path: Path) -> None:
    assert "does not work through the server" in millstream.refusal(
        "gc", "--tracking-uri", "http://127.0.0.1:9"
    )
    absent = tmp_path / "absent"
    assert "There is no store" in millstream.refusal("gc", "--backend-store-uri", str(absent))
    assert not absent.exists()


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("30d", 2_592_000_000),
        ("1d2h3m4s", 93_784_000),
        ("1.5h", 5_400_000),
        ("0s", 0),
        ("90m", 5_400_000),
    ],
)
def test_durations(text: str, milliseconds: int) -> None:
    assert duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "xx", "5", "1h1d", "-1d", "1d ago"])
def test_what_is_no_duration_is_refused_in_mlflows_words(text: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        duration(text)
    assert refusal.value.message == (
        f"Could not parse any time information from '{text}'. "
        "Examples of valid strings: '8h', '2d8h5m20s', '2m4s'"
    )


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(millstream: Any) -> None:
    millstream.text("experiments", "create", "-n", "x")
    folder = millstream.folder
    database = (folder / "millstream.db").read_bytes()
    said = millstream.text("db", "upgrade", str(folder))
    assert said == f"{folder} has schema version {SCHEMA_VERSION} already.\n"
    told = json.loads(
        millstream.text("db", "upgrade", f"sqlite:///{folder / 'millstream.db'}", "--json")
    )
    assert (told["before"], told["after"]) == (SCHEMA_VERSION, SCHEMA_VERSION)
    assert (folder / "millstream.db").read_bytes() == database


def test_an_upgrade_does_not_make_folders(millstream: Any, tmp_path: Path) -> None:
    refused = millstream.refusal("db", "upgrade", str(tmp_path / "absent"))
    assert refused.startswith("There is no database in ")
    assert not (tmp_path / "absent").exists()
