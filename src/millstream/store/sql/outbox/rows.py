"""Rows of webhooks: found by id, completed with what they are subscribed to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from millstream.entities.webhook_validation import MLFLOW_EVENTS
from millstream.entities.webhooks import Webhook, WebhookEvent
from millstream.errors import NotFound
from millstream.store.sql.confinement import here
from millstream.store.sql.dialect import insert, placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.transaction import Transaction

_COLUMNS = (
    "webhook_key, webhook_id, name, url, description, status, secret, creation_timestamp, "
    "last_updated_timestamp, workspace"
)
_SELECT_ONE = f"SELECT {_COLUMNS} FROM webhooks WHERE webhook_id = ?"
_SELECT = f"SELECT {_COLUMNS} FROM webhooks WHERE webhook_key IN ({{}})"
_SELECT_SUBSCRIPTIONS = (
    "SELECT webhook_key, entity, action FROM webhook_subscriptions "
    "WHERE webhook_key IN ({}) ORDER BY webhook_key, entity, action"
)
_UNSUBSCRIBE = "DELETE FROM webhook_subscriptions WHERE webhook_key = ?"
_SUBSCRIBE = insert("webhook_subscriptions", "webhook_key entity action")


class WebhookRow(NamedTuple):
    """A webhook as its table has it; the secret is sealed."""

    webhook_key: int
    webhook_id: str
    name: str
    url: str
    description: str | None
    status: str
    secret: str | None
    creation_timestamp: int
    last_updated_timestamp: int
    workspace: str


def required(source: Source, webhook_id: str) -> WebhookRow:
    """The webhook of that id; raises `NotFound` if there is none."""
    rows = source.execute(*here(source, _SELECT_ONE, (webhook_id,)))
    if not rows:
        raise no_webhook(webhook_id)
    return WebhookRow(*rows[0])


def locked(transaction: Transaction, webhook_id: str) -> WebhookRow:
    """The same, which nobody else changes until the transaction ends."""
    found = transaction.lock(*here(transaction, _SELECT_ONE, (webhook_id,)))
    if not found:
        raise no_webhook(webhook_id)
    return WebhookRow(*found[0])


def no_webhook(webhook_id: str) -> NotFound:
    """The error for a webhook that does not exist."""
    return NotFound(f"Webhook with ID {webhook_id} not found.")


def load(source: Source, keys: Sequence[int]) -> list[WebhookRow]:
    """The webhooks of these keys, in their order; what is gone meanwhile is left out."""
    if not keys:
        return []
    rows = source.execute(_SELECT.format(placeholders(len(keys))), tuple(keys))
    found = {row[0]: WebhookRow(*row) for row in rows}
    return [found[key] for key in keys if key in found]


def complete(source: Source, rows: Sequence[WebhookRow]) -> list[Webhook]:
    """The webhooks in these rows, with their events and without their secrets."""
    if not rows:
        return []
    keys = tuple(row.webhook_key for row in rows)
    events: dict[int, list[WebhookEvent]] = {key: [] for key in keys}
    own_events: dict[int, list[WebhookEvent]] = {key: [] for key in keys}
    for key, entity, action in source.execute(
        _SELECT_SUBSCRIPTIONS.format(placeholders(len(keys))), keys
    ):
        known = events if (entity, action) in MLFLOW_EVENTS else own_events
        known[key].append(WebhookEvent(entity, action))
    return [
        Webhook(
            webhook_id=row.webhook_id,
            name=row.name,
            url=row.url,
            event_list=events[row.webhook_key],
            creation_timestamp=row.creation_timestamp,
            last_updated_timestamp=row.last_updated_timestamp,
            description=row.description,
            status=row.status,  # type: ignore[arg-type]  # the table holds only names of statuses
            signed=row.secret is not None,
            own_event_list=own_events[row.webhook_key],
            workspace=row.workspace,
        )
        for row in rows
    ]


def subscribe(transaction: Transaction, webhook_key: int, events: Iterable[WebhookEvent]) -> None:
    """Let a webhook be told of these events and no others."""
    transaction.run(_UNSUBSCRIBE, (webhook_key,))
    wanted = sorted({(event.entity, event.action) for event in events})
    transaction.run_many(_SUBSCRIBE, [(webhook_key, *pair) for pair in wanted])
