"""Who may be written to: active runs and active experiments."""

from __future__ import annotations

import time
from typing import Protocol

from millstream.entities import validation
from millstream.errors import InvalidParameter, NotFound
from millstream.store.sql.confinement import Within, confined
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import Dialect
from millstream.store.sql.partners import Rows
from millstream.store.sql.transaction import Transaction

ACTIVE = "active"
DELETED = "deleted"

_SELECT_RUN = (
    "SELECT run_key, experiment_key, lifecycle_stage, earlier_attempts FROM runs WHERE run_id = ?"
)
_SELECT_EXPERIMENT = (
    "SELECT experiment_key, artifact_location, lifecycle_stage FROM experiments "
    "WHERE experiment_key = ?"
)


class Source(Rows, Within, Protocol):
    """A reader or a transaction: its own tables, and those that may be in another database."""

    dialect: Dialect

    @property
    def tracking(self) -> Rows:
        """Where the tables of runs and logged models are."""

    @property
    def registry(self) -> Rows:
        """Where the tables of the registry are."""


def now() -> int:
    """The time in milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def no_run(run_id: str) -> NotFound:
    """The error for a run that does not exist."""
    return NotFound(f"Run with id={run_id} not found")


def no_experiment(experiment_id: object) -> NotFound:
    """The error for an experiment that does not exist (or not in the expected stage)."""
    return NotFound(f"No Experiment with id={experiment_id} exists")


def any_run(transaction: Transaction, run_id: str) -> tuple[int, int, str]:
    """The `run_key`, `experiment_key` and stage of a run that is written to in any stage."""
    run_key, experiment_key, stage, _ = _run_to_write(transaction, run_id)
    return run_key, experiment_key, stage


def active_run(transaction: Transaction, run_id: str) -> tuple[int, int]:
    """The `run_key` and `experiment_key` of a run that is written to, which must be active."""
    run_key, experiment_key, stage = any_run(transaction, run_id)
    check_active(run_id, stage)
    return run_key, experiment_key


def logged_run(transaction: Transaction, run_id: str) -> tuple[int, int, bool]:
    """The same of one that points are logged to, and whether earlier attempts left some behind."""
    run_key, experiment_key, stage, earlier = _run_to_write(transaction, run_id)
    check_active(run_id, stage)
    return run_key, experiment_key, bool(earlier)


def _run_to_write(transaction: Transaction, run_id: str) -> Row:
    rows = transaction.execute(*confined(transaction, _SELECT_RUN, (run_id,)))
    if not rows:
        raise no_run(run_id)
    transaction.touch_run(run_id, rows[0][1])
    return rows[0]


def check_active(run_id: str, stage: str) -> None:
    """Refuse to write to a run that is deleted."""
    if stage != ACTIVE:
        raise InvalidParameter(
            f"The run {run_id} must be in the 'active' state. Current state is {stage}."
        )


def active_experiment(source: Source, experiment_id: str) -> tuple[int, str]:
    """The `experiment_key` and stored artifact location of an experiment to write to."""
    key = validation.experiment_key(experiment_id)
    rows = source.execute(*confined(source, _SELECT_EXPERIMENT, (key,)))
    if not rows:
        raise no_experiment(experiment_id)
    experiment_key, location, stage = rows[0]
    if stage != ACTIVE:
        raise InvalidParameter(
            f"The experiment {key} must be in the 'active' state. Current state is {stage}."
        )
    return experiment_key, location
