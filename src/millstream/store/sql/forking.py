"""A run that begins with what another one logged, copied inside the database."""

from __future__ import annotations

import uuid

from millstream.entities import validation
from millstream.entities.attempts import ForkRun
from millstream.entities.runs import Run, RunInfo
from millstream.errors import InvalidParameter
from millstream.store.sql import tags
from millstream.store.sql.complete_runs import insert_run
from millstream.store.sql.confinement import confined
from millstream.store.sql.cut_series import mend
from millstream.store.sql.earlier_attempts import OF_TRAINING
from millstream.store.sql.lifecycle import active_experiment, check_active, no_run, now
from millstream.store.sql.locations import ArtifactRoot, below
from millstream.store.sql.transaction import Transaction

FORKED_FROM = "millstream.forkedFrom"
FORKED_FROM_STEP = "millstream.forkedFromStep"

_SELECT_ORIGIN = "SELECT run_key, experiment_key, name, lifecycle_stage FROM runs WHERE run_id = ?"
_LOCK_SERIES = "SELECT key_id FROM latest_metrics WHERE run_key = ?"
_COPY_PARAMS = """
INSERT INTO params (run_key, key_id, experiment_key, value, head, number)
SELECT ?, key_id, ?, value, head, number FROM params WHERE run_key = ?
"""
# What begins with "mlflow." or "millstream." says where and how the other run was made.
_COPY_TAGS = """
INSERT INTO tags (run_key, key_id, experiment_key, value, head)
SELECT ?, t.key_id, ?, t.value, t.head FROM tags t JOIN "keys" k ON k.key_id = t.key_id
WHERE t.run_key = ? AND (k.name = 'mlflow.note.content' OR NOT (
    (k.name >= 'mlflow.' AND k.name < 'mlflow/')
    OR (k.name >= 'millstream.' AND k.name < 'millstream/')
))
"""
_COPY_MODELS = """
INSERT INTO model_links (run_key, model_id, direction, step)
SELECT ?, model_id, direction, step FROM model_links WHERE run_key = ? AND direction = 'input'
"""
# Datasets belong to an experiment: another one gets its own of the same name and digest.
_COPY_DATASETS = """
INSERT INTO datasets (experiment_key, name, digest, source_type, source, "schema", profile)
SELECT ?, d.name, d.digest, d.source_type, d.source, d."schema", d.profile
FROM dataset_inputs i JOIN datasets d ON d.dataset_key = i.dataset_key
WHERE i.run_key = ? AND NOT EXISTS (
    SELECT 1 FROM datasets o
    WHERE o.experiment_key = ? AND o.name = d.name AND o.digest = d.digest
)
"""
_SAME_DATASET = """
JOIN datasets d ON d.dataset_key = i.dataset_key
JOIN datasets o ON o.experiment_key = ? AND o.name = d.name AND o.digest = d.digest
WHERE i.run_key = ?
"""
_COPY_INPUTS = f"""
INSERT INTO dataset_inputs (run_key, dataset_key)
SELECT ?, o.dataset_key FROM dataset_inputs i {_SAME_DATASET}
"""
_COPY_INPUT_TAGS = f"""
INSERT INTO dataset_input_tags (run_key, dataset_key, "key", value)
SELECT ?, o.dataset_key, i."key", i.value FROM dataset_input_tags i {_SAME_DATASET}
"""
_COPY_POINTS = f"""
INSERT INTO metrics (run_key, key_id, step, timestamp, value, special)
SELECT ?, key_id, step, timestamp, value, special FROM metrics
WHERE run_key = ? AND step <= ? AND {OF_TRAINING}
"""
_KEPT = (
    "step, timestamp, value, special, min_value, min_step, max_value, max_step, in_order, late_step"
)
_COPY_LATEST = f"""
INSERT INTO latest_metrics (run_key, key_id, experiment_key, {_KEPT})
SELECT ?, key_id, ?, {_KEPT} FROM latest_metrics
WHERE run_key = ? AND {OF_TRAINING}
"""
_BLOCK = ", ".join(
    ["points"]
    + [
        f"{corner}_{part}"
        for corner in ("first", "last", "least", "greatest")
        for part in ("step", "timestamp", "value", "special")
    ]
)
_COPY_BLOCKS = f"""
INSERT INTO metric_blocks (run_key, key_id, {_BLOCK})
SELECT ?, key_id, {_BLOCK} FROM metric_blocks WHERE run_key = ? AND last_step <= ? AND {OF_TRAINING}
"""


def check(request: ForkRun) -> None:
    """Refuse what no run may have."""
    step = request.step
    if step is not None and not validation.LEAST_LONG <= step <= validation.GREATEST_LONG:
        raise InvalidParameter(
            f"Invalid value {step} for parameter 'step' supplied: it must be a valid long "
            "(64-bit integer)."
        )
    if request.run_name:
        validation.check_value(request.run_name, "run_name")
    for tag in request.tags:
        validation.check_tag_key(tag.key)
        validation.check_value(tag.value, "value")


def fork(transaction: Transaction, request: ForkRun, root: ArtifactRoot) -> RunInfo:
    """Create the run; the number of statements is the same whatever the other one logged."""
    rows = transaction.execute(*confined(transaction, _SELECT_ORIGIN, (request.run_id,)))
    if not rows:
        raise no_run(request.run_id)
    origin, home, name, stage = rows[0]
    check_active(request.run_id, stage)
    experiment_id = request.experiment_id or str(home)
    experiment_key, location = active_experiment(transaction, experiment_id)
    info = _info(request, experiment_key, name)
    run_key = insert_run(transaction, experiment_key, location, Run(info))
    transaction.run(_COPY_PARAMS, (run_key, experiment_key, origin))
    _copy_tags(transaction, request, info, (run_key, experiment_key, origin))
    transaction.run(_COPY_MODELS, (run_key, origin))
    transaction.run(_COPY_DATASETS, (experiment_key, origin, experiment_key))
    for copy in (_COPY_INPUTS, _COPY_INPUT_TAGS):
        transaction.run(copy, (run_key, experiment_key, origin))
    _copy_points(transaction, request.step, (run_key, experiment_key, origin))
    info.artifact_uri = root.expand(below(location, f"{info.run_id}/artifacts"))
    return info


def _info(request: ForkRun, experiment_key: int, name: str) -> RunInfo:
    run_id = uuid.uuid4().hex
    return RunInfo(
        run_id,
        str(experiment_key),
        request.user_id or "",
        "RUNNING",
        now() if request.start_time is None else request.start_time,
        run_name=request.run_name or f"{name}-fork",
        run_uuid=run_id,
    )


def _copy_tags(
    transaction: Transaction, request: ForkRun, info: RunInfo, keys: tuple[int, int, int]
) -> None:
    run_key, experiment_key, _ = keys
    transaction.run(_COPY_TAGS, keys)
    values = {tag.key: tag.value for tag in request.tags}
    values |= {tags.RUN_NAME: str(info.run_name), FORKED_FROM: request.run_id}
    if request.step is not None:
        values[FORKED_FROM_STEP] = str(request.step)
    tags.insert_tags(transaction, run_key, experiment_key, values)


def _copy_points(transaction: Transaction, step: int | None, keys: tuple[int, int, int]) -> None:
    """What is kept of the series is locked, so that nothing is logged to them meanwhile."""
    run_key, _, origin = keys
    transaction.lock(_LOCK_SERIES, (origin,))
    last = validation.GREATEST_LONG if step is None else step
    transaction.run(_COPY_POINTS, (run_key, origin, last))
    transaction.run(_COPY_LATEST, keys)
    transaction.run(_COPY_BLOCKS, (run_key, origin, last))
    if step is not None:
        mend(transaction, run_key, step)
