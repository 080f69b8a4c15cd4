"""Writing the audit log: each change locks the end of the chain and adds to it.

The lock also lets all changes of access happen one after the other, whichever process makes them:
what a change has looked at (whether somebody else is an administrator, whether a name is free)
still holds when it commits.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from millstream.entities.audit_events import AuditEvent, AuditRecord
from millstream.entities.users import Actor
from millstream.errors import InvalidState
from millstream.store.sql.dialect import insert
from millstream.store.sql.partners import Rows
from millstream.store.sql.transaction import Transaction

COLUMNS = (
    "sequence, timestamp, actor, token_id, address, action, resource_type, resource_id, result, "
    "details, hash"
)
_SELECT_END = "SELECT sequence, hash FROM audit_chain WHERE chain_key = 1"
_INSERT = insert("audit_events", COLUMNS.replace(",", ""))
_UPDATE_END = "UPDATE audit_chain SET sequence = ?, hash = ? WHERE chain_key = 1"

_LONGEST = {
    "actor": 255,
    "token_id": 16,
    "address": 64,
    "action": 64,
    "resource_type": 32,
    "resource_id": 500,
}
_LONGEST_DETAIL = 2_000


class AccessChange(NamedTuple):
    """An operation that holds the end of the chain until its transaction ends."""

    transaction: Transaction
    by: Actor
    moment: int

    def record(
        self, action: str, resource_type: str, resource_id: object, /, **details: object
    ) -> None:
        """Add to the log that this was done, in the operation's own transaction."""
        shown = {name: str(value) for name, value in details.items() if value is not None}
        self.append(AuditRecord(action, resource_type, str(resource_id), details=shown))

    def append(self, record: AuditRecord) -> AuditEvent:
        """Add an entry."""
        sequence, previous = _end(self.transaction)
        event = AuditEvent(
            sequence=sequence + 1,
            timestamp=self.moment,
            actor=_kept("actor", self.by.username),
            token_id=_kept("token_id", self.by.token_id),
            address=_kept("address", self.by.address),
            action=_kept("action", record.action) or "",
            resource_type=_kept("resource_type", record.resource_type),
            resource_id=_kept("resource_id", record.resource_id),
            result=record.result,
            details={
                _storable(name): _storable(value)[:_LONGEST_DETAIL]
                for name, value in record.details.items()
            },
        )
        event.hash = event.hashed_after(previous)
        details = msgspec.json.encode(event.details, order="sorted").decode()
        values = (event.actor, event.token_id, event.address, event.action)
        about = (event.resource_type, event.resource_id, event.result, details, event.hash)
        self.transaction.run(_INSERT, (event.sequence, event.timestamp, *values, *about))
        self.transaction.run(_UPDATE_END, (event.sequence, event.hash))
        return event


def begin(transaction: Transaction, by: Actor, moment: int) -> AccessChange:
    """Lock the end of the chain, which every change of access does before anything else."""
    transaction.lock(_SELECT_END, ())
    return AccessChange(transaction, by, moment)


def last_sequence(source: Rows) -> int:
    """The sequence of the newest entry; 0 if there is none."""
    return _end(source)[0]


def _end(source: Rows) -> tuple[int, str]:
    rows = source.execute(_SELECT_END)
    if not rows:
        raise InvalidState(
            "The audit log has lost its end: the row of audit_chain is gone, so nothing can be "
            "added to it. Restore the database from a backup."
        )
    return int(rows[0][0]), str(rows[0][1])


def _kept(name: str, text: str | None) -> str | None:
    return None if text is None else _storable(text)[: _LONGEST[name]]


def _storable(text: str) -> str:
    """The text as every database takes it: an entry is never lost for an odd character."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")
