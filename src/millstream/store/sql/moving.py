"""Runs go to another experiment, with all that is kept by experiment."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.runs import MoveRuns
from millstream.store.sql.dialect import per_dialect, placeholders
from millstream.store.sql.lifecycle import active_experiment
from millstream.store.sql.many_runs import lock_active_runs
from millstream.store.sql.transaction import Transaction

_TABLES_BY_RUN = ("runs", "params", "tags", "latest_metrics")
_MOVE_MODELS = "UPDATE logged_models SET experiment_key = ? WHERE source_run_id IN ({})"
_SELECT_DATASETS = """
SELECT DISTINCT d.dataset_key, d.name, d.digest FROM dataset_inputs i
JOIN datasets d ON d.dataset_key = i.dataset_key
WHERE i.run_key IN ({}) AND d.experiment_key <> ?
"""
_SELECT_DESCRIPTION = (
    'SELECT source_type, source, "schema", profile FROM datasets WHERE dataset_key = ?'
)
_INSERT_COPY = per_dialect(
    lambda dialect: dialect.insert_new(
        "datasets",
        "experiment_key name digest source_type source schema profile",
        "experiment_key name digest",
    )
)
_SELECT_COPY = (
    "SELECT dataset_key FROM datasets WHERE experiment_key = ? AND name = ? AND digest = ?"
)
_TABLES_BY_DATASET = ("dataset_input_tags", "dataset_inputs")


def move_runs(transaction: Transaction, request: MoveRuns) -> None:
    """Move active runs to an active experiment, all or none; their files stay where they are."""
    target, _ = active_experiment(transaction, request.experiment_id)
    run_ids = sorted(set(request.run_ids))
    runs = lock_active_runs(transaction, run_ids)
    for run in runs:
        transaction.touch_run(run.run_id, target)
    run_keys = [run.run_key for run in runs]
    marks = placeholders(len(run_keys))
    for table in _TABLES_BY_RUN:
        sql = f"UPDATE {table} SET experiment_key = ? WHERE run_key IN ({marks})"
        transaction.run(sql, (target, *run_keys))
    transaction.run(_MOVE_MODELS.format(marks), (target, *run_ids))
    _move_datasets(transaction, run_keys, target)


def _move_datasets(transaction: Transaction, run_keys: Sequence[int], target: int) -> None:
    """Datasets belong to an experiment: the runs get those of the same name and digest there."""
    marks = placeholders(len(run_keys))
    rows = transaction.execute(_SELECT_DATASETS.format(marks), (*run_keys, target))
    for dataset_key, name, digest in rows:
        identity = (target, name, digest)
        description = transaction.execute(_SELECT_DESCRIPTION, (dataset_key,))[0]
        transaction.run(_INSERT_COPY[transaction.dialect.name], (*identity, *description))
        copy = transaction.execute(_SELECT_COPY, identity)[0][0]
        for table in _TABLES_BY_DATASET:
            where = f"dataset_key = ? AND run_key IN ({marks})"
            sql = f"UPDATE {table} SET dataset_key = ? WHERE {where}"
            transaction.run(sql, (copy, dataset_key, *run_keys))
