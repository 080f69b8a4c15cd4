from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from millstream import MillstreamClient
from millstream.client.registry_events import RegistryEventMethods
from millstream.errors import EndpointNotFound, NotFound, NotSupported


def _stages(client: MillstreamClient, name: str, at: int | datetime | None) -> dict[str, str]:
    return {one.version: one.current_stage for one in client.get_registry_state(name, at).versions}


def test_what_was_in_a_stage_at_a_moment(client: MillstreamClient, registered: str) -> None:
    client.transition_model_version_stage(registered, "1", "Production")
    client.transition_model_version_stage(registered, "2", "Production", True, comment="better")
    moves = client.search_registry_events(registered, kinds=["STAGE_CHANGED"], oldest_first=True)
    moment = moves[0].timestamp
    after = moves[-1].timestamp
    assert _stages(client, registered, None) == {"2": "Production", "1": "Archived"}
    if moment < after:
        assert _stages(client, registered, moment)["1"] == "Production"
    at = datetime.fromtimestamp(after / 1_000, UTC)
    (live,) = client.get_registry_state(registered, at, "Production").versions
    assert (live.version, live.comment) == ("2", "better")


def test_events_are_found_by_model_version_time_and_kind(
    client: MillstreamClient, registered: str
) -> None:
    newest = client.search_registry_events(registered, max_results=1)
    assert [event.version for event in newest] == ["2"]
    older = client.search_registry_events(registered, max_results=1, page_token=newest.token)
    assert [event.version for event in older] == ["1"]
    assert len(client.search_registry_events(registered, version=1)) == 1
    created = client.search_registry_events(kinds=["MODEL_CREATED"])
    assert [event.name for event in created] == [registered]
    past = datetime(2020, 1, 1, tzinfo=UTC)
    assert client.search_registry_events(registered, until=past) == []
    assert len(client.search_registry_events(registered, since=past)) == 3


def test_the_last_change_is_taken_back(client: MillstreamClient, registered: str) -> None:
    for version in ("1", "2"):
        client.transition_model_version_stage(registered, version, "Production", True)
        client.set_registered_model_alias(registered, "champion", version)
    events = client.roll_back_stage(registered, "Production", comment="it fails for flats")
    assert {event.comment for event in events} == {"it fails for flats"}
    assert _stages(client, registered, None) == {"2": "None", "1": "Production"}
    client.roll_back_alias(registered, "champion")
    assert client.get_model_version_by_alias(registered, "champion").version == "1"


def test_a_server_without_history_is_named(client: MillstreamClient) -> None:
    class Foreign(RegistryEventMethods):
        @property
        def _registry(self) -> Any:
            raise EndpointNotFound("404")

    for ask in (
        lambda: Foreign().search_registry_events("prices"),
        lambda: Foreign().get_registry_state("prices"),
        lambda: Foreign().roll_back_stage("prices", "Production"),
        lambda: Foreign().roll_back_alias("prices", "champion"),
    ):
        with pytest.raises(NotSupported, match="keeps no history"):
            ask()


def test_where_nothing_was_changed_nothing_is_taken_back(
    client: MillstreamClient, registered: str
) -> None:
    with pytest.raises(NotFound, match="stage 'Production' of the model 'prices' never changed"):
        client.roll_back_stage(registered, "Production")
    with pytest.raises(NotFound, match="alias 'champion'"):
        client.roll_back_alias(registered, "champion")
