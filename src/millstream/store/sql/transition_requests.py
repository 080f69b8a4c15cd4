"""Requests to move a version or an alias, and their approval, in SQL."""

from __future__ import annotations

from millstream.entities import registry_validation as rules
from millstream.entities import transition_requests as tr
from millstream.entities.asking import Asking
from millstream.entities.registry_events import RegistryChange
from millstream.entities.stages import ARCHIVED, NO_STAGE, Stage, StagePolicy, canonical_stage
from millstream.errors import AlreadyExists, InvalidParameter, PermissionDenied
from millstream.store.pending import Pending
from millstream.store.sql.access import visibility
from millstream.store.sql.database import Database
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import (
    aliases,
    events,
    models,
    moves,
    proposals,
    protection,
    versions,
)
from millstream.store.sql.registry.evidence import Evidence, JudgedWrites
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.registry.proposals import ProposalRow
from millstream.store.sql.registry.protection import Warrant
from millstream.store.sql.search import find_requests
from millstream.store.sql.transaction import Transaction


class SqlTransitionRequests:
    """The requests for moves in a database."""

    def __init__(self, database: Database, judged: JudgedWrites) -> None:
        self._database = database
        self._judged = judged

    def create(self, request: tr.CreateTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Ask for a move; the same one twice raises `AlreadyExists` while the first is pending."""
        rules.check_change(request)
        _check_shape(request)
        return self._database.write(_create, request)

    def get(self, request: tr.TransitionRequestId) -> tr.TransitionRequest:
        """Get by id."""
        return self._database.read(_get, request.request_id)

    def approve(
        self, request: tr.ApproveTransitionRequest, asking: Asking | None = None
    ) -> Pending[tr.TransitionRequest]:
        """Approve, which performs the move in the same transaction, gates included."""
        rules.check_change(request)
        return self._judged.write(_approve, request, asking)

    def reject(self, request: tr.RejectTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Refuse."""
        rules.check_change(request)
        return self._database.write(_end, request, request.request_id, "REJECTED")

    def cancel(self, request: tr.CancelTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Take back."""
        rules.check_change(request)
        return self._database.write(_end, request, request.request_id, "CANCELLED")

    def search(
        self, request: tr.SearchTransitionRequests, asking: Asking | None = None
    ) -> tr.TransitionRequestPage:
        """The requests of a model or of all, newest first."""
        return self._database.read(_search, request, asking)


def _check_shape(request: tr.CreateTransitionRequest) -> None:
    if (request.stage is None) == (request.alias is None):
        raise InvalidParameter(
            "A transition request is for a stage or for an alias: give exactly one of 'stage' and "
            f"'alias', not {request.stage!r} and {request.alias!r}."
        )
    if request.stage is not None and request.version is None:
        raise InvalidParameter(
            f"A transition request for the stage '{request.stage}' needs the 'version' to move."
        )
    if request.version is not None:
        rules.version_number(request.version)
    if request.alias is not None:
        rules.check_alias(request.alias)
        if request.archive_existing_versions:
            raise InvalidParameter(
                "'archive_existing_versions' goes with a 'stage', not with an 'alias'."
            )


def _create(transaction: Transaction, request: tr.CreateTransitionRequest) -> tr.TransitionRequest:
    model = models.locked(transaction, request.name)
    # Approved in advance, so that only moves that no approval could allow are refused here.
    warrant = protection.warrant(transaction, approved=True)
    change = events.begin(request)
    row = _proposal(transaction, model, warrant, change, request)
    for other in proposals.pending(transaction, model.registered_model_key):
        if (other.version, other.stage, other.alias) == (row.version, row.stage, row.alias):
            raise AlreadyExists(
                f"Transition request {other.request_key} asks for the same already and is pending."
            )
    if _needs_somebody_else(warrant.policy, row) and not request.user_id:
        raise InvalidParameter(
            f"A request for {_shown(row)} must say who asks, since somebody else has to approve "
            "it: 'user_id' is empty."
        )
    key = proposals.add(transaction, change, row)
    models.touch(transaction, model.registered_model_key, change.timestamp)
    return _get(transaction, str(key))


def _proposal(
    transaction: Transaction,
    model: ModelRow,
    warrant: Warrant,
    change: events.Change,
    request: tr.CreateTransitionRequest,
) -> ProposalRow:
    """The row of a new request, with what stands there now."""
    version, before, stage, pointed = None, None, None, None
    if request.version is not None:
        found = versions.required(transaction, request.name, request.version)
        version = found.version
        if request.stage is not None:
            before = found.current_stage
            stage = canonical_stage(request.stage, warrant.policy.names)
            _check_stages(before, stage, request)
            protection.check_move(warrant, model, found, stage)
    if request.alias is not None:
        pointed = aliases.pointed(transaction, model.registered_model_key, request.alias)
        if pointed == version:
            where = f"points to version {version}" if pointed else "points to no version"
            raise InvalidParameter(f"The alias '{request.alias}' {where} already.")
    return ProposalRow(
        request_key=0,
        registered_model_key=model.registered_model_key,
        name=model.name,
        version=version,
        from_stage=before,
        stage=stage,
        archive_existing_versions=int(request.archive_existing_versions),
        alias=request.alias,
        from_version=pointed,
        status=proposals.PENDING,
        creation_timestamp=change.timestamp,
        user_id=change.user_id,
        comment=change.comment,
        workspace=model.workspace,
    )


def _check_stages(before: str, stage: str, request: tr.CreateTransitionRequest) -> None:
    if before == stage:
        raise InvalidParameter(f"Version {request.version} is in the stage '{stage}' already.")
    if request.archive_existing_versions and stage in (NO_STAGE, ARCHIVED):
        raise InvalidParameter(
            f"'archive_existing_versions' is for active stages, and '{stage}' is none."
        )


def _get(source: Source, request_id: str) -> tr.TransitionRequest:
    rows = proposals.load(source, [proposals.key_of(request_id)])
    if not rows:
        raise proposals.no_request(request_id)
    return proposals.complete(source, rows)[0]


def _approve(
    transaction: Transaction,
    request: tr.ApproveTransitionRequest,
    asking: Asking | None,
    evidence: Evidence,
) -> tr.TransitionRequest:
    model, row = _locked(transaction, request.request_id)
    may_read = visibility.experiment_reader(transaction, asking)
    warrant = protection.warrant(transaction, evidence, may_read, approved=True)
    _check_approver(warrant.policy, row, request)
    change = events.begin(request)
    proposals.decide(transaction, change, row, "APPROVED")
    if row.stage is not None:
        version = versions.required(transaction, model.name, str(row.version))
        _check_fresh(row, version.current_stage, row.from_stage)
        moves.move(
            transaction,
            change,
            model,
            version,
            canonical_stage(row.stage, warrant.policy.names),
            warrant,
            archive_existing_versions=bool(row.archive_existing_versions),
        )
    else:
        alias = row.alias or ""
        pointed = aliases.pointed(transaction, model.registered_model_key, alias)
        _check_fresh(row, pointed, row.from_version)
        moves.point(transaction, change, model, alias, row.version, warrant)
    models.touch(transaction, model.registered_model_key, change.timestamp)
    return _get(transaction, request.request_id)


def _end(
    transaction: Transaction, request: RegistryChange, request_id: str, status: str
) -> tr.TransitionRequest:
    _, row = _locked(transaction, request_id)
    proposals.decide(transaction, events.begin(request), row, status)
    return _get(transaction, request_id)


def _locked(transaction: Transaction, request_id: str) -> tuple[ModelRow, ProposalRow]:
    """A pending request and its model; the model first, as every other change does it."""
    name = _get(transaction, request_id).name
    model = models.find(transaction, name)
    if model is not None:
        model = models.locked(transaction, name)
    row = proposals.locked(transaction, request_id)
    if model is None or model.registered_model_key != row.registered_model_key:
        raise InvalidParameter(
            f"The model '{name}' of transition request {request_id} was renamed or deleted at the "
            "same moment. Try again."
        )
    return model, row


def _check_approver(
    policy: StagePolicy, row: ProposalRow, request: tr.ApproveTransitionRequest
) -> None:
    if not _needs_somebody_else(policy, row):
        return
    if not request.user_id:
        raise PermissionDenied(
            f"Approving {_shown(row)} takes somebody else than who asked, so it must be said who "
            "approves: 'user_id' is empty."
        )
    if request.user_id == row.user_id:
        raise PermissionDenied(
            f"Transition request {row.request_key} was made by '{row.user_id}', who may not "
            f"approve it too. Let somebody else approve it, or allow self_approval for the stage."
        )


def _needs_somebody_else(policy: StagePolicy, row: ProposalRow) -> bool:
    found: list[Stage | None]
    if row.stage is not None:
        touched = [row.from_stage or "", row.stage]
        if row.archive_existing_versions:
            touched.append(ARCHIVED)  # what is in the stage now goes there with the same approval
        found = [policy.protection(stage) for stage in touched]
    else:
        found = [policy.alias_protection(row.alias or "")]
    return any(stage is not None and not stage.self_approval for stage in found)


def _check_fresh(row: ProposalRow, now: object, then: object) -> None:
    if now != then:
        what = f"version {row.version}" if row.stage is not None else f"alias '{row.alias}'"
        raise InvalidParameter(
            f"Transition request {row.request_key} is stale: {what} of '{row.name}' stood at "
            f"{then or 'no version'} when it was made, and stands at {now or 'no version'} now. "
            "Cancel it and ask again."
        )


def _shown(row: ProposalRow) -> str:
    if row.stage is not None:
        return f"the move from '{row.from_stage}' to '{row.stage}'"
    return f"a move of the alias '{row.alias}'"


def _search(
    reader: Reader, request: tr.SearchTransitionRequests, asking: Asking | None
) -> tr.TransitionRequestPage:
    column = "q.registered_model_key"
    readable = visibility.readable(reader, asking, "registered_model", column)
    found = find_requests(reader, request, readable)
    rows = proposals.load(reader, found.keys)
    return tr.TransitionRequestPage(proposals.complete(reader, rows), found.next_page_token)
