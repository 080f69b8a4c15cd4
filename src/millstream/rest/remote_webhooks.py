"""The webhooks of a server as requests."""

from __future__ import annotations

from millstream.entities import webhooks as w
from millstream.rest.caller import Caller
from millstream.store.pending import Pending


class RemoteWebhooks:
    """The webhooks of a server."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(self, request: w.CreateWebhook) -> Pending[w.Webhook]:
        """Create."""
        return self._caller.write("webhooks.create", request, w.Webhook)

    def get(self, request: w.WebhookId) -> w.Webhook:
        """Get by id."""
        return self._caller.read("webhooks.get", request, w.Webhook)

    def list(self, request: w.ListWebhooks) -> w.WebhookPage:
        """All webhooks, page by page."""
        return self._caller.read("webhooks.list", request, w.WebhookPage)

    def update(self, request: w.UpdateWebhook) -> Pending[w.Webhook]:
        """Change what is given."""
        return self._caller.write("webhooks.update", request, w.Webhook)

    def delete(self, request: w.WebhookId) -> Pending[None]:
        """Delete with its deliveries."""
        return self._caller.command("webhooks.delete", request)

    def test(self, request: w.TestWebhook) -> w.WebhookTestResult:
        """Let the server send a sample."""
        return self._caller.read("webhooks.test", request, w.WebhookTestResult)

    def search_deliveries(self, request: w.SearchWebhookDeliveries) -> w.WebhookDeliveryPage:
        """The log of a webhook."""
        return self._caller.read("webhooks.search_deliveries", request, w.WebhookDeliveryPage)

    def replay(self, request: w.ReplayWebhookDeliveries) -> Pending[w.WebhookDeliveriesReplayed]:
        """Send deliveries again."""
        return self._caller.write("webhooks.replay", request, w.WebhookDeliveriesReplayed)
