"""Params of runs: written once, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from millstream.entities.runs import Param
from millstream.errors import InvalidParameter
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import per_dialect, placeholders
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import HEAD_LENGTH, number_in

_INSERT = per_dialect(
    lambda dialect: dialect.insert_new(
        "params", "run_key key_id experiment_key value head number", "run_key key_id"
    )
)
_SELECT = "SELECT key_id, value FROM params WHERE run_key = ? AND key_id IN ({})"


def log_param(
    transaction: Transaction, run_id: str, run_key: int, experiment_key: int, param: Param
) -> None:
    """Log one param; another value than the one logged before raises."""
    conflicts = _insert(transaction, run_key, experiment_key, [param])
    for key, old, new in conflicts:
        raise InvalidParameter(
            f"Changing param values is not allowed. Param with key='{key}' was already logged "
            f"with value='{old}' for run ID='{run_id}'. Attempted logging new value '{new}'."
        )


def log_params(
    transaction: Transaction,
    run_id: str,
    run_key: int,
    experiment_key: int,
    params: Sequence[Param],
) -> None:
    """Log several params with different keys; all conflicts are named together."""
    conflicts = _insert(transaction, run_key, experiment_key, params)
    if conflicts:
        listed = [{"key": key, "old_value": old, "new_value": new} for key, old, new in conflicts]
        raise InvalidParameter(
            "Changing param values is not allowed. Params were already logged="
            f"'{listed}' for run ID='{run_id}'."
        )


def log_params_of_new_runs(
    transaction: Transaction, experiment_key: int, runs: Iterable[tuple[int, Sequence[Param]]]
) -> None:
    """Log the params of runs, given by key, that were created in the same transaction.

    They are written in the order of the index by value, so that each of its pages is touched once
    and not once per run.
    """
    rows: list[Row] = []
    for run_key, params in runs:
        rows += _rows(transaction, run_key, experiment_key, params)
    rows.sort(key=_place_in_index)
    if rows:
        transaction.run_many(_INSERT[transaction.dialect.name], rows)


def _rows(
    transaction: Transaction, run_key: int, experiment_key: int, params: Sequence[Param]
) -> list[Row]:
    rows: list[Row] = []
    for param in params:
        value = param.value
        head, number = value[:HEAD_LENGTH], number_in(value)
        key_id = transaction.intern(param.key)
        rows.append((run_key, key_id, experiment_key, value, head, number))
    return rows


def _place_in_index(row: Row) -> tuple[Any, ...]:
    return row[1], row[4]


def _insert(
    transaction: Transaction, run_key: int, experiment_key: int, params: Sequence[Param]
) -> list[tuple[str, str, str]]:
    """Insert what is new; the answer is (key, old, new) of each param that has another value."""
    rows = _rows(transaction, run_key, experiment_key, params)
    insert = _INSERT[transaction.dialect.name]
    inserted = (
        transaction.run(insert, rows[0]) if len(rows) == 1 else transaction.run_many(insert, rows)
    )
    if inserted == len(rows):
        return []
    key_ids = [row[1] for row in rows]
    found = transaction.execute(_SELECT.format(placeholders(len(rows))), (run_key, *key_ids))
    old_values: dict[int, str] = dict(found)
    return [
        (param.key, old_values[key_id], param.value)
        for param, key_id in zip(params, key_ids, strict=True)
        if old_values[key_id] != param.value
    ]
