"""Removing for good what was deleted: rows of runs, experiments and logged models."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from millstream.entities import validation
from millstream.errors import InvalidParameter
from millstream.store.sql.connections import Row
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.kept import Deleted, Kept, kept
from millstream.store.sql.lifecycle import DELETED, no_experiment, no_run, now
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.models import no_model
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction


class Garbage(msgspec.Struct):
    """What may be removed: ids, and the URIs of the artifacts that belong to them.

    `kept` is deleted as well, but registered models still need it.
    """

    experiment_ids: list[str] = msgspec.field(default_factory=list)
    run_ids: list[str] = msgspec.field(default_factory=list)
    model_ids: list[str] = msgspec.field(default_factory=list)
    artifact_uris: list[str] = msgspec.field(default_factory=list)
    kept: list[Kept] = msgspec.field(default_factory=list)


_EXPERIMENTS = (
    "SELECT experiment_key, artifact_location, lifecycle_stage, last_update_time FROM experiments "
    "WHERE {}"
)
_RUNS = "SELECT run_id, artifact_uri, lifecycle_stage, deleted_time FROM runs WHERE {}"
_MODELS = (
    "SELECT model_id, artifact_location, lifecycle_stage, last_updated_timestamp_ms, "
    "source_run_id, name FROM logged_models WHERE {}"
)
_DELETED_BEFORE = "lifecycle_stage = 'deleted' AND COALESCE({}, 0) <= ?"
_TABLES_OF_RUNS = (
    "metrics",
    "latest_metrics",
    "metric_blocks",
    "params",
    "tags",
    "dataset_input_tags",
    "dataset_inputs",
    "model_links",
    "logged_model_metrics",
    "run_leases",
    "console_lines",
    "console_processes",
    "attempts",
)
_LEFT_BEHIND = (
    "DELETE FROM metrics WHERE run_key IN (SELECT -attempt_key FROM attempts WHERE run_key = ?)"
)
_TABLES_OF_MODELS = ("logged_model_metrics", "logged_model_params", "logged_model_tags")
_HOME = {
    "run": "SELECT experiment_key FROM runs WHERE run_id = ?",
    "logged model": "SELECT experiment_key FROM logged_models WHERE model_id = ?",
}
_UNUSED_DATASETS = """
DELETE FROM datasets WHERE experiment_key = ? AND NOT EXISTS (
    SELECT 1 FROM dataset_inputs i WHERE i.dataset_key = datasets.dataset_key
)
"""


def find_garbage(
    database: Database,
    artifact_root: str,
    *,
    registry: Database | None = None,
    older_than: int = 0,
    experiment_ids: Sequence[str] = (),
    run_ids: Sequence[str] = (),
    model_ids: Sequence[str] = (),
) -> Garbage:
    """What was deleted at least `older_than` ms ago: these things, or everything if none is named.

    An experiment takes all its runs and logged models along. What a version of a registered model
    came from or has its files in is kept, and with it its experiment. Something named that does not
    exist raises `NotFound`; that is not deleted, not for long enough, or kept, `InvalidParameter`.
    `registry` is the database of the registered models if they are in one of their own.
    """
    before = now() - older_than
    root = ArtifactRoot(artifact_root)
    versions = registry or database
    if experiment_ids or run_ids or model_ids:
        keys = [validation.experiment_key(key) for key in experiment_ids]
        return database.read(_find_named, versions, root, before, keys, run_ids, model_ids)
    return database.read(_find_all, versions, root, before)


def remove_garbage(database: Database, garbage: Garbage) -> None:
    """Remove the rows, which frees the names; what was restored meanwhile stays.

    Remove the artifacts first: if that is cut short, the same things are found again.
    """
    pending = [database.write(_remove_run, run_id) for run_id in garbage.run_ids]
    pending += [database.write(_remove_model, model_id) for model_id in garbage.model_ids]
    for answer in pending:
        answer.result()
    for experiment_id in garbage.experiment_ids:
        database.write(_remove_experiment, int(experiment_id)).result()


def _find_all(reader: Reader, registry: Database, root: ArtifactRoot, before: int) -> Garbage:
    def deleted(sql: str, column: str) -> list[Row]:
        return reader.execute(sql.format(_DELETED_BEFORE.format(column)), (before,))

    experiments = deleted(_EXPERIMENTS, "last_update_time")
    runs = deleted(_RUNS, "deleted_time")
    models = deleted(_MODELS, "last_updated_timestamp_ms")
    return _garbage(reader, registry, root, experiments, runs, models)


def _find_named(
    reader: Reader,
    registry: Database,
    root: ArtifactRoot,
    before: int,
    experiment_keys: Sequence[int],
    run_ids: Sequence[str],
    model_ids: Sequence[str],
) -> Garbage:
    experiments = [
        _one(reader, _EXPERIMENTS, "experiment_key", key, "experiment", before)
        for key in experiment_keys
    ]
    runs = [_one(reader, _RUNS, "run_id", run_id, "run", before) for run_id in run_ids]
    models = [
        _one(reader, _MODELS, "model_id", model_id, "logged model", before)
        for model_id in model_ids
    ]
    garbage = _garbage(reader, registry, root, experiments, runs, models)
    if garbage.kept:
        kept = garbage.kept[0]
        raise InvalidParameter(
            f"The {kept.kind} {kept.id} is still needed: '{kept.model_uri}' in the model registry "
            "needs it. Delete that version first, or leave it where it is."
        )
    return garbage


def _one(reader: Reader, sql: str, column: str, key: object, kind: str, before: int) -> Row:
    rows = reader.execute(sql.format(f"{column} = ?"), (key,))
    if not rows:
        absent = {"run": no_run, "logged model": no_model}.get(kind, no_experiment)
        raise absent(str(key))
    if rows[0][2] != DELETED:
        raise InvalidParameter(
            f"The {kind} {key} is not deleted. Only what is in the 'deleted' lifecycle stage can "
            "be removed; delete it first."
        )
    if (rows[0][3] or 0) > before:
        raise InvalidParameter(f"The {kind} {key} was not deleted long enough ago.")
    return rows[0]


def _garbage(
    reader: Reader,
    registry: Database,
    root: ArtifactRoot,
    experiments: Sequence[Row],
    runs: Sequence[Row],
    models: Sequence[Row],
) -> Garbage:
    """With all that belongs to the experiments."""
    found_runs = {row[0]: row for row in runs}
    found_models = {row[0]: row for row in models}
    if experiments:
        keys = [row[0] for row in experiments]
        within = f"experiment_key IN ({placeholders(len(keys))})"
        found_runs |= {row[0]: row for row in reader.execute(_RUNS.format(within), keys)}
        found_models |= {row[0]: row for row in reader.execute(_MODELS.format(within), keys)}
    deleted = [Deleted("run", row[0], row[1]) for row in found_runs.values()]
    for model_id, location, _, _, *logged_as in found_models.values():
        deleted.append(Deleted("logged model", model_id, location, tuple(logged_as)))
    # A location of its own may be shared with others, so only its runs and models go.
    own_folders = [
        Deleted("experiment", str(key), location)
        for key, location, *_ in experiments
        if location == f"./{key}" and not _is_lived_in(reader, key)
    ]
    staying = registry.read(kept, root, [*deleted, *own_folders])
    homes = {_home(reader, each) for each in staying}
    ids = {(each.kind, each.id) for each in staying}
    going = [it for it in deleted if (it.kind, it.id) not in ids]
    going += [it for it in own_folders if it.id not in homes]
    return Garbage(
        experiment_ids=[str(row[0]) for row in experiments if str(row[0]) not in homes],
        run_ids=[it.id for it in going if it.kind == "run"],
        model_ids=[it.id for it in going if it.kind == "logged model"],
        artifact_uris=[root.expand(it.location) for it in going],
        kept=staying,
    )


def _is_lived_in(reader: Reader, experiment_key: int) -> bool:
    """Whether runs or models that were moved to another experiment have files in its folder."""
    for table, column in (("runs", "artifact_uri"), ("logged_models", "artifact_location")):
        sql = f"SELECT 1 FROM {table} WHERE experiment_key <> ? AND {column} LIKE ? LIMIT 1"
        if reader.execute(sql, (experiment_key, f"./{experiment_key}/%")):
            return True
    return False


def _home(reader: Reader, kept: Kept) -> str:
    """The experiment that cannot go since something in it stays."""
    if kept.kind == "experiment":
        return kept.id
    return str(reader.execute(_HOME[kept.kind], (kept.id,))[0][0])


def _is_garbage(transaction: Transaction, table: str, key: int, experiment_key: int) -> bool:
    column = {"runs": "run_key", "logged_models": "model_key"}[table]
    stages = transaction.execute(
        f"SELECT t.lifecycle_stage, e.lifecycle_stage FROM {table} t, experiments e "
        f"WHERE t.{column} = ? AND e.experiment_key = ?",
        (key, experiment_key),
    )
    return DELETED in stages[0]


def _remove_run(transaction: Transaction, run_id: str) -> None:
    rows = transaction.execute(
        "SELECT run_key, experiment_key FROM runs WHERE run_id = ?", (run_id,)
    )
    if not rows or not _is_garbage(transaction, "runs", *rows[0]):
        return
    run_key, experiment_key = rows[0]
    transaction.run(_LEFT_BEHIND, (run_key,))
    for table in (*_TABLES_OF_RUNS, "runs"):
        transaction.run(f"DELETE FROM {table} WHERE run_key = ?", (run_key,))
    transaction.run(_UNUSED_DATASETS, (experiment_key,))


def _remove_model(transaction: Transaction, model_id: str) -> None:
    rows = transaction.execute(
        "SELECT model_key, experiment_key FROM logged_models WHERE model_id = ?", (model_id,)
    )
    if not rows or not _is_garbage(transaction, "logged_models", *rows[0]):
        return
    for table in (*_TABLES_OF_MODELS, "logged_models"):
        transaction.run(f"DELETE FROM {table} WHERE model_key = ?", (rows[0][0],))
    transaction.run("DELETE FROM model_links WHERE model_id = ?", (model_id,))


def _remove_experiment(transaction: Transaction, key: int) -> None:
    """Remove it with runs and models that came in the meantime."""
    own = "experiment_key = ? AND lifecycle_stage = 'deleted'"
    if not transaction.execute(f"SELECT 1 FROM experiments WHERE {own}", (key,)):
        return
    for table, column, remove in (
        ("runs", "run_id", _remove_run),
        ("logged_models", "model_id", _remove_model),
    ):
        sql = f"SELECT {column} FROM {table} WHERE experiment_key = ?"
        for (text,) in transaction.execute(sql, (key,)):
            remove(transaction, text)
    for table in ("datasets", "experiment_tags", "views", "experiments"):
        transaction.run(f"DELETE FROM {table} WHERE experiment_key = ?", (key,))
