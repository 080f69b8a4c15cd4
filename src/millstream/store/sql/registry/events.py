"""Writing the history: every change adds events, and nothing ever changes one."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from millstream.entities.registry_events import EventKind, RegistryChange, RegistryEvent
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import insert
from millstream.store.sql.lifecycle import now
from millstream.store.sql.outbox import posting
from millstream.store.sql.transaction import Transaction

_INSERT = insert(
    "registry_events",
    "change_id timestamp registered_model_key name version kind subject from_value to_value "
    "user_id comment workspace",
)
COLUMNS = (
    "event_key, change_id, timestamp, kind, name, version, subject, from_value, to_value, "
    "user_id, comment"
)


class Change(NamedTuple):
    """One change: what its events have in common."""

    change_id: str
    timestamp: int
    user_id: str | None
    comment: str | None
    request: RegistryChange


class About(NamedTuple):
    """What an event is about: a model, by its key and present name, and maybe a version."""

    registered_model_key: int
    name: str
    version: int | None = None


def begin(request: RegistryChange, comment: str | None = None) -> Change:
    """Begin the change that a request asks for; `comment` replaces an absent one."""
    return Change(uuid.uuid4().hex, now(), request.user_id, request.comment or comment, request)


def record(
    transaction: Transaction,
    change: Change,
    about: About,
    kind: EventKind,
    *,
    subject: str | None = None,
    from_value: str | None = None,
    to_value: str | None = None,
) -> RegistryEvent:
    """Add one event to the history, and let the webhooks know that want to."""
    transaction.touch_model(about.name)
    row = (
        change.change_id,
        change.timestamp,
        about.registered_model_key,
        about.name,
        about.version,
        kind,
        subject,
        from_value,
        to_value,
        change.user_id,
        change.comment,
        transaction.workspace.name,
    )
    event_key = transaction.insert(_INSERT, row, "event_key")
    version = None if about.version is None else str(about.version)
    event = RegistryEvent(
        event_id=event_key,
        change_id=change.change_id,
        timestamp=change.timestamp,
        kind=kind,
        name=about.name,
        version=version,
        subject=subject,
        from_value=from_value,
        to_value=to_value,
        user_id=change.user_id,
        comment=change.comment,
    )
    posting.post(transaction, event, change.request)
    return event


def event_of(row: Row) -> RegistryEvent:
    """The event in a row of `COLUMNS`."""
    event_key, change_id, timestamp, kind, name, version, *rest = row
    number = None if version is None else str(version)
    return RegistryEvent(event_key, change_id, timestamp, kind, name, number, *rest)
