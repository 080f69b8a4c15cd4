"""What is in a deleted workspace: it forbids that, moves to `default`, or is deleted too."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.workspaces import DEFAULT_WORKSPACE, DeletionMode
from millstream.errors import InvalidParameter
from millstream.store.sql.confinement import EXPERIMENTS, Workspace, during
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.registry import models, protection, slots
from millstream.store.sql.transaction import Transaction

_SHOWN = 5
_NOWHERE = ""
_RUNS = f"SELECT run_key FROM runs WHERE experiment_key IN ({EXPERIMENTS})"
_LEFT_BEHIND = f"SELECT -attempt_key FROM attempts WHERE run_key IN ({_RUNS})"
_LOGGED = f"SELECT model_key FROM logged_models WHERE experiment_key IN ({EXPERIMENTS})"
_REGISTERED = "SELECT registered_model_key FROM registered_models WHERE workspace = ?"
_VERSIONS = f"SELECT version_key FROM model_versions WHERE registered_model_key IN ({_REGISTERED})"
_HOOKS = "SELECT webhook_key FROM webhooks WHERE workspace = ?"

# Statements in the order in which foreign keys allow them; each has the name as its parameter.
_ERASE_RUNS = (
    f"DELETE FROM metrics WHERE run_key IN ({_LEFT_BEHIND})",
    *(
        f"DELETE FROM {table} WHERE run_key IN ({_RUNS})"
        for table in (
            *("metrics", "latest_metrics", "metric_blocks", "params", "tags"),
            *("dataset_input_tags", "dataset_inputs", "model_links", "logged_model_metrics"),
            "run_leases",
            "attempts",
            *("console_lines", "console_processes"),
        )
    ),
    *(
        f"DELETE FROM {table} WHERE model_key IN ({_LOGGED})"
        for table in ("logged_model_metrics", "logged_model_params", "logged_model_tags")
    ),
    *(
        f"DELETE FROM {table} WHERE experiment_key IN ({EXPERIMENTS})"
        for table in ("runs", "logged_models", "datasets", "experiment_tags")
    ),
    "DELETE FROM views WHERE workspace = ?",
    "DELETE FROM experiments WHERE workspace = ?",
)
_ERASE_REGISTRY = (
    f"DELETE FROM model_version_tags WHERE version_key IN ({_VERSIONS})",
    *(
        f"DELETE FROM {table} WHERE registered_model_key IN ({_REGISTERED})"
        for table in (
            *("model_versions", "registered_model_aliases", "registered_model_tags", "gates"),
        )
    ),
    "DELETE FROM registered_models WHERE workspace = ?",
    f"DELETE FROM webhook_deliveries WHERE webhook_key IN ({_HOOKS})",
    f"DELETE FROM webhook_subscriptions WHERE webhook_key IN ({_HOOKS})",
    "DELETE FROM webhooks WHERE workspace = ?",
)
_REGISTRY = ("registered_models", "model_versions", "webhooks")
_HISTORY = ("registry_events", "transition_requests")
_TAKEN = (
    "SELECT a.name FROM {0} a JOIN {0} b ON b.name = a.name{1} "
    "WHERE a.workspace = ? AND b.workspace = ? ORDER BY a.name"
)
_SAME_EXPERIMENT = " AND b.experiment_key = a.experiment_key"


def check_runs(source: Source, name: str, mode: DeletionMode) -> None:
    """Refuse what the experiments and views of a workspace forbid."""
    if mode == "RESTRICT":
        _refuse_contents(source, name, ("experiments", "views"))
    elif mode == "SET_DEFAULT":
        _refuse_taken(source, name, "experiments", "")
        _refuse_taken(source, name, "views", _SAME_EXPERIMENT)


def give_up_runs(transaction: Transaction, name: str, mode: DeletionMode) -> None:
    """Do with the experiments and views of a workspace as the mode says."""
    check_runs(transaction, name, mode)
    if mode == "CASCADE":
        for statement in _ERASE_RUNS:
            transaction.run(statement, (name,))
    elif mode == "SET_DEFAULT":
        _move(transaction, name, ("experiments", "views"), DEFAULT_WORKSPACE)


def give_up_registry(transaction: Transaction, name: str, mode: DeletionMode) -> None:
    """Do with the registered models, deployments and webhooks of a workspace as the mode says.

    The history of deleted models stays, but in no workspace, so that a new one of the same name
    does not inherit it; the record of deployments goes.
    """
    if mode == "RESTRICT":
        _refuse_contents(transaction, name, ("registered_models", "webhooks"))
    elif mode == "SET_DEFAULT":
        _refuse_taken(transaction, name, "registered_models", "")
        _move(transaction, name, (*_REGISTRY, *_HISTORY), DEFAULT_WORKSPACE)
        slots.move_all(transaction, name, DEFAULT_WORKSPACE)
        return
    else:
        _refuse_protected(transaction, name)
        for statement in _ERASE_REGISTRY:
            transaction.run(statement, (name,))
    slots.erase_all(transaction, name)
    _move(transaction, name, _HISTORY, _NOWHERE)


def _refuse_contents(source: Source, name: str, tables: Sequence[str]) -> None:
    for table in tables:
        sql = f"SELECT COUNT(*) FROM {table} WHERE workspace = ?"
        count = source.execute(sql, (name,))[0][0]
        if count:
            raise InvalidParameter(
                f"Cannot delete workspace '{name}': it still has {count} in '{table}', deleted "
                "ones included. Delete them first, or give a mode: SET_DEFAULT moves them to "
                "'default', CASCADE deletes them."
            )


def _refuse_taken(source: Source, name: str, table: str, condition: str) -> None:
    taken = source.execute(_TAKEN.format(table, condition), (name, DEFAULT_WORKSPACE))
    if taken:
        shown = ", ".join(f"'{row[0]}'" for row in taken[:_SHOWN])
        more = f" and {len(taken) - _SHOWN} more" if len(taken) > _SHOWN else ""
        raise InvalidParameter(
            f"Cannot move what is in workspace '{name}' to 'default', which has {shown}{more} in "
            f"'{table}' already. Rename or delete them there or here."
        )


def _refuse_protected(transaction: Transaction, name: str) -> None:
    with during(transaction, Workspace(name)):
        sql = "SELECT name FROM registered_models WHERE workspace = ? ORDER BY name"
        for (model,) in transaction.execute(sql, (name,)):
            locked = models.locked(transaction, model)
            protection.check_model_may_change(transaction, locked, "deleted")


def _move(transaction: Transaction, name: str, tables: Sequence[str], to: str) -> None:
    for table in tables:
        transaction.run(f"UPDATE {table} SET workspace = ? WHERE workspace = ?", (to, name))
