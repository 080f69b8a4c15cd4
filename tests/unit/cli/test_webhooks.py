"""The commands about webhooks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from millstream.cli.main import root
from millstream.client.tracking import MillstreamClient

URL = "https://receiver.invalid/hook"
EVENT = "model_version_stage.updated"


@pytest.fixture
def hook(millstream: Any) -> str:
    """The id of a webhook."""
    made = millstream.data("webhooks", "create", "-n", "ci", "--url", URL, "--event", EVENT)
    return str(made["webhook_id"])


def happen(millstream: Any) -> None:
    client = MillstreamClient(millstream.folder)
    client.create_registered_model("forecast")
    client.create_model_version("forecast", "s3://bucket/1")
    client.transition_model_version_stage("forecast", "1", "Staging")


def test_create_and_list(millstream: Any, hook: str) -> None:
    assert millstream.text("webhooks", "list").splitlines()[2].split() == [
        *(hook, "ci", "ACTIVE", "no", EVENT),
        URL,
    ]
    (listed,) = millstream.data("webhooks", "list")
    assert (listed["webhook_id"], listed["url"], listed["signed"]) == (hook, URL, False)
    assert listed["events"] == [{"entity": "MODEL_VERSION_STAGE", "action": "UPDATED"}]
    said = millstream.text("webhooks", "create", "-n", "b", "--url", URL, "--event", EVENT)
    assert said.startswith("Created webhook 'b' with id ")


def test_a_secret_comes_from_its_variable_and_never_back(millstream: Any) -> None:
    arguments = ["webhooks", "create", "-n", "s", "--url", URL, "--event", EVENT, "--json"]
    done = CliRunner().invoke(
        root,
        arguments,
        env={
            "MILLSTREAM_TRACKING_URI": str(millstream.folder),
            "MILLSTREAM_WEBHOOK_SECRET": "s3cret",
        },
    )
    assert json.loads(done.stdout)["signed"] is True
    assert "s3cret" not in done.output + millstream.text("webhooks", "list", "--json")


def test_what_may_not_be_called_is_refused_in_one_line(millstream: Any) -> None:
    create = ("webhooks", "create", "-n", "a", "--event", EVENT, "--url")
    assert "Allowed schemes are: https" in millstream.refusal(*create, "http://a.example/")
    assert "non-public IP address" in millstream.refusal(*create, "https://10.0.0.1/")


def test_update(millstream: Any, hook: str) -> None:
    changed = millstream.data("webhooks", "update", "--webhook-id", hook, "--status", "disabled")
    assert (changed["status"], changed["name"]) == ("DISABLED", "ci")
    said = millstream.text(
        *("webhooks", "update", "--webhook-id", hook, "-n", "cd"),
        *("--event", "model_version.created", "--status", "ACTIVE"),
    )
    assert said == "Updated webhook 'cd'\n"
    (listed,) = millstream.data("webhooks", "list")
    assert listed["events"] == [{"entity": "MODEL_VERSION", "action": "CREATED"}]
    assert millstream("webhooks", "update", "--webhook-id", hook).exit_code == 2


def test_deliveries_and_replay(millstream: Any, hook: str) -> None:
    assert millstream.text("webhooks", "deliveries", "--webhook-id", hook) == (
        "There is no such delivery.\n"
    )
    happen(millstream)
    (delivery,) = millstream.data("webhooks", "deliveries", "--webhook-id", hook)
    assert (delivery["status"], delivery["attempts"]) == ("PENDING", 0)
    assert json.loads(delivery["payload"])["data"]["to_value"] == "Staging"
    table = millstream.text("webhooks", "deliveries", "--webhook-id", hook, "--status", "pending")
    assert table.splitlines()[2].split()[:3] == [delivery["delivery_id"], EVENT, "PENDING"]
    replay = ("webhooks", "replay", "--webhook-id", hook)
    assert millstream.text(*replay) == "0 deliveries are on the way again\n"
    one = (*replay, "--delivery-id", delivery["delivery_id"])
    assert millstream.text(*one) == "1 delivery is on the way again\n"
    assert "has no delivery with id x" in millstream.refusal(*replay, "--delivery-id", "x")


def test_a_test_that_fails_says_why(millstream: Any, hook: str) -> None:
    done = millstream("webhooks", "test", "--webhook-id", hook, "--event", "model_version.created")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0].split() == ["Delivered", "no"]
    assert "cannot be found" in done.stdout
    assert "Expected format" in millstream.refusal(
        *("webhooks", "test", "--webhook-id", hook, "--event", "nonsense")
    )


def test_delete(millstream: Any, hook: str) -> None:
    millstream.text("webhooks", "delete", "--webhook-id", hook)
    assert millstream.text("webhooks", "list") == "There is no webhook.\n"
    assert "not found" in millstream.refusal("webhooks", "delete", "--webhook-id", hook)
