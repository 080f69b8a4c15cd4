"""Webhooks of the model registry, as the client sees them."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.client.paging import PagedList
from millstream.client.session import RegistryConnection
from millstream.entities import webhooks as w
from millstream.errors import InvalidParameter

PAGE = 100

EventName = str | w.WebhookEvent
"""An event, or its name as in `model_version.created`."""


class WebhookMethods(RegistryConnection):
    """What a client can do with webhooks."""

    def create_webhook(
        self,
        name: str,
        url: str,
        events: Sequence[EventName],
        description: str | None = None,
        secret: str | None = None,
        status: str | None = None,
    ) -> w.Webhook:
        """Tell an https URL of these events from now on, signed if there is a secret."""
        request = w.CreateWebhook(name, url, _events(events), description, secret, _status(status))
        return self._registry.webhooks.create(request).result()

    def get_webhook(self, webhook_id: str) -> w.Webhook:
        """Get a webhook by id."""
        return self._registry.webhooks.get(w.WebhookId(webhook_id))

    def list_webhooks(
        self, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[w.Webhook]:
        """One page of the webhooks, in the order of their creation."""
        size = PAGE if max_results is None else max_results
        page = self._registry.webhooks.list(w.ListWebhooks(size, page_token, include_own=True))
        return PagedList(page.webhooks, page.next_page_token)

    def update_webhook(
        self,
        webhook_id: str,
        name: str | None = None,
        description: str | None = None,
        url: str | None = None,
        events: Sequence[EventName] | None = None,
        secret: str | None = None,
        status: str | None = None,
    ) -> w.Webhook:
        """Change what is given; an empty secret removes the secret."""
        request = w.UpdateWebhook(
            webhook_id, name, description, url, _events(events or ()), secret, _status(status)
        )
        return self._registry.webhooks.update(request).result()

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook for good, with its deliveries, sent or not."""
        self._registry.webhooks.delete(w.WebhookId(webhook_id)).result()

    def test_webhook(self, webhook_id: str, event: EventName | None = None) -> w.WebhookTestResult:
        """Send a sample of an event, or of the webhook's first, and say what came of it."""
        chosen = None if event is None else _events([event])[0]
        return self._registry.webhooks.test(w.TestWebhook(webhook_id, chosen))

    def search_webhook_deliveries(
        self,
        webhook_id: str,
        statuses: Sequence[w.DeliveryStatusName] = (),
        max_results: int = PAGE,
        page_token: str | None = None,
    ) -> PagedList[w.WebhookDelivery]:
        """One page of what a webhook was told, or will be; newest first."""
        request = w.SearchWebhookDeliveries(webhook_id, list(statuses), max_results, page_token)
        page = self._registry.webhooks.search_deliveries(request)
        return PagedList(page.deliveries, page.next_page_token)

    def replay_webhook_deliveries(self, webhook_id: str, delivery_id: str | None = None) -> int:
        """Send one delivery again, or all that were given up; gives their number."""
        request = w.ReplayWebhookDeliveries(webhook_id, delivery_id)
        return self._registry.webhooks.replay(request).result().count


def _events(events: Sequence[EventName]) -> list[w.WebhookEvent]:
    if isinstance(events, str):
        raise InvalidParameter(f"'events' must be a list of events, not the text '{events}'.")
    return [w.WebhookEvent.from_str(event) if isinstance(event, str) else event for event in events]


def _status(status: str | None) -> w.StatusName | None:
    if status is None:
        return None
    names = [name.value for name in w.WebhookStatus]
    if status.upper() not in names:
        raise InvalidParameter(f"Invalid webhook status '{status}'. It must be one of {names}.")
    return w.WebhookStatus(status.upper()).value
