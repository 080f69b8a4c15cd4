"""The rows about webhooks and the log of their deliveries."""

from __future__ import annotations

from millstream.entities import webhooks as w
from millstream.rest.endpoints.row import MLFLOW, OWN, Effort, Endpoint, Permission

_WEBHOOK = f"{MLFLOW}/webhooks/{{webhook_id}}"
_DELIVERIES = f"{OWN}/webhooks/{{webhook_id}}/deliveries"
_READ = Permission("read", "webhook", "webhook_id")
_EDIT = Permission("edit", "webhook", "webhook_id")

WEBHOOKS = (
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/webhooks",
        request=w.CreateWebhook,
        operation="webhooks.create",
        answer=w.Webhook,
        envelope="webhook",
        effort=Effort.WRITE,
        permission=Permission("create", "webhook"),
        summary="Create a webhook",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/webhooks",
        request=w.ListWebhooks,
        operation="webhooks.list",
        answer=w.WebhookPage,
        effort=Effort.SCAN,
        permission=Permission("read", "webhook"),
        summary="List webhooks",
    ),
    Endpoint(
        methods=("GET",),
        path=_WEBHOOK,
        request=w.WebhookId,
        operation="webhooks.get",
        answer=w.Webhook,
        envelope="webhook",
        effort=Effort.POINT,
        permission=_READ,
        summary="Get a webhook",
    ),
    Endpoint(
        methods=("PATCH",),
        path=_WEBHOOK,
        request=w.UpdateWebhook,
        operation="webhooks.update",
        answer=w.Webhook,
        envelope="webhook",
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Change a webhook",
    ),
    Endpoint(
        methods=("DELETE",),
        path=_WEBHOOK,
        request=w.WebhookId,
        operation="webhooks.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("delete", "webhook", "webhook_id"),
        summary="Delete a webhook and its deliveries",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_WEBHOOK}/test",
        request=w.TestWebhook,
        operation="webhooks.test",
        answer=w.WebhookTestResult,
        envelope="result",
        effort=Effort.SCAN,
        permission=_EDIT,
        summary="Send a sample to a webhook and say what came of it",
    ),
    Endpoint(
        methods=("GET",),
        path=_DELIVERIES,
        request=w.SearchWebhookDeliveries,
        operation="webhooks.search_deliveries",
        answer=w.WebhookDeliveryPage,
        effort=Effort.SCAN,
        permission=_READ,
        summary="Read the log of a webhook's deliveries",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_DELIVERIES}/replay",
        request=w.ReplayWebhookDeliveries,
        operation="webhooks.replay",
        answer=w.WebhookDeliveriesReplayed,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Send one delivery or all dead ones again",
    ),
)
