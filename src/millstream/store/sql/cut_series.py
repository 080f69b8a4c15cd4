"""What is kept of a run's metrics, made right after points beyond a step were taken away."""

from __future__ import annotations

from millstream.entities.validation import LEAST_LONG
from millstream.store.sql.earlier_attempts import OF_TRAINING
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import NOT_A_NUMBER

_OF_ROW = "m.run_key = latest_metrics.run_key AND m.key_id = latest_metrics.key_id"
_DELETE_EMPTY = (
    f"DELETE FROM latest_metrics WHERE run_key = ? AND step > ? AND {OF_TRAINING} "
    f"AND NOT EXISTS (SELECT 1 FROM metrics m WHERE {_OF_ROW})"
)


def _of_latest(column: str) -> str:
    order = ", ".join(f"m.{name} DESC" for name in ("step", "timestamp", "value", "special"))
    return f"{column} = (SELECT m.{column} FROM metrics m WHERE {_OF_ROW} ORDER BY {order} LIMIT 1)"


def _of_extreme(target: str, column: str, direction: str) -> str:
    return (
        f"{target} = (SELECT m.{column} FROM metrics m WHERE {_OF_ROW} "
        f"AND m.special < {NOT_A_NUMBER} ORDER BY m.value {direction}, m.step LIMIT 1)"
    )


_ASSIGNMENTS = (
    *(_of_latest(column) for column in ("step", "timestamp", "value", "special")),
    _of_extreme("min_value", "value", "ASC"),
    _of_extreme("min_step", "step", "ASC"),
    _of_extreme("max_value", "value", "DESC"),
    _of_extreme("max_step", "step", "DESC"),
    "late_step = CASE WHEN late_step <= ? THEN late_step END",
)
_UPDATE_CUT = (
    f"UPDATE latest_metrics SET {', '.join(_ASSIGNMENTS)} "
    f"WHERE run_key = ? AND step > ? AND {OF_TRAINING}"
)
# A block never has the latest step, of which more points may still come.
_DELETE_BLOCKS = f"""
DELETE FROM metric_blocks WHERE run_key = ? AND (
    (last_step > ? AND {OF_TRAINING})
    OR last_step >= COALESCE((
        SELECT l.step FROM latest_metrics l
        WHERE l.run_key = metric_blocks.run_key AND l.key_id = metric_blocks.key_id
    ), ?)
)
"""


def mend(transaction: Transaction, run_key: int, step: int) -> None:
    """Find latest, least and greatest points anew where points after a step are gone.

    Three statements, however many metrics there are. It reads what is left of those metrics.
    """
    transaction.run(_DELETE_EMPTY, (run_key, step))
    transaction.run(_UPDATE_CUT, (step, run_key, step))
    transaction.run(_DELETE_BLOCKS, (run_key, step, LEAST_LONG))
