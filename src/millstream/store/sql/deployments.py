"""The record of deployments in SQL."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from millstream.entities import deployment_validation as rules
from millstream.entities import deployments as d
from millstream.entities.asking import Asking
from millstream.errors import NotFound
from millstream.store.pending import Pending
from millstream.store.sql.access import visibility
from millstream.store.sql.confinement import confined
from millstream.store.sql.database import Database
from millstream.store.sql.lifecycle import no_run, now
from millstream.store.sql.membership import joined
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import models, revisions, slots, versions
from millstream.store.sql.registry.revisions import NOTHING, RevisionRow
from millstream.store.sql.search import find_deployments
from millstream.store.sql.transaction import Transaction

_OF_RUN = "SELECT experiment_key FROM runs WHERE run_id = ?"
_OF_MODEL = "SELECT experiment_key FROM logged_models WHERE model_id = ?"


class SqlDeployments:
    """The record of deployments in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, request: d.RecordDeployment) -> Pending[d.Deployment]:
        """Record what runs now; the live revision of the name is replaced at the same moment."""
        return self._database.write(_record, rules.checked_record(request))

    def end(self, request: d.EndDeployment) -> Pending[d.Deployment]:
        """Record that the live revision of the name runs no more; none raises `NotFound`."""
        return self._database.write(_end, rules.checked_end(request))

    def get(self, request: d.DeploymentId, asking: Asking | None = None) -> d.Deployment:
        """Get by id."""
        return self._database.read(_get, request.deployment_id, asking)

    def search(
        self, request: d.SearchDeployments, asking: Asking | None = None
    ) -> d.DeploymentPage:
        """The deployments that match all that is given, newest first."""
        return self._database.read(_search, rules.checked_search(request), asking)


class _Subject(NamedTuple):
    """What a deployment is about, and the keys of what it is of."""

    registered_model_key: int
    experiment_key: int
    model_version: int | None
    run_id: str | None
    model_id: str | None


def _record(transaction: Transaction, request: d.RecordDeployment) -> d.Deployment:
    workspace = joined(transaction).name
    subject = _subject(transaction, request)
    slot = slots.take(transaction, request, workspace)
    moment = now()
    before = revisions.live(transaction, slot)
    if before is not None:
        revisions.end(transaction, before, revisions.REPLACED, moment)
        _touch(transaction, before.model_name)
    row = _row(request, subject, slot.last_revision, moment)
    revisions.add(transaction, slot, row)
    _touch(transaction, request.model_name)
    return revisions.deployment(row)


def _subject(transaction: Transaction, request: d.RecordDeployment) -> _Subject:
    run_id, model_id = request.run_id or None, request.model_id or None
    if request.model_name is None:
        key = _experiment_of(transaction, run_id, model_id)
        return _Subject(NOTHING, key, None, run_id, model_id)
    model = models.locked(transaction, request.model_name)
    key = model.registered_model_key
    if request.model_version is None:
        return _Subject(key, NOTHING, None, run_id, model_id)
    found = versions.required(transaction, request.model_name, request.model_version)
    return _Subject(
        key, NOTHING, found.version, run_id or found.run_id or None, model_id or found.model_id
    )


def _experiment_of(transaction: Transaction, run_id: str | None, model_id: str | None) -> int:
    """The experiment of the logged model or of the run; both must exist where they are named."""
    key = NOTHING
    for sql, named in ((_OF_RUN, run_id), (_OF_MODEL, model_id)):
        if named is None:
            continue
        rows = transaction.tracking.execute(*confined(transaction, sql, (named,)))
        if not rows:
            raise no_run(named) if named is run_id else _no_model(named)
        key = int(rows[0][0])
    return key


def _row(request: d.RecordDeployment, subject: _Subject, revision: int, moment: int) -> RevisionRow:
    return RevisionRow(
        deployment_key=0,
        target=request.target,
        name=request.name,
        endpoint=request.endpoint or "",
        deployment_id=uuid.uuid4().hex,
        revision=revision,
        state=revisions.LIVE,
        creation_time=moment,
        end_time=None,
        registered_model_key=subject.registered_model_key,
        experiment_key=subject.experiment_key,
        model_uri=request.model_uri,
        model_name=request.model_name,
        model_version=subject.model_version,
        run_id=subject.run_id,
        model_id=subject.model_id,
        flavor=request.flavor,
        image=request.image,
        image_digest=request.image_digest,
        address=request.address,
        config=revisions.kept_config(request.config),
        user_id=request.user_id,
    )


def _end(transaction: Transaction, request: d.EndDeployment) -> d.Deployment:
    slot = slots.locked(transaction, request)
    row = None if slot is None else revisions.live(transaction, slot)
    if row is None:
        raise NotFound(rules.nothing_live(request.target, request.name, request.endpoint))
    _touch(transaction, row.model_name)
    return revisions.deployment(revisions.end(transaction, row, revisions.ENDED, now()))


def _get(reader: Reader, deployment_id: str, asking: Asking | None) -> d.Deployment:
    row = revisions.find(reader, deployment_id)
    if row is None or not _may_read(reader, row, asking):
        raise NotFound(f"Deployment with id={deployment_id} not found")
    return revisions.deployment(row)


def _may_read(reader: Reader, row: RevisionRow, asking: Asking | None) -> bool:
    if row.registered_model_key != NOTHING:
        key = row.registered_model_key
        return bool(visibility.readable_keys(reader, asking, "registered_model", [key]))
    if row.experiment_key != NOTHING:
        return bool(visibility.readable_keys(reader, asking, "experiment", [row.experiment_key]))
    return visibility.reads_shared(asking)


def _search(
    reader: Reader, request: d.SearchDeployments, asking: Asking | None
) -> d.DeploymentPage:
    found = find_deployments(reader, request, visibility.readable_deployments(reader, asking))
    rows = revisions.load(reader, found.keys)
    return d.DeploymentPage([revisions.deployment(row) for row in rows], found.next_page_token)


def _touch(transaction: Transaction, model_name: str | None) -> None:
    if model_name is not None:
        transaction.touch_model(model_name)


def _no_model(model_id: str) -> NotFound:
    return NotFound(f"Logged model with ID '{model_id}' not found.")
