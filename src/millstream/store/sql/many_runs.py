"""Many runs that one request names and changes, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from millstream.entities import runs as r
from millstream.entities import validation
from millstream.errors import InvalidParameter
from millstream.store.sql import tags
from millstream.store.sql.confinement import confined
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import DELETED, check_active, no_run, now
from millstream.store.sql.transaction import Transaction

MOST_RUNS = 1_000
_SELECT = "SELECT run_id, run_key, experiment_key, lifecycle_stage FROM runs WHERE run_id IN ({})"
_SET_STAGE = (
    "UPDATE runs SET lifecycle_stage = ?, deleted_time = ? "
    "WHERE run_key IN ({}) AND lifecycle_stage <> ?"
)


class NamedRun(NamedTuple):
    """A run that a request names."""

    run_id: str
    run_key: int
    experiment_key: int
    lifecycle_stage: str


def check_number(run_ids: Sequence[str]) -> None:
    """Refuse no runs and too many at once."""
    if not 1 <= len(run_ids) <= MOST_RUNS:
        raise InvalidParameter(
            f"Invalid number of run_ids {len(run_ids)}: it must be 1 to {MOST_RUNS:,}."
        )


def check_tagged(request: r.TagRuns) -> None:
    """Check what a request would set, without a look at the runs."""
    check_number(request.run_ids)
    validation.check_tag_key(request.key)
    if len(request.values) != len(request.run_ids):
        raise InvalidParameter(
            f"Invalid number of values {len(request.values)}: "
            f"it must be {len(request.run_ids)}, one for each of run_ids."
        )
    seen: set[str] = set()
    for run_id in request.run_ids:
        if run_id in seen:
            raise InvalidParameter(
                f"Invalid run_ids: {run_id} is among them twice, but a run has one value of a tag."
            )
        seen.add(run_id)
    for place, value in enumerate(request.values):
        validation.check_value(value or "", f"values[{place}]")


def lock_runs(transaction: Transaction, run_ids: Sequence[str]) -> list[NamedRun]:
    """The runs in the order of their ids, noted as written to and locked until the end.

    An unknown id raises `NotFound`.
    """
    wanted = sorted(set(run_ids))
    sql = _SELECT.format(placeholders(len(wanted)))
    rows = transaction.lock(*confined(transaction, sql, wanted))
    found = {row[0]: NamedRun(*row) for row in rows}
    for run_id in wanted:
        if run_id not in found:
            raise no_run(run_id)
        transaction.touch_run(run_id, found[run_id].experiment_key)
    return [found[run_id] for run_id in wanted]


def lock_active_runs(transaction: Transaction, run_ids: Sequence[str]) -> list[NamedRun]:
    """The same of runs that must be active, or else `InvalidParameter` is raised."""
    runs = lock_runs(transaction, run_ids)
    for run in runs:
        check_active(run.run_id, run.lifecycle_stage)
    return runs


def set_lifecycle_stage(transaction: Transaction, request: r.SetLifecycleStage) -> None:
    """Delete or restore runs; one that is in the stage keeps the time when it was deleted."""
    run_keys = [run.run_key for run in lock_runs(transaction, request.run_ids)]
    stage = request.lifecycle_stage
    deleted_time = now() if stage == DELETED else None
    sql = _SET_STAGE.format(placeholders(len(run_keys)))
    transaction.run(sql, (stage, deleted_time, *run_keys, stage))


def tag_runs(transaction: Transaction, request: r.TagRuns) -> None:
    """Give each run its own value of a tag, or take the tag away."""
    values = dict(zip(request.run_ids, request.values, strict=True))
    runs = lock_active_runs(transaction, request.run_ids)
    tagged = [
        (run.run_key, run.experiment_key, value)
        for run in runs
        if (value := values[run.run_id]) is not None
    ]
    bare = [run.run_key for run in runs if values[run.run_id] is None]
    tags.set_tag_of_each(transaction, request.key, tagged)
    tags.remove_tag(transaction, request.key, bare)
