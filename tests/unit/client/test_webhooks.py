"""Webhooks through the client, as scripts written for MLflow call it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow.entities import webhook as theirs

import mlflow
from millstream.client.tracking import MillstreamClient
from millstream.errors import InvalidParameter

SECRET = "s3cret"  # noqa: S105  # of a test
URL = "https://receiver.invalid/hook"
Event = theirs.WebhookEvent


@pytest.fixture
def client(tmp_path: Path) -> MillstreamClient:
    return MillstreamClient(tmp_path / "data")


def test_events_by_name_and_as_objects(client: MillstreamClient) -> None:
    named = client.create_webhook("a", URL, ["model_version.created"], "what for")
    built = client.create_webhook(
        "b", URL, [Event(theirs.WebhookEntity.MODEL_VERSION, theirs.WebhookAction.CREATED)]
    )
    lower = client.create_webhook("c", URL, [Event("model_version", "created")])
    assert named.events == built.events == lower.events
    assert str(named.events[0]) == "model_version.created"
    assert len(set(named.events + built.events)) == 1
    assert named.status == theirs.WebhookStatus.ACTIVE
    assert (named.secret, named.workspace) == (None, "default")
    assert client.get_webhook(named.webhook_id) == named
    with pytest.raises(InvalidParameter, match="must be a list of events"):
        client.create_webhook("a", URL, "model_version.created")
    with pytest.raises(InvalidParameter, match=r"Expected format: 'entity\.action'"):
        client.create_webhook("a", URL, ["created"])


def test_pages_updates_and_deletion(client: MillstreamClient) -> None:
    made = [client.create_webhook(f"h{n}", URL, ["model_version.created"]) for n in range(3)]
    first = client.list_webhooks(max_results=2)
    second = client.list_webhooks(max_results=2, page_token=first.token)
    assert [*first, *second] == made
    assert second.token is None
    changed = client.update_webhook(made[0].webhook_id, status="DISABLED", secret=SECRET)
    assert (changed.status, changed.signed, changed.name) == ("DISABLED", True, "h0")
    with pytest.raises(InvalidParameter, match=r"Invalid webhook status 'off'.*'ACTIVE'"):
        client.update_webhook(made[0].webhook_id, status="off")
    client.delete_webhook(made[0].webhook_id)
    assert list(client.list_webhooks()) == made[1:]


def test_the_log(client: MillstreamClient) -> None:
    hook = client.create_webhook("a", URL, ["registered_model.created"])
    client.create_registered_model("forecast")
    (delivery,) = client.search_webhook_deliveries(hook.webhook_id, ["PENDING"])
    assert '"forecast"' in delivery.payload
    assert client.replay_webhook_deliveries(hook.webhook_id) == 0
    assert client.replay_webhook_deliveries(hook.webhook_id, delivery.delivery_id) == 1


def test_a_sample(client: MillstreamClient) -> None:
    hook = client.create_webhook("a", URL, ["registered_model.created"])
    result = client.test_webhook(hook.webhook_id, "model_version.created")
    assert isinstance(result, mlflow.entities.WebhookTestResult)
    assert not result.success
    assert "cannot be found" in (result.error_message or "")


def test_mlflows_constructor() -> None:
    built = mlflow.entities.Webhook(
        *("id", "name", URL, [Event.from_str("model_version_tag.set")], 1, 2),
        status="ACTIVE",
        secret=SECRET,
        workspace=None,
    )
    assert (built.webhook_id, built.signed) == ("id", True)
    assert isinstance(built, mlflow.entities.Webhook)
