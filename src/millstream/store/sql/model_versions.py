"""Versions of registered models in SQL."""

from __future__ import annotations

import logging
from functools import partial

import msgspec

from millstream.entities import model_versions as mv
from millstream.entities import registry_validation as rules
from millstream.entities import validation
from millstream.entities.asking import Asking
from millstream.entities.stages import NO_STAGE, canonical_stage
from millstream.errors import MillstreamError
from millstream.store.pending import Pending
from millstream.store.sql.access import visibility
from millstream.store.sql.confinement import confined
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert, per_dialect
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.locations import ArtifactRoot, place
from millstream.store.sql.partners import Other
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import (
    aliases,
    events,
    models,
    moves,
    proposals,
    protection,
    sources,
    versions,
)
from millstream.store.sql.registry.evidence import Evidence, JudgedWrites
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.registry.sources import Origin
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.search import find_model_versions
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import HEAD_LENGTH

_LOG = logging.getLogger("millstream.registry")
_INSERT = insert(
    "model_versions",
    "registered_model_key name version creation_timestamp last_updated_timestamp current_stage "
    "status source source_head storage_location storage_head description run_link run_id model_id "
    "user_id workspace",
)
_SET_LAST_VERSION = (
    "UPDATE registered_models SET last_version = ?, last_updated_timestamp = ? "
    "WHERE registered_model_key = ?"
)
_DESCRIBE = (
    "UPDATE model_versions SET description = ?, last_updated_timestamp = ? WHERE version_key = ?"
)
_DELETE = (
    "DELETE FROM model_version_tags WHERE version_key = ?",
    "DELETE FROM model_versions WHERE version_key = ?",
)
_UPSERT_TAG = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "model_version_tags",
        "version_key key value head",
        key="version_key key",
        replaced="value head",
    )
)
_SELECT_TAG = 'SELECT value FROM model_version_tags WHERE version_key = ? AND "key" = ?'
_DELETE_TAG = 'DELETE FROM model_version_tags WHERE version_key = ? AND "key" = ?'
_VERSIONS_TAG = "mlflow.modelVersions"
_SELECT_MODEL = "SELECT model_key FROM logged_models WHERE model_id = ?"
_SELECT_MODEL_TAG = 'SELECT value FROM logged_model_tags WHERE model_key = ? AND "key" = ?'
_UPSERT_MODEL_TAG = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "logged_model_tags", "model_key key value", key="model_key key", replaced="value"
    )
)


class SqlModelVersions:
    """The versions of registered models in a database."""

    def __init__(
        self,
        database: Database,
        root: ArtifactRoot,
        judged: JudgedWrites,
        source_pattern: str | None = None,
        *,
        any_source: bool = False,
    ) -> None:
        self._database = database
        self._judged = judged
        self._root = root
        self._source_pattern = source_pattern
        self._any_source = any_source

    def create(self, request: mv.CreateModelVersion) -> Pending[mv.ModelVersion]:
        """Register the files at a source as the next version, READY, in stage None."""
        rules.check_name(request.name)
        rules.check_text(request.source, "source")
        rules.check_source(request.source, self._source_pattern)
        rules.check_text(request.description, "description")
        rules.check_text(request.run_link, "run_link")
        validation.check_length(request.run_id, "run_id", 256)
        validation.check_model_ids([request.model_id or ""])
        for tag in request.tags:
            rules.check_tag(tag.key, tag.value)
        rules.check_change(request)
        made = self._database.write(self._create, request)
        tracking = self._database.partners.tracking
        return made if tracking is None else _noted_elsewhere(made, tracking.database)

    def get(self, request: mv.GetModelVersion) -> mv.ModelVersion:
        """Get by name and number."""
        return self._database.read(_get, request.name, request.version)

    def update(self, request: mv.UpdateModelVersion) -> Pending[mv.ModelVersion]:
        """Replace the description; an absent one is kept."""
        rules.check_text(request.description, "description")
        rules.check_change(request)
        return self._database.write(_describe, request)

    def transition_stage(
        self, request: mv.TransitionModelVersionStage, asking: Asking | None = None
    ) -> Pending[mv.ModelVersion]:
        """Move to a stage, together with the archiving that was asked for."""
        rules.check_change(request)
        return self._judged.write(_transition, request, asking)

    def delete(self, request: mv.DeleteModelVersion) -> Pending[None]:
        """Delete for good, with the aliases that point to it; the history stays."""
        rules.check_change(request)
        return self._database.write(_delete, request)

    def search(
        self, request: mv.SearchModelVersions, asking: Asking | None = None
    ) -> mv.ModelVersionPage:
        """Search; by default the last updated first, then by name, the highest number first."""
        return self._database.read(_search, request, asking)

    def get_download_uri(self, request: mv.GetModelVersion) -> mv.DownloadUri:
        """Where the files are; a source in the registry or of a logged model is followed."""
        row = self._database.read(versions.required, request.name, request.version)
        return mv.DownloadUri(versions.location(row, self._root))

    def set_tag(self, request: mv.SetModelVersionTag) -> Pending[None]:
        """Set a tag, replacing its value."""
        rules.check_tag(request.key, request.value)
        rules.check_change(request)
        return self._database.write(_set_tag, request)

    def delete_tag(self, request: mv.DeleteModelVersionTag) -> Pending[None]:
        """Remove a tag; an absent one is no error."""
        rules.check_change(request)
        return self._database.write(_delete_tag, request)

    def _create(self, transaction: Transaction, request: mv.CreateModelVersion) -> mv.ModelVersion:
        model = models.locked(transaction, request.name)
        origin = sources.follow(transaction, self._root, request, self._any_source)
        change = events.begin(request)
        number = model.last_version + 1
        version_key = _insert(transaction, change, model, number, request, origin)
        transaction.run(_SET_LAST_VERSION, (number, change.timestamp, model.registered_model_key))
        facts = {
            "source": origin.source,
            "run_id": origin.run_id,
            "model_id": origin.model_id,
            "description": request.description,
        }
        events.record(
            transaction,
            change,
            model.about(number),
            "VERSION_CREATED",
            to_value=msgspec.json.encode({k: v for k, v in facts.items() if v}).decode(),
        )
        row = versions.required(transaction, request.name, str(number))
        for tag in request.tags:
            _write_tag(transaction, change, model, row, tag.key, tag.value)
        if origin.model_id and transaction.tracking is transaction:
            _note_on_logged_model(transaction, origin.model_id, request.name, number)
        return versions.complete(transaction, versions.load(transaction, [version_key]))[0]


def _insert(
    transaction: Transaction,
    change: events.Change,
    model: ModelRow,
    number: int,
    request: mv.CreateModelVersion,
    origin: Origin,
) -> int:
    row = (
        model.registered_model_key,
        model.name,
        number,
        change.timestamp,
        change.timestamp,
        NO_STAGE,
        "READY",
        origin.source,
        origin.source[:HEAD_LENGTH],
        origin.storage_location,
        place(origin.storage_location)[:HEAD_LENGTH],
        request.description or "",
        request.run_link or "",
        origin.run_id,
        origin.model_id,
        change.user_id,
        model.workspace,
    )
    return transaction.insert(_INSERT, row, "version_key")


def _note_on_logged_model(transaction: Transaction, model_id: str, name: str, number: int) -> None:
    """Add the version to the list that the logged model carries as a tag, as MLflow does."""
    rows = transaction.lock(*confined(transaction, _SELECT_MODEL, (model_id,)))
    if not rows:
        return
    model_key = rows[0][0]
    tags = transaction.execute(_SELECT_MODEL_TAG, (model_key, _VERSIONS_TAG))
    try:
        noted = msgspec.json.decode(tags[0][0] if tags else "[]", type=list[dict[str, object]])
    except msgspec.DecodeError:
        noted = []  # somebody else's text under this key gives way
    entry: dict[str, object] = {"name": name, "version": number}
    if all(str(old.get("version")) != str(number) or old.get("name") != name for old in noted):
        noted.append(entry)
    text = msgspec.json.encode(noted).decode()
    transaction.run(_UPSERT_MODEL_TAG[transaction.dialect.name], (model_key, _VERSIONS_TAG, text))


def _noted_elsewhere(made: Pending[mv.ModelVersion], tracking: Other) -> Pending[mv.ModelVersion]:
    """The same answer, once the logged model in another database has its note.

    The version exists by then, so a note that cannot be written is no failure of its creation.
    """
    answered: Pending[mv.ModelVersion] = Pending()

    def note(made: Pending[mv.ModelVersion]) -> None:
        try:
            version = made.result()
        except MillstreamError as error:
            answered.fail(error)
            return
        if version.model_id is None:
            answered.succeed(version)
            return
        about = (version.model_id, version.name, int(version.version))
        tracking.write(_note_on_logged_model, *about).when_done(lambda noted: tell(version, noted))

    def tell(version: mv.ModelVersion, noted: Pending[None]) -> None:
        try:
            noted.result()
        except MillstreamError as error:
            _LOG.warning("%s keeps no note of its version: %s", version.model_id, error.message)
        answered.succeed(version)

    made.when_done(note)
    return answered


def _get(source: Source, name: str, version: str) -> mv.ModelVersion:
    return versions.complete(source, [versions.required(source, name, version)])[0]


def _describe(transaction: Transaction, request: mv.UpdateModelVersion) -> mv.ModelVersion:
    model, row = _locked(transaction, request.name, request.version)
    if request.description is None:
        return _get(transaction, request.name, request.version)
    change = events.begin(request)
    transaction.run(_DESCRIBE, (request.description, change.timestamp, row.version_key))
    if request.description != row.description:
        events.record(
            transaction,
            change,
            model.about(row.version),
            "VERSION_DESCRIBED",
            from_value=row.description,
            to_value=request.description,
        )
    return _get(transaction, request.name, request.version)


def _transition(
    transaction: Transaction,
    request: mv.TransitionModelVersionStage,
    asking: Asking | None,
    evidence: Evidence,
) -> mv.ModelVersion:
    warrant = protection.warrant(
        transaction, evidence, visibility.experiment_reader(transaction, asking)
    )
    stage = canonical_stage(request.stage, warrant.policy.names)
    model, row = _locked(transaction, request.name, request.version)
    change = events.begin(request)
    moves.move(
        transaction,
        change,
        model,
        row,
        stage,
        warrant,
        archive_existing_versions=request.archive_existing_versions,
    )
    models.touch(transaction, model.registered_model_key, change.timestamp)
    return _get(transaction, request.name, request.version)


def _delete(transaction: Transaction, request: mv.DeleteModelVersion) -> None:
    model, row = _locked(transaction, request.name, request.version)
    warrant = protection.warrant(transaction)
    protection.check_version_may_go(warrant, model, row)
    change = events.begin(request)
    for alias in aliases.of_version(transaction, model.registered_model_key, row.version):
        moves.point(transaction, change, model, alias, None, warrant)
    proposals.cancel(transaction, change, model, row.version)
    for statement in _DELETE:
        transaction.run(statement, (row.version_key,))
    models.touch(transaction, model.registered_model_key, change.timestamp)
    events.record(
        transaction,
        change,
        model.about(row.version),
        "VERSION_DELETED",
        from_value=row.current_stage,
    )


def _search(
    reader: Reader, request: mv.SearchModelVersions, asking: Asking | None
) -> mv.ModelVersionPage:
    found = find_model_versions(reader, request, partial(visibility.readable, reader, asking))
    rows = versions.load(reader, found.keys)
    return mv.ModelVersionPage(versions.complete(reader, rows), found.next_page_token)


def _set_tag(transaction: Transaction, request: mv.SetModelVersionTag) -> None:
    model, row = _locked(transaction, request.name, request.version)
    _write_tag(transaction, events.begin(request), model, row, request.key, request.value)


def _write_tag(
    transaction: Transaction,
    change: events.Change,
    model: ModelRow,
    row: VersionRow,
    key: str,
    value: str,
) -> None:
    found = transaction.execute(_SELECT_TAG, (row.version_key, key))
    before = found[0][0] if found else None
    values = (row.version_key, key, value, value[:HEAD_LENGTH])
    transaction.run(_UPSERT_TAG[transaction.dialect.name], values)
    if before != value:
        events.record(
            transaction,
            change,
            model.about(row.version),
            "VERSION_TAG_SET",
            subject=key,
            from_value=before,
            to_value=value,
        )


def _delete_tag(transaction: Transaction, request: mv.DeleteModelVersionTag) -> None:
    model, row = _locked(transaction, request.name, request.version)
    found = transaction.execute(_SELECT_TAG, (row.version_key, request.key))
    if found:
        transaction.run(_DELETE_TAG, (row.version_key, request.key))
        events.record(
            transaction,
            events.begin(request),
            model.about(row.version),
            "VERSION_TAG_DELETED",
            subject=request.key,
            from_value=found[0][0],
        )


def _locked(transaction: Transaction, name: str, version: str) -> tuple[ModelRow, VersionRow]:
    """A version whose model nobody else changes until the transaction ends."""
    rules.version_number(version)
    model = models.find(transaction, name)
    if model is None:
        raise versions.no_version(name, version)
    model = models.locked(transaction, name)
    return model, versions.required(transaction, name, version)
