"""Slots: the names of targets at which deployments take each other's place, one at a time."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from millstream import masking
from millstream.entities.deployments import EndDeployment, RecordDeployment
from millstream.store.sql.dialect import per_dialect
from millstream.store.sql.lifecycle import now
from millstream.store.sql.transaction import Transaction

_COLUMNS = "workspace digest target name endpoint last_revision"
_INSERT_NEW = per_dialect(
    lambda dialect: dialect.insert_new("deployment_slots", _COLUMNS, "workspace digest")
)
_LOCK = "SELECT slot_key, last_revision FROM deployment_slots WHERE workspace = ? AND digest = ?"
_COUNT = "UPDATE deployment_slots SET last_revision = ? WHERE slot_key = ?"
_TAKEN_TWICE = (
    "SELECT a.slot_key, a.last_revision, b.slot_key, b.last_revision FROM deployment_slots a "
    "JOIN deployment_slots b ON b.digest = a.digest WHERE a.workspace = ? AND b.workspace = ?"
)
_SELECT_LIVE = "SELECT deployment_key FROM deployments WHERE slot_key = ? AND state = 'live'"
_REPLACE_LIVE = (
    "UPDATE deployments SET state = 'replaced', end_time = ? WHERE slot_key = ? AND state = 'live'"
)
_FOLLOW = "UPDATE deployments SET slot_key = ?, revision = revision + ? WHERE slot_key = ?"
_DELETE = "DELETE FROM deployment_slots WHERE slot_key = ?"
_MOVE = "UPDATE deployment_slots SET workspace = ? WHERE workspace = ?"
_ERASE = (
    "DELETE FROM deployments "
    "WHERE slot_key IN (SELECT slot_key FROM deployment_slots WHERE workspace = ?)",
    "DELETE FROM deployment_slots WHERE workspace = ?",
)


class Slot(NamedTuple):
    """A name of a target; `last_revision` is the highest number that was given there."""

    slot_key: int
    last_revision: int


def digest_of(target: str, name: str, endpoint: str | None) -> str:
    """What a slot is known by, since its three texts are too long for an index."""
    place = "\0".join((masking.shown(target), name, endpoint or ""))
    return hashlib.sha256(place.encode(errors="surrogatepass")).hexdigest()


def take(transaction: Transaction, request: RecordDeployment, workspace: str) -> Slot:
    """The slot with its next revision, which nobody else changes until the transaction ends."""
    digest = digest_of(request.target, request.name, request.endpoint)
    place = (request.target, request.name, request.endpoint or "")
    transaction.run(_INSERT_NEW[transaction.dialect.name], (workspace, digest, *place, 0))
    key, last = transaction.lock(_LOCK, (workspace, digest))[0]
    transaction.run(_COUNT, (last + 1, key))
    return Slot(key, last + 1)


def locked(transaction: Transaction, request: EndDeployment) -> Slot | None:
    """The slot as it is, if there ever was a deployment; nobody else changes it meanwhile."""
    digest = digest_of(request.target, request.name, request.endpoint)
    rows = transaction.lock(_LOCK, (transaction.workspace.name, digest))
    return Slot(*rows[0]) if rows else None


def move_all(transaction: Transaction, workspace: str, to: str) -> None:
    """Move the deployments of a workspace; where the other one has the slot, they come after."""
    for key, last, other, other_last in transaction.execute(_TAKEN_TWICE, (workspace, to)):
        if transaction.execute(_SELECT_LIVE, (key,)):
            transaction.run(_REPLACE_LIVE, (now(), other))
        transaction.run(_FOLLOW, (other, other_last, key))
        transaction.run(_COUNT, (last + other_last, other))
        transaction.run(_DELETE, (key,))
    transaction.run(_MOVE, (to, workspace))


def erase_all(transaction: Transaction, workspace: str) -> None:
    """Delete the deployments of a workspace for good."""
    for statement in _ERASE:
        transaction.run(statement, (workspace,))
