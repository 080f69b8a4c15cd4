"""The deliveries of a database, for however many deliverers: claimed by lease, one webhook each.

Whoever holds the claim of a webhook sends to it, one delivery after the other, so that their order
is kept. A claim that is not renewed ends by itself, and whatever died with its deliverer is sent
again by another one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from millstream.outbound.letters import Letter
from millstream.store.outbox import Claim, Due, Settlement
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import now
from millstream.store.sql.outbox.posting import NEWS
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_SELECT_CLAIMABLE = (
    "SELECT w.webhook_key FROM webhooks w WHERE w.status = 'ACTIVE' AND w.claimed_until <= ? "
    "AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.webhook_key = w.webhook_key "
    "AND d.status = 'PENDING' AND d.due_timestamp <= ?) ORDER BY w.claimed_until LIMIT ?"
)
_SELECT_FREE = "SELECT 1 FROM webhooks WHERE webhook_key = ? AND claimed_until <= ?"
_CLAIM = "UPDATE webhooks SET claim_id = ?, claimed_until = ? WHERE webhook_key = ?"
_SELECT_CLAIMED = "SELECT status FROM webhooks WHERE webhook_key = ? AND claim_id = ?"
_RENEW = "UPDATE webhooks SET claimed_until = ? WHERE webhook_key = ?"
_RELEASE = "UPDATE webhooks SET claim_id = NULL, claimed_until = ? WHERE webhook_key = ?"
_SELECT_DUE = (
    "SELECT d.delivery_key, d.attempts, d.delivery_id, w.url, w.secret, d.payload "
    "FROM webhook_deliveries d JOIN webhooks w ON w.webhook_key = d.webhook_key "
    "WHERE d.webhook_key = ? AND d.status = 'PENDING' AND d.due_timestamp <= ? "
    "ORDER BY d.delivery_key LIMIT 1"
)
_SETTLE = (
    "UPDATE webhook_deliveries SET status = ?, attempts = attempts + 1, due_timestamp = ?, "
    "last_attempt_timestamp = ?, response_status = ?, response_body = ?, error_message = ? "
    "WHERE delivery_key = ? AND status = 'PENDING'"
)
_SELECT_NEXT = (
    "SELECT MIN(due_timestamp) FROM webhook_deliveries "
    "WHERE status = 'PENDING' AND due_timestamp > ?"
)
# What was posted while its webhook was being deleted belongs to nobody.
_SELECT_OLD = (
    "SELECT delivery_key FROM webhook_deliveries WHERE "
    "(status <> 'PENDING' AND last_attempt_timestamp < ?) OR "
    "webhook_key NOT IN (SELECT webhook_key FROM webhooks) LIMIT ?"
)
_DELETE = "DELETE FROM webhook_deliveries WHERE delivery_key IN ({})"
_MOST_REMOVED = 1_000


class SqlOutbox:
    """The `Outbox` of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, most: int, lease: int) -> list[Claim]:
        """Claim up to `most` webhooks that something is due for, each for a lease from now on."""
        keys = self._database.read(_claimable, most)
        return self._database.write(_claim, keys, lease).result() if keys else []

    def next_due(self, claim: Claim, lease: int) -> Due | None:
        """The oldest delivery that is due, with the lease begun anew; None if the claim is lost."""
        return self._database.write(_next_due, claim, lease).result()

    def settle(self, claim: Claim, due: Due, settlement: Settlement, lease: int) -> Due | None:
        """Note an attempt, and answer as `next_due` does.

        A success always counts, anything else only while the claim holds.
        """
        arguments = (claim, due.delivery_key, settlement, lease)
        return self._database.write(_settle, *arguments).result()

    def release(self, claim: Claim) -> None:
        """Give a claim back; one that is lost is no error."""
        self._database.write(_release, claim).result()

    def next_timestamp(self) -> int | None:
        """When the next delivery becomes due that is not due yet."""
        return self._database.read(_next_timestamp)

    def remove_before(self, timestamp: int) -> int:
        """Remove up to 1,000 finished deliveries last tried before that time, and count them."""
        keys = self._database.read(_old, timestamp)
        return self._database.write(_remove, keys).result() if keys else 0

    def when_posted(self, call: Callable[[], None]) -> None:
        """Call after each commit in this process that may have made something due."""
        self._database.when_announced(NEWS, call)


def _claimable(reader: Reader, most: int) -> list[int]:
    when = now()
    return [key for (key,) in reader.execute(_SELECT_CLAIMABLE, (when, when, most))]


def _claim(transaction: Transaction, keys: list[int], lease: int) -> list[Claim]:
    when, claim_id = now(), uuid.uuid4().hex
    free = [key for key in keys if transaction.lock(_SELECT_FREE, (key, when))]
    transaction.run_many(_CLAIM, [(claim_id, when + lease, key) for key in free])
    return [Claim(key, claim_id) for key in free]


def _next_due(transaction: Transaction, claim: Claim, lease: int) -> Due | None:
    if transaction.lock(_SELECT_CLAIMED, claim) != [("ACTIVE",)]:
        return None
    return _renewed(transaction, claim, lease)


def _renewed(transaction: Transaction, claim: Claim, lease: int) -> Due | None:
    when = now()
    transaction.run(_RENEW, (when + lease, claim.webhook_key))
    rows = transaction.execute(_SELECT_DUE, (claim.webhook_key, when))
    if not rows:
        return None
    delivery_key, attempts, delivery_id, url, secret, payload = rows[0]
    return Due(delivery_key, attempts, Letter(delivery_id, url, secret, payload.encode()))


def _settle(
    transaction: Transaction, claim: Claim, delivery_key: int, settlement: Settlement, lease: int
) -> Due | None:
    outcome = settlement.outcome
    values = (
        settlement.status,
        settlement.due_timestamp,
        now(),
        outcome.response_status,
        outcome.response_body,
        outcome.error_message,
        delivery_key,
    )
    held = transaction.lock(_SELECT_CLAIMED, claim)
    if held or outcome.delivered:
        transaction.run(_SETTLE, values)
    return _renewed(transaction, claim, lease) if held == [("ACTIVE",)] else None


def _release(transaction: Transaction, claim: Claim) -> None:
    if transaction.lock(_SELECT_CLAIMED, claim):
        transaction.run(_RELEASE, (now(), claim.webhook_key))


def _next_timestamp(reader: Reader) -> int | None:
    found: int | None = reader.execute(_SELECT_NEXT, (now(),))[0][0]
    return found


def _old(reader: Reader, timestamp: int) -> list[int]:
    return [key for (key,) in reader.execute(_SELECT_OLD, (timestamp, _MOST_REMOVED))]


def _remove(transaction: Transaction, keys: list[int]) -> int:
    return transaction.run(_DELETE.format(placeholders(len(keys))), tuple(keys))
