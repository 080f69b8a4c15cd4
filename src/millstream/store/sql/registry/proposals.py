"""Rows of transition requests: what is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from millstream.entities.registry_events import EventKind
from millstream.entities.transition_requests import TransitionRequest
from millstream.errors import InvalidParameter, NotFound
from millstream.store.sql.confinement import here
from millstream.store.sql.dialect import insert, placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.registry.events import About, Change, record
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.transaction import Transaction

PENDING = "PENDING"

_FIELDS = (
    "registered_model_key, name, version, from_stage, stage, archive_existing_versions, alias, "
    "from_version, status, creation_timestamp, user_id, comment, workspace"
)
_COLUMNS = f"request_key, {_FIELDS}, decided_by, decision_comment, decision_timestamp"
_INSERT = insert("transition_requests", _FIELDS.replace(",", ""))
_SELECT = f"SELECT {_COLUMNS} FROM transition_requests WHERE request_key IN ({{}})"
_SELECT_PENDING = (
    f"SELECT {_COLUMNS} FROM transition_requests "
    "WHERE registered_model_key = ? AND status = 'PENDING' ORDER BY request_key"
)
_DECIDE = (
    "UPDATE transition_requests SET status = ?, decided_by = ?, decision_comment = ?, "
    "decision_timestamp = ? WHERE request_key = ?"
)
_RENAME = "UPDATE transition_requests SET name = ? WHERE registered_model_key = ?"
_SELECT_STAGES = (
    "SELECT registered_model_key, version, current_stage FROM model_versions "
    "WHERE registered_model_key IN ({}) AND version IN ({})"
)
_SELECT_ALIASES = (
    "SELECT registered_model_key, alias, version FROM registered_model_aliases "
    "WHERE registered_model_key IN ({}) AND alias IN ({})"
)
_KINDS: dict[str, EventKind] = {
    "APPROVED": "TRANSITION_APPROVED",
    "REJECTED": "TRANSITION_REJECTED",
    "CANCELLED": "TRANSITION_CANCELLED",
}


class ProposalRow(NamedTuple):
    """A request as its table has it."""

    request_key: int
    registered_model_key: int
    name: str
    version: int | None
    from_stage: str | None
    stage: str | None
    archive_existing_versions: int
    alias: str | None
    from_version: int | None
    status: str
    creation_timestamp: int
    user_id: str | None
    comment: str | None
    workspace: str
    decided_by: str | None = None
    decision_comment: str | None = None
    decision_timestamp: int | None = None

    @property
    def target(self) -> str:
        """What is asked for, as the history writes it: a stage, or `@` and an alias."""
        return self.stage if self.stage is not None else f"@{self.alias}"

    @property
    def about(self) -> About:
        """What its events are about."""
        return About(self.registered_model_key, self.name, self.version)


def add(transaction: Transaction, change: Change, row: ProposalRow) -> int:
    """Keep a new request and note it in the history; answers with its key."""
    values = row[1 : row._fields.index("decided_by")]
    key = transaction.insert(_INSERT, values, "request_key")
    _note(transaction, change, row._replace(request_key=key), "TRANSITION_REQUESTED")
    return key


def load(source: Source, keys: Sequence[int]) -> list[ProposalRow]:
    """The requests of these keys, in their order."""
    if not keys:
        return []
    rows = source.execute(*here(source, _SELECT.format(placeholders(len(keys))), keys))
    found = {row[0]: ProposalRow(*row) for row in rows}
    return [found[key] for key in keys if key in found]


def key_of(request_id: str) -> int:
    """The key of a request; raises `NotFound` for what cannot be one."""
    if not request_id.isdecimal() or len(request_id) > 18:
        raise no_request(request_id)
    return int(request_id)


def locked(transaction: Transaction, request_id: str) -> ProposalRow:
    """A pending request, which nobody else decides until the transaction ends."""
    key = key_of(request_id)
    rows = transaction.lock(*here(transaction, _SELECT.format("?"), (key,)))
    if not rows:
        raise no_request(request_id)
    row = ProposalRow(*rows[0])
    if row.status != PENDING:
        by = f" by {row.decided_by}" if row.decided_by else ""
        raise InvalidParameter(
            f"Transition request {request_id} is {row.status} already{by}; only a pending one can "
            "be approved, rejected or cancelled."
        )
    return row


def pending(source: Source, registered_model_key: int) -> list[ProposalRow]:
    """The pending requests of a model, oldest first."""
    rows = source.execute(_SELECT_PENDING, (registered_model_key,))
    return [ProposalRow(*row) for row in rows]


def decide(transaction: Transaction, change: Change, row: ProposalRow, status: str) -> None:
    """End a request and note it in the history."""
    values = (status, change.user_id, change.comment, change.timestamp, row.request_key)
    transaction.run(_DECIDE, values)
    _note(transaction, change, row, _KINDS[status])


def cancel(
    transaction: Transaction, change: Change, model: ModelRow, version: int | None = None
) -> None:
    """Cancel the pending requests of a model, or of one version of it, which is to go."""
    for row in pending(transaction, model.registered_model_key):
        if version is None or row.version == version:
            decide(transaction, change, row, "CANCELLED")


def rename(transaction: Transaction, registered_model_key: int, name: str) -> None:
    """Let the requests of a model follow its name."""
    transaction.run(_RENAME, (name, registered_model_key))


def complete(source: Source, rows: Sequence[ProposalRow]) -> list[TransitionRequest]:
    """The requests in these rows; those pending say whether they went stale."""
    waiting = [row for row in rows if row.status == PENDING]
    stages = _present(source, _SELECT_STAGES, waiting, "version")
    pointing = _present(source, _SELECT_ALIASES, waiting, "alias")
    return [_request(row, row.status == PENDING and _stale(row, stages, pointing)) for row in rows]


def no_request(request_id: str) -> NotFound:
    """The error for a request that does not exist."""
    return NotFound(f"Transition request {request_id} not found")


Present = dict[tuple[int, object], object]


def _present(source: Source, sql: str, rows: Sequence[ProposalRow], what: str) -> Present:
    """What stands there now, by model and version or alias."""
    keys = sorted({row.registered_model_key for row in rows})
    wanted = sorted({value for row in rows if (value := getattr(row, what)) is not None})
    if not wanted:
        return {}
    statement = sql.format(placeholders(len(keys)), placeholders(len(wanted)))
    return {(key, value): now for key, value, now in source.execute(statement, (*keys, *wanted))}


def _stale(row: ProposalRow, stages: Present, pointing: Present) -> bool:
    key = row.registered_model_key
    if row.stage is not None:
        return stages.get((key, row.version)) != row.from_stage
    return pointing.get((key, row.alias)) != row.from_version


def _note(transaction: Transaction, change: Change, row: ProposalRow, kind: EventKind) -> None:
    before = row.from_stage if row.stage is not None else _number(row.from_version)
    record(
        transaction,
        change,
        row.about,
        kind,
        subject=str(row.request_key),
        from_value=before,
        to_value=row.target,
    )


def _request(row: ProposalRow, stale: bool) -> TransitionRequest:
    return TransitionRequest(
        request_id=str(row.request_key),
        name=row.name,
        status=row.status,  # type: ignore[arg-type]  # the table holds only names of statuses
        creation_timestamp=row.creation_timestamp,
        version=_number(row.version),
        from_stage=row.from_stage,
        stage=row.stage,
        archive_existing_versions=bool(row.archive_existing_versions),
        alias=row.alias,
        from_version=_number(row.from_version),
        user_id=row.user_id,
        comment=row.comment,
        decided_by=row.decided_by,
        decision_comment=row.decision_comment,
        decision_timestamp=row.decision_timestamp,
        stale=stale,
    )


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)
