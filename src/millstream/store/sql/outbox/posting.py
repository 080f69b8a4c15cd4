"""Writing deliveries in the transaction of the event they tell of, so that no crash loses one."""

from __future__ import annotations

import uuid

from millstream.entities.registry_events import RegistryChange, RegistryEvent
from millstream.store.sql.dialect import insert
from millstream.store.sql.outbox import payloads
from millstream.store.sql.transaction import Transaction

NEWS = "webhook_deliveries"

_SELECT_SUBSCRIBED = (
    "SELECT w.webhook_key FROM webhook_subscriptions s JOIN webhooks w "
    "ON w.webhook_key = s.webhook_key "
    "WHERE s.entity = ? AND s.action = ? AND w.status = 'ACTIVE' AND w.workspace = ? "
    "ORDER BY w.webhook_key"
)
_INSERT = insert(
    "webhook_deliveries",
    "delivery_id webhook_key entity action payload creation_timestamp status attempts "
    "due_timestamp",
)


def post(transaction: Transaction, event: RegistryEvent, request: RegistryChange) -> None:
    """Add a delivery for each active webhook that wants to know of the event.

    Without webhooks this costs one look into an empty index.
    """
    told = payloads.outside(event, request)
    if told is None:
        return
    workspace = transaction.workspace
    subscribed = transaction.execute(_SELECT_SUBSCRIBED, (told.entity, told.action, workspace.name))
    if not subscribed:
        return
    when = event.timestamp
    text = payloads.payload(
        told,
        when,
        payloads.data_of(event, request),
        workspace.name if workspace.confines else None,
    )
    transaction.run_many(
        _INSERT,
        [
            (str(uuid.uuid4()), key, told.entity, told.action, text, when, "PENDING", 0, when)
            for (key,) in subscribed
        ],
    )
    transaction.announce(NEWS)
