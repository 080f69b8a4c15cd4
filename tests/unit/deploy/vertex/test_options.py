"""What can be told, and where things are."""

from __future__ import annotations

import pytest

from millstream.deploy.vertex.options import options
from millstream.deploy.vertex.place import checked_endpoint, place, short
from millstream.errors import InvalidParameter


def test_what_is_not_said_is_as_usual() -> None:
    found = options({"min_replica_count": "2", "env": "A=1,B=x=y"})
    assert (found.machine_type, found.max_replica_count, found.online) == ("n1-standard-2", 2, True)
    assert found.env == {"A": "1", "B": "x=y"}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"machine_type": "big; rm"}, "The machines that the model runs on"),
        ({"min_replica_count": "0"}, "a number from 1 to"),
        ({"min_replica_count": "3", "max_replica_count": "2"}, "a number from 3 to"),
        ({"traffic": "101"}, "a number from 0 to 100"),
        ({"traffic": "٣"}, "a number from 0 to 100"),
        ({"accelerator_count": "2"}, "without 'accelerator_type'"),
        ({"service_account": "me@example.com"}, "email address of a service account"),
        ({"spot": "yes"}, "true or false"),
        ({"env": "LEVEL"}, "NAME=value"),
        ({"env": "API_KEY=1"}, "looks like a secret"),
        ({"online": "false", "traffic": "10"}, "'traffic' is of an endpoint"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        options(said)


def test_a_place_has_the_address_of_its_region_or_what_gcloud_is_told() -> None:
    found = place("vertex:/my-project/europe-west4", {})
    assert found.address == "https://europe-west4-aiplatform.googleapis.com"
    assert found.model("m") == "projects/my-project/locations/europe-west4/models/m"
    name = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM"
    private = {name: "https://vertex.example.internal/"}
    assert place("vertex:/123456789/us-central1", private).address == private[name].rstrip("/")
    assert short("projects/1/locations/r/models/churn-1@2") == "churn-1"
    assert checked_endpoint("1234567890") == "1234567890"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("vertex", "of the form vertex:/project/region"),
        ("vertex:/my-project", "of the form vertex:/project/region"),
        ("vertex:/my-project/europe-west4/more", "of the form vertex:/project/region"),
        ("vertex:/My Project/europe-west4", "no project of Google Cloud"),
        ("vertex:/my-project/evil.example.com#", "no region"),
        ("vertex:/my-project/europe", "no region"),
    ],
)
def test_what_is_no_place_is_refused(uri: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        place(uri, {})


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com",
        "https://example.com/path",
        "ftp://127.0.0.1",
        "https://[",
        "https://u@x",
    ],
)
def test_a_token_is_sent_to_nobody_else(address: str) -> None:
    with pytest.raises(InvalidParameter, match="begins with https://"):
        place(
            "vertex:/my-project/europe-west4",
            {"CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM": address},
        )
