"""Webhooks in SQL, and the log of their deliveries."""

from __future__ import annotations

import importlib
import threading
import uuid
from typing import Any

from millstream.entities import webhook_validation as rules
from millstream.entities import webhooks as w
from millstream.errors import LimitExceeded, NotFound
from millstream.outbound.letters import Letter, Outcome
from millstream.settings import Settings
from millstream.store.pending import Pending
from millstream.store.sql.connections import Row
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert, placeholders
from millstream.store.sql.lifecycle import now
from millstream.store.sql.membership import joined
from millstream.store.sql.outbox import payloads, rows
from millstream.store.sql.outbox.posting import NEWS
from millstream.store.sql.outbox.rows import WebhookRow
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import find_deliveries, find_webhooks
from millstream.store.sql.transaction import Transaction

_INSERT = insert(
    "webhooks",
    "webhook_id name url description status secret creation_timestamp last_updated_timestamp "
    "claimed_until workspace",
)
_UPDATE = (
    "UPDATE webhooks SET name = ?, url = ?, description = ?, status = ?, secret = ?, "
    "last_updated_timestamp = ? WHERE webhook_key = ?"
)
_DELETE = (
    "DELETE FROM webhook_deliveries WHERE webhook_key = ?",
    "DELETE FROM webhook_subscriptions WHERE webhook_key = ?",
    "DELETE FROM webhooks WHERE webhook_key = ?",
)
_DELIVERY = (
    "delivery_key, delivery_id, entity, action, status, creation_timestamp, payload, attempts, "
    "due_timestamp, last_attempt_timestamp, response_status, response_body, error_message"
)
_SELECT_DELIVERIES = f"SELECT {_DELIVERY} FROM webhook_deliveries WHERE delivery_key IN ({{}})"
_REPLAY = (
    "UPDATE webhook_deliveries SET status = 'PENDING', attempts = 0, due_timestamp = ? "
    "WHERE webhook_key = ? AND "
)
_LONGEST_TEST_SECONDS = 10.0
_MOST_TESTS = 2


class SqlWebhooks:
    """The webhooks of a database. `settings` say what may be called and how secrets are kept."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._tests = threading.BoundedSemaphore(_MOST_TESTS)

    def create(self, request: w.CreateWebhook) -> Pending[w.Webhook]:
        """Create; an address that must not be called is refused."""
        rules.check_name(request.name)
        rules.check_texts(request.description, request.secret)
        rules.check_events(request.events)
        self._check_url(request.url)
        return self._database.write(_create, request, self._sealed(request.secret))

    def get(self, request: w.WebhookId) -> w.Webhook:
        """Get by id."""
        return self._database.read(_get, request.webhook_id)

    def list(self, request: w.ListWebhooks) -> w.WebhookPage:
        """All webhooks, in the order of their creation."""
        return self._database.read(_list, request)

    def update(self, request: w.UpdateWebhook) -> Pending[w.Webhook]:
        """Change what is given; an empty secret removes it."""
        if request.name is not None:
            rules.check_name(request.name)
        if request.events:
            rules.check_events(request.events)
        if request.url is not None:
            self._check_url(request.url)
        rules.check_texts(request.description, request.secret)
        return self._database.write(_update, request, self._sealed(request.secret))

    def delete(self, request: w.WebhookId) -> Pending[None]:
        """Delete for good, with its deliveries, sent or not."""
        return self._database.write(_delete, request.webhook_id)

    def test(self, request: w.TestWebhook) -> w.WebhookTestResult:
        """Send a sample from here, and wait for the answer at most ten seconds."""
        row, events = self._database.read(_with_events, request.webhook_id)
        event = request.event or events[0]
        rules.check_event(event)
        body = payloads.sample(event, now()).encode()
        letter = Letter(str(uuid.uuid4()), row.url, row.secret, body)
        if not self._tests.acquire(blocking=False):
            raise LimitExceeded(
                f"{_MOST_TESTS} tests of webhooks are under way; try again when they have ended."
            )
        try:
            sender = _late("sending").Sender(self._settings)
            outcome: Outcome = sender.send(
                letter, min(_LONGEST_TEST_SECONDS, self._settings.webhook_request_timeout)
            )
        finally:
            self._tests.release()
        return w.WebhookTestResult(
            outcome.delivered,
            outcome.response_status,
            outcome.response_body,
            outcome.error_message,
        )

    def search_deliveries(self, request: w.SearchWebhookDeliveries) -> w.WebhookDeliveryPage:
        """The log of a webhook, newest first."""
        return self._database.read(_search_deliveries, request)

    def replay(self, request: w.ReplayWebhookDeliveries) -> Pending[w.WebhookDeliveriesReplayed]:
        """Send the named delivery again, or all dead ones, under the ids they had."""
        return self._database.write(_replay, request)

    def _check_url(self, url: str) -> None:
        _late("destinations").Destinations(self._settings).parse(url)

    def _sealed(self, secret: str | None) -> str | None:
        if not secret:
            return secret
        box = _late("secrets").SecretBox(self._settings.webhook_secret_encryption_key)
        return str(box.seal(secret))


def _late(module: str) -> Any:
    """A module of `outbound`, which scripts need not load that have no webhooks."""
    return importlib.import_module(f"millstream.outbound.{module}")


def _create(transaction: Transaction, request: w.CreateWebhook, sealed: str | None) -> w.Webhook:
    when, webhook_id = now(), str(uuid.uuid4())
    status = request.status or "ACTIVE"
    row = (webhook_id, request.name, request.url, request.description, status, sealed or None)
    made = (when, when, 0, joined(transaction).name)
    key = transaction.insert(_INSERT, (*row, *made), "webhook_key")
    rows.subscribe(transaction, key, request.events)
    return _get(transaction, webhook_id)


def _get(source: Reader | Transaction, webhook_id: str) -> w.Webhook:
    return rows.complete(source, [rows.required(source, webhook_id)])[0]


def _list(reader: Reader, request: w.ListWebhooks) -> w.WebhookPage:
    found = find_webhooks(reader, request)
    webhooks = rows.complete(reader, rows.load(reader, found.keys))
    return w.WebhookPage(webhooks, found.next_page_token)


def _update(transaction: Transaction, request: w.UpdateWebhook, sealed: str | None) -> w.Webhook:
    row = rows.locked(transaction, request.webhook_id)
    values = (
        _newer(request.name, row.name),
        _newer(request.url, row.url),
        _newer(request.description, row.description),
        _newer(request.status, row.status),
        _newer(sealed, row.secret) or None,
        now(),
    )
    transaction.run(_UPDATE, (*values, row.webhook_key))
    if request.events:
        rows.subscribe(transaction, row.webhook_key, request.events)
    transaction.announce(NEWS)
    return _get(transaction, request.webhook_id)


def _newer(given: str | None, present: str | None) -> str | None:
    return present if given is None else given


def _delete(transaction: Transaction, webhook_id: str) -> None:
    row = rows.locked(transaction, webhook_id)
    for statement in _DELETE:
        transaction.run(statement, (row.webhook_key,))


def _with_events(reader: Reader, webhook_id: str) -> tuple[WebhookRow, list[w.WebhookEvent]]:
    row = rows.required(reader, webhook_id)
    return row, rows.complete(reader, [row])[0].events


def _search_deliveries(reader: Reader, request: w.SearchWebhookDeliveries) -> w.WebhookDeliveryPage:
    webhook = rows.required(reader, request.webhook_id)
    found = find_deliveries(reader, webhook.webhook_key, request)
    if not found.keys:
        return w.WebhookDeliveryPage()
    marks = placeholders(len(found.keys))
    read = reader.execute(_SELECT_DELIVERIES.format(marks), tuple(found.keys))
    by_key = {row[0]: _delivery(request.webhook_id, row) for row in read}
    deliveries = [by_key[key] for key in found.keys if key in by_key]
    return w.WebhookDeliveryPage(deliveries, found.next_page_token)


def _delivery(webhook_id: str, row: Row) -> w.WebhookDelivery:
    _, delivery_id, entity, action, status, created, payload, attempts, due, *last = row
    return w.WebhookDelivery(
        delivery_id,
        webhook_id,
        w.WebhookEvent(entity, action),
        status,
        created,
        payload,
        attempts,
        due if status == "PENDING" else None,
        *last,
    )


def _replay(
    transaction: Transaction, request: w.ReplayWebhookDeliveries
) -> w.WebhookDeliveriesReplayed:
    webhook = rows.locked(transaction, request.webhook_id)
    values = (now(), webhook.webhook_key)
    if request.delivery_id is None:
        count = transaction.run(f"{_REPLAY} status = 'DEAD'", values)
    else:
        count = transaction.run(f"{_REPLAY} delivery_id = ?", (*values, request.delivery_id))
        if not count:
            raise NotFound(
                f"Webhook {request.webhook_id} has no delivery with id {request.delivery_id}; "
                "finished ones leave the log after some days."
            )
    transaction.announce(NEWS)
    return w.WebhookDeliveriesReplayed(count)
