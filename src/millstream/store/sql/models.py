"""Logged models in SQL."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any

from millstream.entities import models as lm
from millstream.entities import validation
from millstream.entities.asking import Asking
from millstream.entities.metrics import Metric
from millstream.errors import AlreadyExists, BadRequest, InvalidParameter, NotFound
from millstream.store.pending import Pending
from millstream.store.sql.access import visibility
from millstream.store.sql.confinement import confined
from millstream.store.sql.connections import Row, Violation
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert, per_dialect, placeholders
from millstream.store.sql.lifecycle import ACTIVE, DELETED, active_experiment, now
from millstream.store.sql.locations import ArtifactRoot, below
from millstream.store.sql.names import random_name
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import protected_files
from millstream.store.sql.search import find_models
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import meant, number_in

_INSERT = insert(
    "logged_models",
    "model_id experiment_key name artifact_location creation_timestamp_ms "
    "last_updated_timestamp_ms status lifecycle_stage model_type source_run_id",
)
_COLUMNS = (
    "model_key, model_id, experiment_key, name, artifact_location, creation_timestamp_ms, "
    "last_updated_timestamp_ms, status, lifecycle_stage, model_type, source_run_id, status_message"
)
_SELECT_BY_ID = f"SELECT {_COLUMNS} FROM logged_models WHERE model_id = ?"
_SELECT = f"SELECT {_COLUMNS} FROM logged_models WHERE model_key IN ({{}})"
_SELECT_STAGE = "SELECT model_key, lifecycle_stage FROM logged_models WHERE model_id = ?"
_SELECT_ORIGIN = (
    "SELECT model_key, source_run_id, name, artifact_location FROM logged_models WHERE model_id = ?"
)
_SET_STATUS = (
    "UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ? WHERE model_key = ?"
)
_SET_STAGE = (
    "UPDATE logged_models SET lifecycle_stage = ?, last_updated_timestamp_ms = ? "
    "WHERE model_key = ? AND lifecycle_stage <> ?"
)
_INSERT_PARAM = per_dialect(
    lambda dialect: dialect.insert_new(
        "logged_model_params", "model_key key value number", key="model_key key"
    )
)
_SELECT_PARAM = 'SELECT value FROM logged_model_params WHERE model_key = ? AND "key" = ?'
_UPSERT_TAG = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "logged_model_tags", "model_key key value", key="model_key key", replaced="value"
    )
)
_DELETE_TAG = 'DELETE FROM logged_model_tags WHERE model_key = ? AND "key" = ?'
_SELECT_PARAMS = (
    'SELECT model_key, "key", value FROM logged_model_params '
    'WHERE model_key IN ({}) ORDER BY model_key, "key"'
)
_SELECT_TAGS = (
    'SELECT model_key, "key", value FROM logged_model_tags '
    'WHERE model_key IN ({}) ORDER BY model_key, "key"'
)
_SELECT_METRICS = """
SELECT m.model_key, m."key", m.value, m.special, m.timestamp, m.step,
    m.dataset_name, m.dataset_digest, r.run_id
FROM logged_model_metrics m JOIN runs r ON r.run_key = m.run_key
WHERE m.model_key IN ({}) ORDER BY m.model_key, m."key", m.step, m.timestamp, m.value
"""
_MOST_AT_ONCE = 5_000
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")


class SqlModels:
    """The logged models of a database."""

    def __init__(self, database: Database, root: ArtifactRoot) -> None:
        self._database = database
        self._root = root

    def create(self, request: lm.CreateLoggedModel) -> Pending[lm.LoggedModel]:
        """Create in an active experiment, with status PENDING."""
        validation.experiment_key(request.experiment_id)
        if request.name:
            validation.check_model_name(request.name)
        validation.check_length(request.source_run_id, "source_run_id", 256)
        if request.model_id is not None and _MODEL_ID.fullmatch(request.model_id) is None:
            raise InvalidParameter(
                f"Invalid model ID '{request.model_id}'. It must be 'm-' and 32 hexadecimal digits."
            )
        _check_texts(request.params)
        _check_texts(request.tags)
        return self._database.write(self._create, request)

    def get(self, request: lm.GetLoggedModel) -> lm.LoggedModel:
        """Get by id."""
        return self._database.read(self._get, request.model_id, request.allow_deleted)

    def finalize(self, request: lm.FinalizeLoggedModel) -> Pending[lm.LoggedModel]:
        """Set the status."""
        return self._database.write(self._finalize, request)

    def delete(self, request: lm.LoggedModelId) -> Pending[None]:
        """Mark deleted; twice is the same as once."""
        return self._database.write(_delete, request.model_id)

    def search(
        self, request: lm.SearchLoggedModels, asking: Asking | None = None
    ) -> lm.LoggedModelPage:
        """Search; by default newest first."""
        return self._database.read(self._search, request, asking)

    def set_tags(self, request: lm.SetLoggedModelTags) -> Pending[None]:
        """Set tags, replacing their values."""
        _check_texts(request.tags)
        return self._database.write(_set_tags, request.model_id, request.tags)

    def delete_tag(self, request: lm.DeleteLoggedModelTag) -> Pending[None]:
        """Remove a tag; an absent one raises `NotFound`."""
        return self._database.write(_delete_tag, request.model_id, request.tag_key)

    def log_params(self, request: lm.LogLoggedModelParams) -> Pending[None]:
        """Log params; the same value again is accepted, another one refused."""
        _check_texts(request.params)
        return self._database.write(_log_params, request.model_id, request.params)

    def _create(self, transaction: Transaction, request: lm.CreateLoggedModel) -> lm.LoggedModel:
        experiment_key, location = active_experiment(transaction, request.experiment_id)
        if request.source_run_id and request.name:
            protected_files.check_meaning(transaction, request.source_run_id, request.name)
        model_id = request.model_id or f"m-{uuid.uuid4().hex}"
        created = now()
        row = (
            model_id,
            experiment_key,
            request.name or random_name(),
            below(location, f"models/{model_id}/artifacts"),
            created,
            created,
            lm.LoggedModelStatus.PENDING.wire_name,
            ACTIVE,
            request.model_type,
            request.source_run_id,
        )
        try:
            model_key = transaction.insert(_INSERT, row, "model_key")
        except Violation as error:
            raise AlreadyExists(f"Logged model with ID '{model_id}' already exists.") from error
        _write_params(transaction, model_key, model_id, request.params)
        _write_tags(transaction, model_key, request.tags)
        return self._get(transaction, model_id, allow_deleted=False)

    def _get(
        self, source: Reader | Transaction, model_id: str, allow_deleted: bool
    ) -> lm.LoggedModel:
        rows = source.execute(*confined(source, _SELECT_BY_ID, (model_id,)))
        if not rows or (rows[0][8] == DELETED and not allow_deleted):
            raise no_model(model_id)
        return self._complete(source, rows)[0]

    def _finalize(
        self, transaction: Transaction, request: lm.FinalizeLoggedModel
    ) -> lm.LoggedModel:
        model_key = _active_model(transaction, request.model_id)
        transaction.run(_SET_STATUS, (request.status, now(), model_key))
        return self._get(transaction, request.model_id, allow_deleted=False)

    def _search(
        self, reader: Reader, request: lm.SearchLoggedModels, asking: Asking | None
    ) -> lm.LoggedModelPage:
        readable = visibility.restricted(reader, asking, request).experiment_ids
        found = find_models(reader, request, readable)
        models: list[lm.LoggedModel] = []
        for start in range(0, len(found.keys), _MOST_AT_ONCE):
            part = found.keys[start : start + _MOST_AT_ONCE]
            rows = reader.execute(_SELECT.format(placeholders(len(part))), part)
            by_key = {row[0]: row for row in rows}
            models += self._complete(reader, [by_key[key] for key in part if key in by_key])
        return lm.LoggedModelPage(models, found.next_page_token)

    def _complete(self, source: Reader | Transaction, rows: Sequence[Row]) -> list[lm.LoggedModel]:
        """The models of these rows, with what was logged for them."""
        keys = [row[0] for row in rows]
        if not keys:
            return []
        marks = placeholders(len(keys))
        params: dict[int, list[lm.LoggedModelParameter]] = {key: [] for key in keys}
        tags: dict[int, list[lm.LoggedModelTag]] = {key: [] for key in keys}
        metrics: dict[int, list[Metric]] = {key: [] for key in keys}
        for key, name, value in source.execute(_SELECT_PARAMS.format(marks), keys):
            params[key].append(lm.LoggedModelParameter(name, value))
        for key, name, value in source.execute(_SELECT_TAGS.format(marks), keys):
            tags[key].append(lm.LoggedModelTag(name, value))
        model_ids = {row[0]: row[1] for row in rows}
        for key, *metric in source.execute(_SELECT_METRICS.format(marks), keys):
            metrics[key].append(_metric(model_ids[key], metric))
        return [
            lm.LoggedModel(
                self._info(row, tags[row[0]]), lm.LoggedModelData(params[row[0]], metrics[row[0]])
            )
            for row in rows
        ]

    def _info(self, row: Row, tags: list[lm.LoggedModelTag]) -> lm.LoggedModelInfo:
        _, model_id, experiment_key, name, location, created, updated, status, _, *rest = row
        model_type, source_run_id, status_message = rest
        return lm.LoggedModelInfo(
            model_id=model_id,
            experiment_id=str(experiment_key),
            name=name,
            creation_timestamp_ms=created,
            last_updated_timestamp_ms=updated,
            artifact_uri=self._root.expand(location),
            status=status,
            model_type=model_type,
            source_run_id=source_run_id,
            status_message=status_message,
            tags=tags,
        )


def _check_texts(items: Sequence[lm.LoggedModelParameter] | Sequence[lm.LoggedModelTag]) -> None:
    for item in items:
        validation.check_length(item.key, "key", validation.LONGEST_KEY)
        validation.check_value(item.value, "value")


def no_model(model_id: str) -> NotFound:
    """The error for a logged model that does not exist, or is deleted."""
    return NotFound(f"Logged model with ID '{model_id}' not found.")


def _active_model(transaction: Transaction, model_id: str) -> int:
    rows = transaction.execute(*confined(transaction, _SELECT_STAGE, (model_id,)))
    if not rows or rows[0][1] == DELETED:
        raise no_model(model_id)
    return int(rows[0][0])


def _delete(transaction: Transaction, model_id: str) -> None:
    rows = transaction.execute(*confined(transaction, _SELECT_ORIGIN, (model_id,)))
    if not rows:
        raise no_model(model_id)
    model_key, run_id, name, location = rows[0]
    if run_id:
        protected_files.check_meaning(transaction, run_id, name, location)
    transaction.run(_SET_STAGE, (DELETED, now(), model_key, DELETED))


def _set_tags(transaction: Transaction, model_id: str, tags: Sequence[lm.LoggedModelTag]) -> None:
    _write_tags(transaction, _active_model(transaction, model_id), tags)


def _write_tags(
    transaction: Transaction, model_key: int, tags: Sequence[lm.LoggedModelTag]
) -> None:
    for tag in tags:
        transaction.run(_UPSERT_TAG[transaction.dialect.name], (model_key, tag.key, tag.value))


def _delete_tag(transaction: Transaction, model_id: str, key: str) -> None:
    model_key = _active_model(transaction, model_id)
    if not transaction.run(_DELETE_TAG, (model_key, key)):
        raise NotFound(f"No tag with key '{key}' found for model with ID '{model_id}'.")


def _log_params(
    transaction: Transaction, model_id: str, params: Sequence[lm.LoggedModelParameter]
) -> None:
    _write_params(transaction, _active_model(transaction, model_id), model_id, params)


def _write_params(
    transaction: Transaction,
    model_key: int,
    model_id: str,
    params: Sequence[lm.LoggedModelParameter],
) -> None:
    for param in params:
        row = (model_key, param.key, param.value, number_in(param.value))
        if transaction.run(_INSERT_PARAM[transaction.dialect.name], row):
            continue
        old = transaction.execute(_SELECT_PARAM, row[:2])[0][0]
        if old != param.value:
            raise BadRequest(
                f"Changing param values is not allowed. Param with key='{param.key}' was already "
                f"logged with value='{old}' for model ID='{model_id}'. "
                f"Attempted logging new value '{param.value}'."
            )


def _metric(model_id: str, row: Sequence[Any]) -> Metric:
    key, value, special, timestamp, step, dataset_name, dataset_digest, run_id = row
    return Metric(
        key,
        meant(value, special),
        timestamp,
        step,
        model_id,
        dataset_name or None,
        dataset_digest or None,
        run_id,
    )
