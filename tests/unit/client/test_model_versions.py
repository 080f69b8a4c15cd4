from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

import millstream
from millstream import MillstreamClient
from millstream.client import model_versions
from millstream.client.model_versions import ModelVersionMethods
from millstream.entities.model_versions import (
    CreateModelVersion,
    GetModelVersion,
    ModelVersion,
    ModelVersionStatusName,
)
from millstream.errors import InvalidParameter, InvalidState, NotFound, Unavailable
from millstream.store.interface import Store
from millstream.store.pending import Pending


def test_a_version_is_made_described_and_deleted(
    client: MillstreamClient, logged: millstream.LoggedModel
) -> None:
    client.create_registered_model("prices")
    made = client.create_model_version(
        "prices", logged.model_uri, tags={"rows": 10}, description="all of 2024"
    )
    assert (made.version, made.current_stage, made.status) == ("1", "None", "READY")
    assert made.tags == {"rows": "10"}
    assert (made.model_id, made.run_id) == (logged.model_id, logged.source_run_id)
    described = client.update_model_version("prices", 1, "without May")
    assert described.description == "without May"
    with pytest.raises(InvalidParameter, match="no new field values"):
        client.update_model_version("prices", 1)
    assert client.get_model_version("prices", 1) == described
    assert client.get_model_version_download_uri("prices", "1") == logged.artifact_location
    client.delete_model_version("prices", 1)
    with pytest.raises(NotFound):
        client.get_model_version("prices", "1")


def test_a_version_is_copied_under_another_name(client: MillstreamClient, registered: str) -> None:
    client.set_registered_model_alias(registered, "champion", "1")
    client.set_model_version_tag(registered, "1", "a", "b")
    source = client.get_model_version(registered, "1")
    for number in ("1", "2"):  # the first time, the registered model is created too
        copy = client.copy_model_version(f"models:/{registered}@champion", "for-customers")
        assert (copy.version, copy.source) == (number, f"models:/{registered}/1")
        assert (copy.tags, copy.run_id) == (source.tags, source.run_id)
        assert copy.model_id == source.model_id
    with pytest.raises(InvalidParameter, match="Unsupported source model URI: 'runs:/x/net'"):
        client.copy_model_version("runs:/x/net", "for-customers")


def test_tags_are_set_by_number_or_by_stage(client: MillstreamClient, registered: str) -> None:
    client.set_model_version_tag(registered, "1", "a", 1)
    client.set_model_version_tag(registered, key="a", value=2, stage="None")
    millstream.set_model_version_tag(registered, 1, "b", 3)
    assert client.get_model_version(registered, "1").tags == {"a": "1", "b": "3"}
    assert client.get_model_version(registered, "2").tags == {"a": "2"}
    client.delete_model_version_tag(registered, key="a", stage="None")
    client.delete_model_version_tag(registered, "1", "a")
    assert client.get_model_version(registered, "1").tags == {"b": "3"}
    assert client.get_model_version(registered, "2").tags == {}
    with pytest.raises(InvalidParameter, match="version and stage cannot be set together"):
        client.set_model_version_tag(registered, "1", "a", "b", "None")
    with pytest.raises(InvalidParameter, match="version or stage must be set"):
        client.delete_model_version_tag(registered, key="a")
    with pytest.raises(NotFound, match="any model version for Production stage"):
        client.set_model_version_tag(registered, key="a", value="b", stage="Production")
    with pytest.raises(InvalidParameter, match="required parameter 'key'"):
        client.set_model_version_tag(registered, "1")


def test_versions_move_through_stages(client: MillstreamClient, registered: str) -> None:
    stages = client.get_model_version_stages(registered, "1")
    assert stages == ["None", "Staging", "Production", "Archived"]
    client.transition_model_version_stage(registered, 1, "production")
    moved = client.transition_model_version_stage(registered, "2", "Production", True, comment="+3")
    assert moved.current_stage == "Production"
    assert client.get_model_version(registered, "1").current_stage == "Archived"
    (event, _) = client.search_registry_events(registered, kinds=["STAGE_CHANGED"], max_results=2)
    assert event.comment == "+3"


def test_search_collects_all_pages(client: MillstreamClient, registered: str) -> None:
    found = client.search_model_versions(f"name = '{registered}'", 1, ["version_number ASC"])
    assert [one.version for one in found] == ["1"]
    found = client.search_model_versions(
        f"name = '{registered}'", 1, ["version_number ASC"], found.token
    )
    assert [one.version for one in found] == ["2"]
    every = millstream.search_model_versions(filter_string=f"name = '{registered}'")
    assert {one.version for one in every} == {"1", "2"}


class SlowRegistry:
    """A registry that copies files before a version is ready."""

    def __init__(self, statuses: Sequence[ModelVersionStatusName]) -> None:
        self._statuses = list(statuses)

    @property
    def model_versions(self) -> SlowRegistry:
        return self

    def create(self, request: CreateModelVersion) -> Pending[ModelVersion]:
        return Pending.settled(self._version(request.name))

    def get(self, request: GetModelVersion) -> ModelVersion:
        return self._version(request.name)

    def _version(self, name: str) -> ModelVersion:
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        return msgspec.structs.replace(
            ModelVersion(name, "1", 0), status=status, status_message="the disk is full"
        )


@pytest.mark.parametrize(
    ("statuses", "error"),
    [
        (["PENDING_REGISTRATION", "PENDING_REGISTRATION", "READY"], None),
        (["PENDING_REGISTRATION", "FAILED_REGISTRATION"], InvalidState),
        (["PENDING_REGISTRATION"], Unavailable),
    ],
)
def test_a_server_that_copies_files_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
    statuses: Sequence[ModelVersionStatusName],
    error: type[Exception] | None,
) -> None:
    class Client(ModelVersionMethods):
        registry = SlowRegistry(statuses)

        @property
        def _registry(self) -> Store:
            return self.registry  # type: ignore[return-value]  # the part that is asked for

    monkeypatch.setattr(model_versions, "_PAUSE", 0)
    client = Client()
    if error is None:
        assert client.create_model_version("prices", "s3://b/x").status == "READY"
        return
    with pytest.raises(error, match=r"version 1 of 'prices'"):
        client.create_model_version("prices", "s3://b/x", await_creation_for=0.01)
    unawaited = client.create_model_version("prices", "s3://b/x", await_creation_for=0)
    assert unawaited.status == statuses[-1]
