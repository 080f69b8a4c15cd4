"""Runs that are over elsewhere, written with all that they logged, many in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities import validation
from millstream.entities.runs import LogBatch, Run
from millstream.errors import AlreadyExists, InvalidParameter, NotSupported
from millstream.store.sql import inputs, params, points, tags
from millstream.store.sql.connections import Violation
from millstream.store.sql.dialect import insert
from millstream.store.sql.lifecycle import ACTIVE, active_experiment
from millstream.store.sql.locations import below
from millstream.store.sql.transaction import Transaction

_INSERT = insert(
    "runs",
    "run_id experiment_key name user_id status start_time end_time lifecycle_stage artifact_uri",
)


def check(runs: Sequence[Run]) -> None:
    """Check what is checked when a run is logged step by step, but for the sizes of requests."""
    for run in runs:
        validation.check_run_id(run.info.run_id)
        if not run.info.run_name:
            raise InvalidParameter(f"Run {run.info.run_id} has no name; give it one.")
        validation.check_value(run.info.run_name, "run_name")
        data = run.data
        logged = LogBatch(run.info.run_id, data.metric_list, data.param_list, data.tag_list)
        validation.check_batch_contents(logged)
        validation.check_dataset_inputs(run.inputs.dataset_inputs)
        named = (metric.model_id for metric in data.metric_list)
        if run.inputs.model_inputs or run.outputs.model_outputs or any(named):
            raise NotSupported(
                f"Run {run.info.run_id} has links to logged models, which are not written whole; "
                "log them with log_inputs, log_outputs and log_batch."
            )


def create(transaction: Transaction, experiment_id: str, runs: Sequence[Run]) -> None:
    """Create checked runs in an active experiment."""
    experiment_key, location = active_experiment(transaction, experiment_id)
    keys = [insert_run(transaction, experiment_key, location, run) for run in runs]
    for run_key, run in zip(keys, runs, strict=True):
        values = {tag.key: tag.value for tag in run.data.tag_list}
        values[tags.RUN_NAME] = str(run.info.run_name)
        tags.insert_tags(transaction, run_key, experiment_key, values)
        datasets = run.inputs.dataset_inputs
        inputs.log_datasets(transaction, run_key, experiment_key, datasets)
    param_lists = [(key, run.data.param_list) for key, run in zip(keys, runs, strict=True)]
    params.log_params_of_new_runs(transaction, experiment_key, param_lists)
    metric_lists = [(key, run.data.metric_list) for key, run in zip(keys, runs, strict=True)]
    points.log_points_of_new_runs(transaction, experiment_key, metric_lists)


def insert_run(transaction: Transaction, experiment_key: int, location: str, run: Run) -> int:
    """Write the row of a run, with its files below `location`; returns its `run_key`."""
    info = run.info
    transaction.touch_run(info.run_id, experiment_key)
    uri = below(location, f"{info.run_id}/artifacts")
    times = (info.start_time, info.end_time)
    row = (info.run_id, experiment_key, info.run_name, info.user_id, info.status, *times)
    try:
        return transaction.insert(_INSERT, (*row, ACTIVE, uri), "run_key")
    except Violation as error:
        raise AlreadyExists(f"Run with id={info.run_id} already exists") from error
