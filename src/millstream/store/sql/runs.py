"""Runs in SQL."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.entities import validation
from millstream.entities.asking import Asking
from millstream.entities.metrics import Metric
from millstream.entities.run_leases import RunLease
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.pending import Pending
from millstream.store.sql import (
    complete_runs,
    inputs,
    leases,
    many_runs,
    params,
    points,
    tags,
    whole_runs,
)
from millstream.store.sql.access import visibility
from millstream.store.sql.confinement import confined
from millstream.store.sql.connections import Contended, Row, Violation
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert
from millstream.store.sql.earlier_attempts import put_aside
from millstream.store.sql.lifecycle import (
    ACTIVE,
    DELETED,
    active_experiment,
    active_run,
    any_run,
    logged_run,
    no_run,
    now,
)
from millstream.store.sql.locations import ArtifactRoot, below
from millstream.store.sql.moving import move_runs
from millstream.store.sql.names import random_name
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import find_named_runs, find_runs
from millstream.store.sql.table import get_groups, get_table
from millstream.store.sql.transaction import Transaction

_MODEL_HISTORY = "mlflow.log-model.history"
_MODEL_FIELDS = ("artifact_path", "flavors", "utc_time_created", "run_id")

_INSERT = insert(
    "runs",
    "run_id experiment_key name user_id status start_time lifecycle_stage artifact_uri",
)
_SELECT_BY_ID = f"SELECT {whole_runs.INFO_COLUMNS} FROM runs WHERE run_id = ?"
_UPDATE = "UPDATE runs SET status = ?, end_time = ?, name = ? WHERE run_key = ?"
_SET_STAGE = (
    "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? "
    "WHERE run_key = ? AND lifecycle_stage <> ?"
)
_SELECT_TAGS = (
    'SELECT k.name, t.value FROM tags t JOIN "keys" k ON k.key_id = t.key_id '
    "WHERE t.run_key = ? ORDER BY k.name"
)
_SELECT_TAG = "SELECT value FROM tags WHERE run_key = ? AND key_id = ?"
_LOCK_RUN = "SELECT run_key FROM runs WHERE run_key = ? {}"


class SqlRuns:
    """The runs of a database, with params, tags, inputs and outputs."""

    def __init__(self, database: Database, root: ArtifactRoot) -> None:
        self._database = database
        self._root = root

    def create(self, request: r.CreateRun) -> Pending[r.Run]:
        """Create in an active experiment, with status RUNNING; an own id again gives that run."""
        validation.experiment_key(request.experiment_id)
        for tag in request.tags:
            validation.check_length(tag.key, "key", validation.LONGEST_KEY)
            validation.check_value(tag.value, "value")
        if request.run_id is not None:
            validation.check_run_id(request.run_id)
        if request.lease is not None:
            leases.check_lease(request.lease)
        return self._database.write(self._create, request, _name_of_new_run(request))

    def create_complete(self, experiment_id: str, runs: Sequence[r.Run]) -> Pending[None]:
        """Create runs with all that they logged, the points of `data.metric_list` included.

        All or none of them; a run ID that is taken raises `AlreadyExists`. Hundreds at once are
        much faster than one by one, since an index page is then written once for all of them.
        Models among their inputs and outputs are refused with `NotSupported`.
        """
        complete_runs.check(runs)
        return self._database.write(complete_runs.create, experiment_id, runs)

    def get(self, request: r.RunId) -> r.Run:
        """Get, active or deleted."""
        return self._database.read(self._get, request.run_id)

    def update(self, request: r.UpdateRun) -> Pending[r.RunInfo]:
        """Change status, end time or name; the tag mlflow.runName follows the name."""
        if request.run_name:
            validation.check_value(request.run_name, "run_name")
        return self._database.write(self._update, request)

    def delete(self, request: r.RunId) -> Pending[None]:
        """Mark deleted; twice is the same as once."""
        return self._database.write(_set_stage, request.run_id, DELETED, now())

    def restore(self, request: r.RunId) -> Pending[None]:
        """Mark active; twice is the same as once."""
        return self._database.write(_set_stage, request.run_id, ACTIVE, None)

    def move(self, request: r.MoveRuns) -> Pending[None]:
        """Move active runs to an active experiment, all or none."""
        many_runs.check_number(request.run_ids)
        return self._database.write(move_runs, request)

    def set_lifecycle_stage(self, request: r.SetLifecycleStage) -> Pending[None]:
        """Delete or restore many, all or none; an unknown one raises `NotFound`."""
        many_runs.check_number(request.run_ids)
        return self._database.write(many_runs.set_lifecycle_stage, request)

    def tag(self, request: r.TagRuns) -> Pending[None]:
        """Set or remove one tag of many, all or none."""
        many_runs.check_tagged(request)
        return self._database.write(many_runs.tag_runs, request)

    def search(self, request: r.SearchRuns, asking: Asking | None = None) -> r.RunPage:
        """Search; by default newest first, then by run id."""
        return self._database.read(self._search, request, asking)

    def find(self, request: r.FindRuns, asking: Asking | None = None) -> r.RunsFound:
        """Active runs of all experiments by their ID or name; names of the newest 100,000 only."""
        return self._database.read(self._find, request, asking)

    def get_table(self, request: rt.GetRunTable, asking: Asking | None = None) -> rt.RunTable:
        """Rows of the table of runs as columns, from any offset on, with the exact total."""
        return self._database.read(self._get_table, request, asking)

    def get_groups(self, request: rt.GetRunGroups, asking: Asking | None = None) -> rt.RunGroups:
        """Groups of runs that have the same values, with what their measures are like."""
        return self._database.read(self._get_groups, request, asking)

    def log_param(self, request: r.LogParam) -> Pending[None]:
        """Log a param; the same value again is accepted, another one refused."""
        validation.check_param_key(request.key)
        validation.check_value(request.value, "Param value")
        return self._database.write(_log_param, request)

    def set_tag(self, request: r.SetTag) -> Pending[None]:
        """Set a tag, replacing its value."""
        validation.check_tag_key(request.key)
        validation.check_value(request.value, "value")
        return self._database.write(_set_tag, request)

    def delete_tag(self, request: r.DeleteTag) -> Pending[None]:
        """Remove a tag; an absent one raises `NotFound`."""
        return self._database.write(_delete_tag, request)

    def log_batch(self, request: r.LogBatch) -> Pending[None]:
        """Log metrics, params and tags, all or nothing; the same batch again changes nothing."""
        validation.check_batch(request)
        return self._database.write(_log_batch, request)

    def log_inputs(self, request: r.LogInputs) -> Pending[None]:
        """Record inputs; a dataset's first description and a link's first tags are kept."""
        validation.check_dataset_inputs(request.datasets)
        validation.check_model_ids([model.model_id for model in request.models])
        return self._database.write(_log_inputs, request)

    def log_outputs(self, request: r.LogOutputs) -> Pending[None]:
        """Record the models that a run produced."""
        validation.check_model_ids([model.model_id for model in request.models])
        return self._database.write(_log_outputs, request)

    def log_model_history(self, request: r.LogModelHistory) -> Pending[None]:
        """Append to the tag mlflow.log-model.history."""
        return self._database.write(_log_model_history, request, _model(request.model_json))

    def _create(self, transaction: Transaction, request: r.CreateRun, name: str) -> r.Run:
        experiment_key, location = active_experiment(transaction, request.experiment_id)
        if request.run_id is not None:
            known = (request.run_id, experiment_key, request.lease)
            existing = self._existing(transaction, *known)
            if existing is not None:
                return existing
        run_id = request.run_id or uuid.uuid4().hex
        uri = below(location, f"{run_id}/artifacts")
        user_id = request.user_id or ""
        start = now() if request.start_time is None else request.start_time
        row = (run_id, experiment_key, name, user_id, "RUNNING", start, ACTIVE, uri)
        try:
            run_key = transaction.insert(_INSERT, row, "run_key")
        except Violation as error:  # somebody was faster: what they made is found the next time
            raise Contended(f"Run with id={run_id} is being created") from error
        transaction.touch_run(run_id, experiment_key)
        if request.lease is not None:
            leases.begin(transaction, [run_key], request.lease)
        values = {tag.key: tag.value for tag in request.tags}
        values[tags.RUN_NAME] = name
        tags.insert_tags(transaction, run_key, experiment_key, values)
        columns = (run_key, *row[:6], None, *row[6:])
        logged = r.RunData([], [], [r.RunTag(key, values[key]) for key in sorted(values)])
        return r.Run(whole_runs.info(columns, self._root), logged)

    def _existing(
        self, transaction: Transaction, run_id: str, experiment_key: int, lease: RunLease | None
    ) -> r.Run | None:
        """The run of an id that was chosen by the caller, who may have asked before."""
        rows = transaction.execute(_SELECT_BY_ID, (run_id,))
        if not rows:
            return None
        if rows[0][2] != experiment_key or rows[0][8] != ACTIVE:
            raise AlreadyExists(f"Run with id={run_id} already exists")
        if lease is not None and rows[0][5] in leases.OPEN:
            leases.begin(transaction, [rows[0][0]], lease)
        found = [r.RunTag(*row) for row in transaction.execute(_SELECT_TAGS, (rows[0][0],))]
        return r.Run(whole_runs.info(rows[0], self._root), r.RunData([], [], found))

    def _get(self, reader: Reader, run_id: str) -> r.Run:
        rows = reader.execute(*confined(reader, _SELECT_BY_ID, (run_id,)))
        found = whole_runs.complete(reader, rows, self._root)
        if not found:
            raise no_run(run_id)
        return found[0]

    def _search(self, reader: Reader, request: r.SearchRuns, asking: Asking | None) -> r.RunPage:
        readable = visibility.restricted(reader, asking, request).experiment_ids
        found = find_runs(reader, request, self._root, readable)
        runs = whole_runs.load_runs(reader, found.keys, self._root)
        return r.RunPage(runs, found.next_page_token)

    def _get_table(
        self, reader: Reader, request: rt.GetRunTable, asking: Asking | None
    ) -> rt.RunTable:
        return get_table(reader, visibility.restricted(reader, asking, request), self._root)

    def _get_groups(
        self, reader: Reader, request: rt.GetRunGroups, asking: Asking | None
    ) -> rt.RunGroups:
        return get_groups(reader, visibility.restricted(reader, asking, request), self._root)

    def _find(self, reader: Reader, request: r.FindRuns, asking: Asking | None) -> r.RunsFound:
        readable = visibility.readable(reader, asking, "experiment", "experiment_key")
        rows = find_named_runs(reader, request, readable)
        return r.RunsFound([whole_runs.info(row, self._root) for row in rows])

    def _update(self, transaction: Transaction, request: r.UpdateRun) -> r.RunInfo:
        run_key, experiment_key = active_run(transaction, request.run_id)
        row = list(_info_row(transaction, request.run_id))
        if request.run_name:
            row[3] = request.run_name
            values = {tags.RUN_NAME: request.run_name}
            tags.insert_tags(transaction, run_key, experiment_key, values)
        row[5] = request.status or row[5]
        row[7] = row[7] if request.end_time is None else request.end_time
        transaction.run(_UPDATE, (row[5], row[7], row[3], run_key))
        if request.status is not None:
            leases.follow_status(transaction, run_key, request.status)
        return whole_runs.info(tuple(row), self._root)


def _name_of_new_run(request: r.CreateRun) -> str:
    tagged = next((tag.value for tag in request.tags if tag.key == tags.RUN_NAME), None)
    given = request.run_name
    if given and tagged and given != tagged:
        raise InvalidParameter(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different "
            f"values (run_name='{given}', mlflow.runName='{tagged}')."
        )
    name = given or tagged or random_name()
    validation.check_value(name, "run_name")
    return name


def _info_row(transaction: Transaction, run_id: str) -> Row:
    return transaction.execute(_SELECT_BY_ID, (run_id,))[0]


def _set_stage(transaction: Transaction, run_id: str, stage: str, deleted_time: int | None) -> None:
    run_key = any_run(transaction, run_id)[0]
    transaction.run(_SET_STAGE, (stage, deleted_time, run_key, stage))


def _log_param(transaction: Transaction, request: r.LogParam) -> None:
    run_key, experiment_key = active_run(transaction, request.run_id)
    param = r.Param(request.key, request.value)
    params.log_param(transaction, request.run_id, run_key, experiment_key, param)


def _set_tag(transaction: Transaction, request: r.SetTag) -> None:
    run_key, experiment_key = active_run(transaction, request.run_id)
    tags.set_tag(transaction, run_key, experiment_key, request.key, request.value)


def _delete_tag(transaction: Transaction, request: r.DeleteTag) -> None:
    run_key, _ = active_run(transaction, request.run_id)
    if not tags.remove_tag(transaction, request.key, [run_key]):
        raise NotFound(f"No tag with name: {request.key} in run with id {request.run_id}")


def _log_batch(transaction: Transaction, request: r.LogBatch) -> None:
    run_id = request.run_id
    run_key, experiment_key, is_resumed = logged_run(transaction, run_id)
    if request.params:
        params.log_params(transaction, run_id, run_key, experiment_key, request.params)
    metrics: Sequence[Metric] = request.metrics
    if is_resumed:
        metrics = put_aside(transaction, run_key, metrics)
    if metrics:
        points.log_points(transaction, run_key, experiment_key, metrics)
    if request.tags:
        tags.set_tags(transaction, run_key, experiment_key, request.tags)


def _log_inputs(transaction: Transaction, request: r.LogInputs) -> None:
    run_key, experiment_key = active_run(transaction, request.run_id)
    inputs.log_datasets(transaction, run_key, experiment_key, request.datasets)
    links = [(model.model_id, 0) for model in request.models]
    inputs.link_models(transaction, run_key, inputs.INPUT, links)


def _log_outputs(transaction: Transaction, request: r.LogOutputs) -> None:
    run_key, _ = active_run(transaction, request.run_id)
    links = [(model.model_id, model.step) for model in request.models]
    inputs.link_models(transaction, run_key, inputs.OUTPUT, links)


def _model(model_json: str) -> dict[str, Any]:
    try:
        model = json.loads(model_json)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(
            f"Malformed model info. \n {model_json} \n is not a valid JSON."
        ) from error
    if not isinstance(model, dict):
        raise InvalidParameter(f"Malformed model info. \n {model_json} \n is not a JSON object.")
    missing = [field for field in _MODEL_FIELDS if field not in model]
    if missing:
        raise InvalidParameter(f"Model json is missing mandatory fields: {missing}")
    return model


def _log_model_history(
    transaction: Transaction, request: r.LogModelHistory, model: dict[str, Any]
) -> None:
    run_key, experiment_key = active_run(transaction, request.run_id)
    transaction.execute(_LOCK_RUN.format(transaction.dialect.for_update), (run_key,))
    key_id = transaction.intern(_MODEL_HISTORY)
    found = transaction.execute(_SELECT_TAG, (run_key, key_id))
    history = json.loads(found[0][0]) if found else []
    value = json.dumps([*history, model])
    validation.check_value(value, _MODEL_HISTORY)
    tags.set_tag(transaction, run_key, experiment_key, _MODEL_HISTORY, value)
