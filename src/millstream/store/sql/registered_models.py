"""Registered models in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_validation as rules
from millstream.entities.asking import Asking
from millstream.entities.registry_events import RegistryChange
from millstream.errors import AlreadyExists
from millstream.store.pending import Pending
from millstream.store.sql.access import grants, visibility
from millstream.store.sql.connections import Violation
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert, per_dialect, placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.membership import joined
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import (
    aliases,
    events,
    models,
    moves,
    policies,
    proposals,
    protection,
    revisions,
    versions,
)
from millstream.store.sql.registry.evidence import Evidence, JudgedWrites
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.registry.protection import Warrant
from millstream.store.sql.search import find_registered_models
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import HEAD_LENGTH

_INSERT = insert(
    "registered_models",
    "name description creation_timestamp last_updated_timestamp last_version workspace",
)
_RENAME = (
    "UPDATE registered_models SET name = ?, last_updated_timestamp = ? "
    "WHERE registered_model_key = ?"
)
_RENAME_VERSIONS = (
    "UPDATE model_versions SET name = ?, last_updated_timestamp = ? WHERE registered_model_key = ?"
)
_DESCRIBE = (
    "UPDATE registered_models SET description = ?, last_updated_timestamp = ? "
    "WHERE registered_model_key = ?"
)
_DELETE_ALL = (
    "DELETE FROM model_version_tags WHERE version_key IN "
    "(SELECT version_key FROM model_versions WHERE registered_model_key = ?)",
    "DELETE FROM model_versions WHERE registered_model_key = ?",
    "DELETE FROM registered_model_aliases WHERE registered_model_key = ?",
    "DELETE FROM registered_model_tags WHERE registered_model_key = ?",
    "DELETE FROM gates WHERE registered_model_key = ?",
    "DELETE FROM registered_models WHERE registered_model_key = ?",
)
_UPSERT_TAG = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "registered_model_tags",
        "registered_model_key key value head",
        key="registered_model_key key",
        replaced="value head",
    )
)
_SELECT_TAG = 'SELECT value FROM registered_model_tags WHERE registered_model_key = ? AND "key" = ?'
_DELETE_TAG = 'DELETE FROM registered_model_tags WHERE registered_model_key = ? AND "key" = ?'
_SELECT_TAGS = (
    'SELECT registered_model_key, "key", value FROM registered_model_tags '
    'WHERE registered_model_key IN ({}) ORDER BY registered_model_key, "key"'
)
_SELECT = (
    "SELECT registered_model_key, name, description, creation_timestamp, last_updated_timestamp, "
    "last_version, workspace FROM registered_models WHERE registered_model_key IN ({})"
)


class SqlRegisteredModels:
    """The registered models of a database."""

    def __init__(self, database: Database, judged: JudgedWrites) -> None:
        self._database = database
        self._judged = judged

    def create(
        self, request: rm.CreateRegisteredModel, asking: Asking | None = None
    ) -> Pending[rm.RegisteredModel]:
        """Create without versions; a name that is taken raises `AlreadyExists`."""
        rules.check_name(request.name)
        rules.check_text(request.description, "description")
        _check_tags(request.tags)
        rules.check_change(request)
        return grants.create(self._database, asking, _create, request)

    def get(self, request: rm.GetRegisteredModel) -> rm.RegisteredModel:
        """Get by name."""
        return self._database.read(_get, request.name)

    def rename(self, request: rm.RenameRegisteredModel) -> Pending[rm.RegisteredModel]:
        """Rename, versions included; a name that is taken raises `AlreadyExists`."""
        rules.check_name(request.new_name)
        rules.check_change(request)
        return self._database.write(_rename, request)

    def update(self, request: rm.UpdateRegisteredModel) -> Pending[rm.RegisteredModel]:
        """Replace the description; an absent one clears it."""
        rules.check_text(request.description, "description")
        rules.check_change(request)
        return self._database.write(_describe, request)

    def delete(self, request: rm.DeleteRegisteredModel) -> Pending[None]:
        """Delete for good with all versions, which frees the name; the history stays."""
        rules.check_change(request)
        return self._database.write(_delete, request)

    def search(
        self, request: rm.SearchRegisteredModels, asking: Asking | None = None
    ) -> rm.RegisteredModelPage:
        """Search; by default by name."""
        return self._database.read(_search, request, asking)

    def get_latest_versions(self, request: rm.GetLatestVersions) -> rm.LatestVersions:
        """The highest version in each of the stages, or in every stage."""
        return self._database.read(_latest_versions, request)

    def set_tag(self, request: rm.SetRegisteredModelTag) -> Pending[None]:
        """Set a tag, replacing its value."""
        rules.check_tag(request.key, request.value)
        rules.check_change(request)
        return self._database.write(_set_tag, request)

    def delete_tag(self, request: rm.DeleteRegisteredModelTag) -> Pending[None]:
        """Remove a tag; an absent one is no error."""
        rules.check_change(request)
        return self._database.write(_delete_tag, request)

    def set_alias(
        self, request: rm.SetRegisteredModelAlias, asking: Asking | None = None
    ) -> Pending[None]:
        """Let an alias point to a version, wherever it pointed before."""
        rules.check_alias(request.alias)
        rules.version_number(request.version)
        rules.check_change(request)
        return self._judged.write(_set_alias, request, asking)

    def delete_alias(self, request: rm.DeleteRegisteredModelAlias) -> Pending[None]:
        """Remove an alias; an absent one is no error."""
        rules.check_change(request)
        return self._database.write(_delete_alias, request)

    def get_by_alias(self, request: rm.GetModelVersionByAlias) -> mv.ModelVersion:
        """The version that an alias points to; `latest` points to the highest."""
        return self._database.read(_get_by_alias, request)


def _check_tags(tags: Sequence[rm.RegisteredModelTag]) -> None:
    for tag in tags:
        rules.check_tag(tag.key, tag.value)


def _create(
    transaction: Transaction, request: rm.CreateRegisteredModel
) -> tuple[rm.RegisteredModel, grants.Made]:
    if models.find(transaction, request.name) is not None:
        raise _taken(request.name)
    change = events.begin(request)
    when = change.timestamp
    workspace = joined(transaction).name
    row = (request.name, request.description, when, when, 0, workspace)
    try:
        key = transaction.insert(_INSERT, row, "registered_model_key")
    except Violation as error:
        raise _taken(request.name) from error  # another process was quicker
    model = ModelRow(key, *row)
    events.record(transaction, change, model.about(), "MODEL_CREATED", to_value=request.name)
    if request.description:
        events.record(
            transaction, change, model.about(), "MODEL_DESCRIBED", to_value=request.description
        )
    for tag in request.tags:
        _write_tag(transaction, change, model, tag.key, tag.value)
    made = grants.Made("registered_model", key, request.name)
    return _complete(transaction, [model])[0], made


def _get(source: Source, name: str) -> rm.RegisteredModel:
    return _complete(source, [models.required(source, name)])[0]


def _rename(transaction: Transaction, request: rm.RenameRegisteredModel) -> rm.RegisteredModel:
    model = models.locked(transaction, request.name)
    if request.new_name == request.name:
        return _complete(transaction, [model])[0]
    if models.find(transaction, request.new_name) is not None:
        raise _taken(request.new_name)
    protection.check_model_may_change(transaction, model, "renamed")
    change = events.begin(request)
    key = model.registered_model_key
    proposals.rename(transaction, key, request.new_name)
    revisions.rename(transaction, key, request.new_name)
    try:
        transaction.run(_RENAME, (request.new_name, change.timestamp, key))
    except Violation as error:
        raise _taken(request.new_name) from error  # another process was quicker
    transaction.run(_RENAME_VERSIONS, (request.new_name, change.timestamp, key))
    model = models.required(transaction, request.new_name)
    events.record(
        transaction,
        change,
        model.about(),
        "MODEL_RENAMED",
        from_value=request.name,
        to_value=request.new_name,
    )
    return _complete(transaction, [model])[0]


def _describe(transaction: Transaction, request: rm.UpdateRegisteredModel) -> rm.RegisteredModel:
    model = models.locked(transaction, request.name)
    change = events.begin(request)
    key = model.registered_model_key
    transaction.run(_DESCRIBE, (request.description, change.timestamp, key))
    if model.description != request.description:
        events.record(
            transaction,
            change,
            model.about(),
            "MODEL_DESCRIBED",
            from_value=model.description,
            to_value=request.description,
        )
    return _get(transaction, request.name)


def _delete(transaction: Transaction, request: rm.DeleteRegisteredModel) -> None:
    model = models.locked(transaction, request.name)
    protection.check_model_may_change(transaction, model, "deleted")
    change = events.begin(request)
    proposals.cancel(transaction, change, model)
    for statement in _DELETE_ALL:
        transaction.run(statement, (model.registered_model_key,))
    events.record(transaction, change, model.about(), "MODEL_DELETED", from_value=request.name)


def _search(
    reader: Reader, request: rm.SearchRegisteredModels, asking: Asking | None
) -> rm.RegisteredModelPage:
    column = "m.registered_model_key"
    readable = visibility.readable(reader, asking, "registered_model", column)
    found = find_registered_models(reader, request, readable)
    if not found.keys:
        return rm.RegisteredModelPage([], found.next_page_token)
    rows = reader.execute(_SELECT.format(placeholders(len(found.keys))), tuple(found.keys))
    by_key = {row[0]: ModelRow(*row) for row in rows}
    present = [by_key[key] for key in found.keys if key in by_key]
    return rm.RegisteredModelPage(_complete(reader, present), found.next_page_token)


def _latest_versions(reader: Reader, request: rm.GetLatestVersions) -> rm.LatestVersions:
    wanted = policies.canonical(reader, request.stages)
    model = models.required(reader, request.name)
    rows = versions.highest_in_stages(reader, [model.registered_model_key])
    chosen = [row for row in rows if not wanted or row.current_stage in wanted]
    return rm.LatestVersions(versions.complete(reader, chosen))


def _set_tag(transaction: Transaction, request: rm.SetRegisteredModelTag) -> None:
    model = models.locked(transaction, request.name)
    _write_tag(transaction, events.begin(request), model, request.key, request.value)


def _write_tag(
    transaction: Transaction, change: events.Change, model: ModelRow, key: str, value: str
) -> None:
    model_key = model.registered_model_key
    rows = transaction.execute(_SELECT_TAG, (model_key, key))
    before = rows[0][0] if rows else None
    row = (model_key, key, value, value[:HEAD_LENGTH])
    transaction.run(_UPSERT_TAG[transaction.dialect.name], row)
    if before != value:
        events.record(
            transaction,
            change,
            model.about(),
            "MODEL_TAG_SET",
            subject=key,
            from_value=before,
            to_value=value,
        )


def _delete_tag(transaction: Transaction, request: rm.DeleteRegisteredModelTag) -> None:
    model = models.locked(transaction, request.name)
    rows = transaction.execute(_SELECT_TAG, (model.registered_model_key, request.key))
    if rows:
        transaction.run(_DELETE_TAG, (model.registered_model_key, request.key))
        events.record(
            transaction,
            events.begin(request),
            model.about(),
            "MODEL_TAG_DELETED",
            subject=request.key,
            from_value=rows[0][0],
        )


def _set_alias(
    transaction: Transaction,
    request: rm.SetRegisteredModelAlias,
    asking: Asking | None,
    evidence: Evidence,
) -> None:
    model = models.locked(transaction, request.name)
    row = versions.required(transaction, request.name, request.version)
    warrant = protection.warrant(
        transaction, evidence, visibility.experiment_reader(transaction, asking)
    )
    _point(transaction, request, model, request.alias, row.version, warrant)


def _delete_alias(transaction: Transaction, request: rm.DeleteRegisteredModelAlias) -> None:
    model = models.locked(transaction, request.name)
    _point(transaction, request, model, request.alias, None, protection.warrant(transaction))


def _point(
    transaction: Transaction,
    request: RegistryChange,
    model: ModelRow,
    alias: str,
    version: int | None,
    warrant: Warrant,
) -> None:
    moves.point(transaction, events.begin(request), model, alias, version, warrant)


def _get_by_alias(reader: Reader, request: rm.GetModelVersionByAlias) -> mv.ModelVersion:
    row = aliases.version_of(reader, request.name, request.alias)
    return versions.complete(reader, [row])[0]


def _complete(source: Source, rows: Sequence[ModelRow]) -> list[rm.RegisteredModel]:
    """The models in these rows, with their tags, aliases and latest versions."""
    keys = tuple(row.registered_model_key for row in rows)
    tags: dict[int, list[rm.RegisteredModelTag]] = {key: [] for key in keys}
    for key, name, value in source.execute(_SELECT_TAGS.format(placeholders(len(keys))), keys):
        tags[key].append(rm.RegisteredModelTag(name, value))
    pointing = aliases.of_models(source, keys)
    latest: dict[int, list[mv.ModelVersion]] = {key: [] for key in keys}
    version_rows = versions.highest_in_stages(source, keys)
    completed = versions.complete(source, version_rows, pointing)
    for row, version in zip(version_rows, completed, strict=True):
        latest[row.registered_model_key].append(version)
    return [
        rm.RegisteredModel(
            name=row.name,
            creation_timestamp=row.creation_timestamp,
            last_updated_timestamp=row.last_updated_timestamp,
            description=row.description or None,
            latest_versions=latest[row.registered_model_key],
            tag_list=tags[row.registered_model_key],
            alias_list=pointing[row.registered_model_key],
            workspace=row.workspace,
        )
        for row in rows
    ]


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"Registered Model (name={name}) already exists.")
