"""The contract of webhooks and of the log of their deliveries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import webhooks as w
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, unique

SECRET = "s3cret"  # noqa: S105  # of a test
URL = "https://receiver.invalid/hook?token=t"
CREATED = w.WebhookEvent("MODEL_VERSION", "CREATED")


def new_webhook(store: Store, *events: str, url: str = URL, secret: str | None = None) -> w.Webhook:
    """A fresh webhook that wants to know of these events, as `model_version.created`."""
    wanted = [w.WebhookEvent.from_str(event) for event in events]
    request = w.CreateWebhook(unique("hook"), url, wanted, "what for", secret)
    return store.webhooks.create(request).result()


def log_of(store: Store, webhook: w.Webhook) -> list[w.WebhookDelivery]:
    """The deliveries of a webhook, oldest first."""
    request = w.SearchWebhookDeliveries(webhook.webhook_id, max_results=1_000)
    return store.webhooks.search_deliveries(request).deliveries[::-1]


def told(store: Store, webhook: w.Webhook) -> list[tuple[str, dict[str, Any]]]:
    """What a webhook is told: events and their data, oldest first."""
    found = []
    for delivery in log_of(store, webhook):
        payload = json.loads(delivery.payload)
        assert list(payload)[:4] == ["entity", "action", "timestamp", "data"]
        assert payload["timestamp"].endswith("+00:00")
        event = f"{payload['entity']}.{payload['action']}"
        assert event == str(delivery.event)
        found.append((event, payload["data"]))
    return found


def _live_through_it(store: Store, name: str) -> None:
    """All that MLflow has events for, once."""
    models, versions = store.registered_models, store.model_versions
    tags = [rm.RegisteredModelTag("team", "red")]
    models.create(rm.CreateRegisteredModel(name, tags, "a model")).result()
    born_with = [mv.ModelVersionTag("k", "v")]
    request = mv.CreateModelVersion(name, "s3://b/1", "r" * 32, born_with, description="first")
    versions.create(request).result()
    versions.set_tag(mv.SetModelVersionTag(name, "1", "checked", "yes")).result()
    versions.delete_tag(mv.DeleteModelVersionTag(name, "1", "checked")).result()
    models.set_alias(rm.SetRegisteredModelAlias(name, "champion", "1")).result()
    models.delete_alias(rm.DeleteRegisteredModelAlias(name, "champion")).result()


class WebhooksContract(Contract):
    """What every store promises about webhooks."""

    def test_a_new_webhook(self, store: Store) -> None:
        webhook = new_webhook(store, "model_version.created", secret=SECRET)
        assert (webhook.url, webhook.description) == (URL, "what for")
        assert (webhook.events, webhook.status) == ([CREATED], "ACTIVE")
        assert webhook.signed
        assert webhook.secret is None
        assert webhook.creation_timestamp == webhook.last_updated_timestamp
        assert store.webhooks.get(w.WebhookId(webhook.webhook_id)) == webhook
        assert SECRET not in repr(webhook)

    def test_a_webhook_changes_where_something_is_given(self, store: Store) -> None:
        webhook = new_webhook(store, "model_version.created", secret=SECRET)
        name = unique("renamed")
        request = w.UpdateWebhook(webhook.webhook_id, name, status="DISABLED")
        changed = store.webhooks.update(request).result()
        assert (changed.name, changed.status, changed.url) == (name, "DISABLED", URL)
        assert (changed.events, changed.signed) == ([CREATED], True)
        event = w.WebhookEvent("MODEL_VERSION_TAG", "SET")
        other = "https://receiver.invalid/other"
        request = w.UpdateWebhook(
            webhook.webhook_id, description="", url=other, events=[event], secret=""
        )
        changed = store.webhooks.update(request).result()
        assert (changed.description or "", changed.url) == ("", other)
        assert (changed.events, changed.signed) == ([event], False)
        assert store.webhooks.get(w.WebhookId(webhook.webhook_id)) == changed

    def test_webhooks_in_pages(self, store: Store) -> None:
        made = [new_webhook(store, "model_version.created") for _ in range(3)]
        found: list[w.Webhook] = []
        token: str | None = None
        while True:
            page = store.webhooks.list(w.ListWebhooks(2, token, include_own=True))
            assert len(page.webhooks) <= 2
            found += page.webhooks
            token = page.next_page_token
            if token is None:
                break
        assert found[-3:] == made

    def test_what_mlflow_does_not_know_is_kept_from_its_client(self, store: Store) -> None:
        both = new_webhook(store, "model_version.created", "model_version_stage.updated")
        own = new_webhook(store, "model_version_stage.updated")
        assert [str(event) for event in both.event_list] == ["model_version.created"]
        assert [str(event) for event in both.events] == [
            *("model_version.created", "model_version_stage.updated")
        ]
        assert (own.event_list, own.events) == ([], own.own_event_list)
        request = w.ListWebhooks(max_results=1_000)
        assert store.webhooks.list(request).webhooks[-1] == both
        request = w.ListWebhooks(max_results=1_000, include_own=True)
        assert store.webhooks.list(request).webhooks[-2:] == [both, own]
        assert store.webhooks.get(w.WebhookId(own.webhook_id)) == own

    def test_the_absent(self, store: Store) -> None:
        webhooks = store.webhooks
        refused = pytest.raises(NotFound, match="Webhook with ID nobody not found")
        for call in (
            lambda: webhooks.get(w.WebhookId("nobody")),
            lambda: webhooks.update(w.UpdateWebhook("nobody", "x")).result(),
            lambda: webhooks.delete(w.WebhookId("nobody")).result(),
            lambda: webhooks.test(w.TestWebhook("nobody")),
            lambda: webhooks.search_deliveries(w.SearchWebhookDeliveries("nobody")),
            lambda: webhooks.replay(w.ReplayWebhookDeliveries("nobody")).result(),
        ):
            with refused:
                call()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"name": " "}, "name cannot be empty"),
            ({"name": "x" * 257}, "maximum length of 256"),
            ({"events": []}, "at least one event"),
            ({"events": [("MODEL_VERSION", "SET")]}, r"Valid actions are: \['created'"),
            ({"events": [("PROMPT", "CREATED")]}, "'prompt' do not happen here"),
            ({"url": "http://receiver.invalid/"}, "scheme: 'http'. Allowed schemes are: https"),
            ({"url": "https://127.0.0.1/"}, "must not resolve to a non-public IP address"),
            ({"url": "https://[::ffff:10.0.0.1]/"}, "must not resolve to a non-public IP address"),
            ({"url": "https://localhost:8443/"}, "must not resolve to a non-public IP address"),
            ({"url": "https://me:pass@receiver.invalid/"}, "must not contain a user or password"),
            ({"url": "https://receiver.invalid:22/"}, "port 22"),
            ({"secret": "s" * 1_001}, "'secret' exceeds the maximum length"),
        ],
    )
    def test_what_is_refused(self, store: Store, change: dict[str, Any], message: str) -> None:
        given: dict[str, Any] = {"name": "hook", "url": URL, "events": [CREATED], **change}
        given["events"] = [
            event if isinstance(event, w.WebhookEvent) else w.WebhookEvent(*event)
            for event in given["events"]
        ]
        with pytest.raises(InvalidParameter, match=message):
            store.webhooks.create(w.CreateWebhook(**given)).result()
        if "events" not in change or change["events"]:
            webhook = new_webhook(store, "model_version.created")
            changed = {name: given[name] for name in change}
            with pytest.raises(InvalidParameter, match=message):
                store.webhooks.update(w.UpdateWebhook(webhook.webhook_id, **changed)).result()
            assert store.webhooks.get(w.WebhookId(webhook.webhook_id)) == webhook

    def test_mlflows_events_carry_mlflows_data(self, store: Store) -> None:
        webhook = new_webhook(
            store,
            *("registered_model.created", "model_version.created"),
            *("model_version_tag.set", "model_version_tag.deleted"),
            *("model_version_alias.created", "model_version_alias.deleted"),
        )
        name = unique("model")
        _live_through_it(store, name)
        version = {"name": name, "version": "1"}
        assert told(store, webhook) == [
            (
                "registered_model.created",
                {"name": name, "tags": {"team": "red"}, "description": "a model"},
            ),
            (
                "model_version.created",
                {
                    **version,
                    "source": "s3://b/1",
                    "run_id": "r" * 32,
                    "tags": {"k": "v"},
                    "description": "first",
                },
            ),
            ("model_version_tag.set", {**version, "key": "checked", "value": "yes"}),
            ("model_version_tag.deleted", {**version, "key": "checked"}),
            ("model_version_alias.created", {"name": name, "alias": "champion", "version": "1"}),
            ("model_version_alias.deleted", {"name": name, "alias": "champion"}),
        ]

    def test_moves_between_stages_say_who_and_why(self, store: Store) -> None:
        webhook = new_webhook(store, "model_version_stage.updated", "registered_model.deleted")
        name = unique("model")
        _live_through_it(store, name)
        request = mv.TransitionModelVersionStage(
            name, "1", "Production", user_id="ada", comment="better"
        )
        store.model_versions.transition_stage(request).result()
        store.registered_models.delete(rm.DeleteRegisteredModel(name)).result()
        (moved, data), (deleted, _) = told(store, webhook)
        assert (moved, deleted) == ("model_version_stage.updated", "registered_model.deleted")
        assert (data["name"], data["version"]) == (name, "1")
        assert (data["from_value"], data["to_value"]) == ("None", "Production")
        assert (data["user_id"], data["comment"]) == ("ada", "better")

    def test_only_what_happened_is_told_and_only_to_active_subscribers(self, store: Store) -> None:
        webhook = new_webhook(store, "registered_model.created")
        other = new_webhook(store, "model_version_tag.deleted")
        disabled = new_webhook(store, "registered_model.created")
        request = w.UpdateWebhook(disabled.webhook_id, status="DISABLED")
        store.webhooks.update(request).result()
        name = unique("model")
        store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        with pytest.raises(MillstreamError):
            store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        assert [data["name"] for _, data in told(store, webhook)] == [name]
        assert told(store, other) == told(store, disabled) == []

    def test_the_log_in_pages_and_by_status(self, store: Store) -> None:
        webhook = new_webhook(store, "registered_model.created")
        for _ in range(3):
            store.registered_models.create(rm.CreateRegisteredModel(unique("model"))).result()
        search = store.webhooks.search_deliveries
        first = search(w.SearchWebhookDeliveries(webhook.webhook_id, ["PENDING"], 2))
        request = w.SearchWebhookDeliveries(
            webhook.webhook_id, ["PENDING"], 2, first.next_page_token
        )
        second = search(request)
        ids = [item.delivery_id for item in (*first.deliveries, *second.deliveries)]
        assert ids == [item.delivery_id for item in log_of(store, webhook)[::-1]]
        assert len(set(ids)) == 3
        assert second.next_page_token is None
        assert search(w.SearchWebhookDeliveries(webhook.webhook_id, ["DEAD"])).deliveries == []
        newest = first.deliveries[0]
        assert newest.due_timestamp is not None
        assert newest.due_timestamp >= newest.creation_timestamp

    def test_replaying_keeps_the_ids(self, store: Store) -> None:
        webhook = new_webhook(store, "registered_model.created")
        store.registered_models.create(rm.CreateRegisteredModel(unique("model"))).result()
        (delivery,) = log_of(store, webhook)
        replay = store.webhooks.replay
        request = w.ReplayWebhookDeliveries(webhook.webhook_id, delivery.delivery_id)
        assert replay(request).result().count == 1
        (again,) = log_of(store, webhook)
        assert (again.delivery_id, again.payload) == (delivery.delivery_id, delivery.payload)
        assert replay(w.ReplayWebhookDeliveries(webhook.webhook_id)).result().count == 0
        with pytest.raises(NotFound, match="has no delivery with id nobody"):
            replay(w.ReplayWebhookDeliveries(webhook.webhook_id, "nobody")).result()

    def test_deleting_takes_the_log_along(self, store: Store) -> None:
        webhook = new_webhook(store, "registered_model.created")
        store.registered_models.create(rm.CreateRegisteredModel(unique("model"))).result()
        store.webhooks.delete(w.WebhookId(webhook.webhook_id)).result()
        with pytest.raises(NotFound):
            store.webhooks.get(w.WebhookId(webhook.webhook_id))
        with pytest.raises(NotFound):
            log_of(store, webhook)
        store.registered_models.create(rm.CreateRegisteredModel(unique("model"))).result()

    def test_a_test_tells_what_came_of_it(self, store: Store) -> None:
        webhook = new_webhook(store, "model_version.created")
        result = store.webhooks.test(w.TestWebhook(webhook.webhook_id))
        assert not result.success
        assert (result.response_status, result.response_body) == (None, None)
        assert "cannot be found" in (result.error_message or "")
        event = w.WebhookEvent("PROMPT", "CREATED")
        with pytest.raises(InvalidParameter, match="do not happen here"):
            store.webhooks.test(w.TestWebhook(webhook.webhook_id, event))
        assert log_of(store, webhook) == []
