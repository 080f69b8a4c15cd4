"""Experiments in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from millstream.entities import experiments as e
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.entities import validation
from millstream.entities.asking import Asking
from millstream.errors import AlreadyExists, InvalidState, NotFound
from millstream.store.pending import Pending
from millstream.store.sql import table
from millstream.store.sql.access import grants, visibility
from millstream.store.sql.confinement import confined, experiments_within
from millstream.store.sql.connections import Row, Violation
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert, per_dialect, placeholders
from millstream.store.sql.lifecycle import (
    ACTIVE,
    DELETED,
    active_experiment,
    no_experiment,
    now,
)
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.membership import joined
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import find_experiments
from millstream.store.sql.transaction import Transaction

_INSERT = insert(
    "experiments",
    "name artifact_location lifecycle_stage creation_time last_update_time workspace",
)
_SET_LOCATION = "UPDATE experiments SET artifact_location = ? WHERE experiment_key = ?"
_COLUMNS = (
    "experiment_key, name, artifact_location, lifecycle_stage, creation_time, last_update_time, "
    "workspace"
)
_SELECT = f"SELECT {_COLUMNS} FROM experiments WHERE experiment_key IN ({{}})"
_SELECT_BY_NAME = f"SELECT {_COLUMNS} FROM experiments WHERE workspace = ? AND name = ?"
_SELECT_STAGE_BY_NAME = (
    "SELECT experiment_key, lifecycle_stage FROM experiments WHERE workspace = ? AND name = ?"
)
_SELECT_STAGE = "SELECT lifecycle_stage FROM experiments WHERE experiment_key = ?"
_RENAME = "UPDATE experiments SET name = ?, last_update_time = ? WHERE experiment_key = ?"
_SET_STAGE = (
    "UPDATE experiments SET lifecycle_stage = ?, last_update_time = ? WHERE experiment_key = ?"
)
_SET_STAGE_OF_RUNS = (
    "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? "
    "WHERE experiment_key = ? AND lifecycle_stage <> ?"
)
_UPSERT_TAG = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "experiment_tags", "experiment_key key value", key="experiment_key key", replaced="value"
    )
)
_DELETE_TAG = 'DELETE FROM experiment_tags WHERE experiment_key = ? AND "key" = ?'
_SELECT_TAGS = (
    'SELECT experiment_key, "key", value FROM experiment_tags '
    'WHERE experiment_key IN ({}) ORDER BY experiment_key, "key"'
)
_SELECT_DATASETS = """
SELECT DISTINCT r.experiment_key, d.name, d.digest, t.value
FROM runs r
JOIN dataset_inputs i ON i.run_key = r.run_key
JOIN datasets d ON d.dataset_key = i.dataset_key
LEFT JOIN dataset_input_tags t
    ON t.run_key = i.run_key AND t.dataset_key = i.dataset_key AND t."key" = 'mlflow.data.context'
WHERE r.experiment_key IN ({}) AND r.lifecycle_stage = 'active'
ORDER BY 1, 2, 3, 4
LIMIT 1000
"""
_MOST_AT_ONCE = 5_000


class SqlExperiments:
    """The experiments of a database."""

    def __init__(self, database: Database, root: ArtifactRoot, location_max_length: int) -> None:
        self._database = database
        self._root = root
        self._location_max_length = location_max_length

    def create(
        self, request: e.CreateExperiment, asking: Asking | None = None
    ) -> Pending[e.ExperimentCreated]:
        """Create; a name that is taken, even by a deleted experiment, raises `AlreadyExists`."""
        validation.check_experiment_name(request.name)
        for tag in request.tags:
            validation.check_experiment_tag(tag.key, tag.value)
        location = None
        if request.artifact_location:
            validation.check_artifact_location(request.artifact_location, self._location_max_length)
            location = self._root.shorten(request.artifact_location.rstrip("/") or "/")
        return grants.create(self._database, asking, _create, request, location, asking)

    def get(self, request: e.ExperimentId) -> e.Experiment:
        """Get by id, active or deleted."""
        key = validation.experiment_key(request.experiment_id)
        found = self._database.read(self._load, [key])
        if not found:
            raise no_experiment(request.experiment_id)
        return found[0]

    def get_by_name(self, request: e.GetExperimentByName) -> e.Experiment:
        """Get by name, active or deleted."""
        found = self._database.read(self._load_by_name, request.experiment_name)
        if not found:
            raise NotFound(f"Could not find experiment with name '{request.experiment_name}'")
        return found[0]

    def update(self, request: e.UpdateExperiment, asking: Asking | None = None) -> Pending[None]:
        """Rename an active experiment."""
        validation.check_experiment_name(request.new_name)
        key = validation.experiment_key(request.experiment_id)
        return self._database.write(_rename, key, request.new_name, asking)

    def delete(self, request: e.ExperimentId) -> Pending[None]:
        """Mark it and its active runs deleted; of a deleted one raises `NotFound`."""
        key = validation.experiment_key(request.experiment_id)
        return self._database.write(_set_stage, key, DELETED)

    def restore(self, request: e.ExperimentId) -> Pending[None]:
        """Undo `delete`, runs included; of an active one raises `NotFound`."""
        key = validation.experiment_key(request.experiment_id)
        return self._database.write(_set_stage, key, ACTIVE)

    def set_tag(self, request: e.SetExperimentTag) -> Pending[None]:
        """Set a tag of an active experiment."""
        validation.check_experiment_tag(request.key, request.value)
        return self._database.write(_set_tag, request)

    def delete_tag(self, request: e.DeleteExperimentTag) -> Pending[None]:
        """Remove a tag; an absent one raises `NotFound`."""
        return self._database.write(_delete_tag, request)

    def search(
        self, request: e.SearchExperiments, asking: Asking | None = None
    ) -> e.ExperimentPage:
        """Search; by default newest first."""
        return self._database.read(self._search, request, asking)

    def list_columns(self, request: rt.ListColumns) -> rt.ColumnSummaries:
        """The metrics, params and tags that the runs of an experiment have, by kind and key."""
        return self._database.read(table.list_columns, request)

    def list_values(self, request: rt.ListColumnValues) -> rt.ColumnTexts:
        """Different values of a column that begin with a text, in the order of characters."""
        return self._database.read(table.list_values, request)

    def search_datasets(
        self, request: r.SearchDatasets, asking: Asking | None = None
    ) -> r.DatasetSummaryPage:
        """The distinct (experiment, dataset, context) triples of the given experiments."""
        keys = [validation.experiment_key(key) for key in request.experiment_ids]
        return self._database.read(_search_datasets, keys, asking)

    def _search(
        self, reader: Reader, request: e.SearchExperiments, asking: Asking | None
    ) -> e.ExperimentPage:
        readable = visibility.readable(reader, asking, "experiment", "e.experiment_key")
        found = find_experiments(reader, request, readable)
        return e.ExperimentPage(self._load(reader, found.keys), found.next_page_token)

    def _load(self, reader: Reader, keys: Sequence[int]) -> list[e.Experiment]:
        """The experiments with these keys, in this order."""
        experiments: dict[int, e.Experiment] = {}
        for start in range(0, len(keys), _MOST_AT_ONCE):
            part = keys[start : start + _MOST_AT_ONCE]
            sql = _SELECT.format(placeholders(len(part)))
            rows = reader.execute(*confined(reader, sql, part))
            experiments |= self._complete(reader, rows)
        return [experiments[key] for key in keys if key in experiments]

    def _load_by_name(self, reader: Reader, name: str) -> list[e.Experiment]:
        rows = reader.execute(_SELECT_BY_NAME, (reader.workspace.name, name))
        return list(self._complete(reader, rows).values())

    def _complete(self, reader: Reader, rows: Sequence[Row]) -> dict[int, e.Experiment]:
        if not rows:
            return {}
        keys = [row[0] for row in rows]
        tags: dict[int, list[e.ExperimentTag]] = {key: [] for key in keys}
        for key, name, value in reader.execute(_SELECT_TAGS.format(placeholders(len(keys))), keys):
            tags[key].append(e.ExperimentTag(name, value))
        return {row[0]: self._experiment(row, tags[row[0]]) for row in rows}

    def _experiment(self, row: Row, tags: list[e.ExperimentTag]) -> e.Experiment:
        key, name, location, stage, created, updated, workspace = row
        return e.Experiment(
            str(key),
            name,
            self._root.expand(location),
            stage,
            tags,
            created,
            updated,
            workspace,
        )


def _create(
    transaction: Transaction,
    request: e.CreateExperiment,
    location: str | None,
    asking: Asking | None,
) -> tuple[e.ExperimentCreated, grants.Made]:
    _refuse_taken_name(transaction, request.name, asking)
    workspace = joined(transaction)
    moment = now()
    row = (request.name, location, ACTIVE, moment, moment, workspace.name)
    try:
        key = transaction.insert(_INSERT, row, "experiment_key")
    except Violation as error:
        raise _taken_meanwhile(request.name) from error
    if location is None:
        transaction.run(_SET_LOCATION, (workspace.home(key), key))
    transaction.touch_experiment(key)
    values = {tag.key: tag.value for tag in request.tags}
    for name, value in values.items():
        transaction.run(_UPSERT_TAG[transaction.dialect.name], (key, name, value))
    created = e.ExperimentCreated(str(key))
    return created, grants.Made("experiment", key, created.experiment_id)


def _refuse_taken_name(
    transaction: Transaction, name: str, asking: Asking | None, but: int | None = None
) -> None:
    """Who may not read the experiment that has the name is told no more than that."""
    rows = transaction.execute(_SELECT_STAGE_BY_NAME, (transaction.workspace.name, name))
    if not rows or rows[0][0] == but:
        return
    key, stage = rows[0]
    if not visibility.readable_keys(transaction, asking, "experiment", [key]):
        raise AlreadyExists(f"Experiment(name={name}) already exists.")
    if stage == DELETED:
        raise AlreadyExists(
            f"Experiment(name={name}) already exists. It is deleted, but its name is kept: "
            f"restore it (id {key}), or free its name with "
            f"`millstream gc --experiment-ids {key}`."
        )
    raise AlreadyExists(f"Experiment(name={name}) already exists. Its id is {key}.")


def _taken_meanwhile(name: str) -> AlreadyExists:
    """The error for a name that another process took after it was looked up."""
    return AlreadyExists(f"Experiment(name={name}) already exists.")


def _stage(transaction: Transaction, key: int) -> str:
    rows: Sequence[Any] = transaction.execute(*confined(transaction, _SELECT_STAGE, (key,)))
    if not rows:
        raise no_experiment(key)
    return str(rows[0][0])


def _rename(transaction: Transaction, key: int, name: str, asking: Asking | None) -> None:
    if _stage(transaction, key) != ACTIVE:
        raise InvalidState("Cannot rename a non-active experiment.")
    _refuse_taken_name(transaction, name, asking, but=key)
    try:
        transaction.run(_RENAME, (name, now(), key))
    except Violation as error:
        raise _taken_meanwhile(name) from error
    transaction.touch_experiment(key)


def _set_stage(transaction: Transaction, key: int, stage: str) -> None:
    if _stage(transaction, key) == stage:
        raise no_experiment(key)
    moment = now()
    transaction.touch_experiment(key)
    transaction.run(_SET_STAGE, (stage, moment, key))
    deleted_time = moment if stage == DELETED else None
    transaction.run(_SET_STAGE_OF_RUNS, (stage, deleted_time, key, stage))


def _set_tag(transaction: Transaction, request: e.SetExperimentTag) -> None:
    key, _ = active_experiment(transaction, request.experiment_id)
    transaction.touch_experiment(key)
    row = (key, request.key, request.value)
    transaction.run(_UPSERT_TAG[transaction.dialect.name], row)


def _delete_tag(transaction: Transaction, request: e.DeleteExperimentTag) -> None:
    key, _ = active_experiment(transaction, request.experiment_id)
    transaction.touch_experiment(key)
    if not transaction.run(_DELETE_TAG, (key, request.key)):
        raise NotFound(
            f"No tag with name: {request.key} in experiment with id {request.experiment_id}"
        )


def _search_datasets(
    reader: Reader, asked: Sequence[int], asking: Asking | None
) -> r.DatasetSummaryPage:
    within = experiments_within(reader, asked)
    keys = visibility.readable_keys(reader, asking, "experiment", within)
    if not keys:
        return r.DatasetSummaryPage()
    rows = reader.execute(_SELECT_DATASETS.format(placeholders(len(keys))), keys)
    return r.DatasetSummaryPage([r.DatasetSummary(str(row[0]), *row[1:]) for row in rows])
