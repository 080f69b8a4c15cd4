from __future__ import annotations

import os
from pathlib import Path

import pytest

import millstream
from millstream import MillstreamClient
from millstream.errors import AlreadyExists, InvalidParameter, NotFound


def test_a_registered_model_is_made_described_and_deleted(client: MillstreamClient) -> None:
    made = client.create_registered_model("prices", {"team": 7}, "of houses")
    assert made.tags == {"team": "7"}
    assert made.description == "of houses"
    with pytest.raises(AlreadyExists, match="prices"):
        client.create_registered_model("prices")
    assert client.update_registered_model("prices", "of flats").description == "of flats"
    assert not client.update_registered_model("prices").description
    client.set_registered_model_tag("prices", "budget", 3)
    client.delete_registered_model_tag("prices", "team")
    renamed = client.rename_registered_model("prices", "rents")
    assert renamed.name == "rents"
    with pytest.raises(InvalidParameter, match="must not be an empty string"):
        client.rename_registered_model("rents", " ")
    assert client.get_registered_model("rents").tags == {"budget": "3"}
    client.delete_registered_model("rents")
    with pytest.raises(NotFound, match="rents"):
        client.get_registered_model("rents")


def test_search_goes_on_where_a_page_ends(client: MillstreamClient) -> None:
    for number in range(5):
        client.create_registered_model(f"m{number}")
    first = client.search_registered_models(max_results=3)
    rest = client.search_registered_models(max_results=3, page_token=first.token)
    assert [model.name for model in [*first, *rest]] == [f"m{number}" for number in range(5)]
    assert not rest.token
    found = millstream.search_registered_models(filter_string="name LIKE 'm%'", max_results=4)
    assert [model.name for model in found] == ["m0", "m1", "m2", "m3"]
    found = millstream.search_registered_models(order_by=["name DESC"])
    assert found[0].name == "m4"


def test_aliases_point_to_versions(client: MillstreamClient, registered: str) -> None:
    client.set_registered_model_alias(registered, "champion", 1)
    client.set_registered_model_alias(registered, "champion", "2")
    assert client.get_model_version_by_alias(registered, "champion").version == "2"
    assert client.get_registered_model(registered).aliases == {"champion": "2"}
    client.delete_registered_model_alias(registered, "champion")
    with pytest.raises(InvalidParameter, match="champion"):
        client.get_model_version_by_alias(registered, "champion")


def test_the_latest_versions_are_one_for_a_stage(client: MillstreamClient, registered: str) -> None:
    client.transition_model_version_stage(registered, "1", "Production")
    latest = client.get_latest_versions(registered)
    assert {one.current_stage: one.version for one in latest} == {"Production": "1", "None": "2"}
    (found,) = client.get_latest_versions(registered, ["production"])
    assert found.version == "1"


def test_every_change_says_who_and_why(
    client: MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    client.create_registered_model("prices", comment="the first one")
    client.set_registered_model_tag("prices", "a", "b", comment="for the report")
    client.update_registered_model("prices", "of houses", comment="it had none")
    client.rename_registered_model("prices", "rents", comment="misnamed")
    client.delete_registered_model("rents", comment="never used")
    events = client.search_registry_events("rents", oldest_first=True)
    assert {event.user_id for event in events} == {"ada"}
    assert [event.comment for event in events] == [
        *("the first one", "for the report", "it had none", "misnamed", "never used"),
    ]


def test_the_registry_is_where_it_was_said_to_be(
    client: MillstreamClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert millstream.get_registry_uri() == millstream.get_tracking_uri()
    millstream.set_registry_uri("elsewhere")
    assert millstream.get_registry_uri() == "elsewhere"
    assert os.environ["MLFLOW_REGISTRY_URI"] == str(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path.parent)
    assert millstream.search_registered_models() == []
    MillstreamClient(registry_uri=tmp_path / "elsewhere").create_registered_model("prices")
    assert [model.name for model in millstream.search_registered_models()] == ["prices"]
    assert [model.name for model in client.search_registered_models()] == []  # made before
    millstream.set_registry_uri("")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", str(tmp_path / "elsewhere"))
    assert [model.name for model in MillstreamClient().search_registered_models()] == ["prices"]
