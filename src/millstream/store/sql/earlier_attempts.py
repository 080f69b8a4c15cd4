"""Points of earlier attempts of a run: apart from its own, so that nothing reads them unasked.

They are in the same table, under the negative of their attempt's key. Which attempt a point is of
is told by its timestamp, and whether it is still the run's by its step: it is left behind once a
later attempt went on from a step below. So the same points and attempts lead to the same series,
whatever came first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from millstream.entities.metrics import LogMetric, Metric
from millstream.store.sql import points
from millstream.store.sql.partners import Rows
from millstream.store.sql.transaction import Transaction

SYSTEM = "system/"
"""What the names of metrics of the machine begin with: their steps count samples, so they stay."""

OF_TRAINING = (
    "key_id NOT IN (SELECT key_id FROM \"keys\" WHERE name >= 'system/' AND name < 'system0')"
)

_SELECT = (
    "SELECT attempt_key, attempt, kept_step, start_time, end_time FROM attempts "
    "WHERE run_key = ? ORDER BY attempt"
)

Point = TypeVar("Point", Metric, LogMetric)


class Earlier(NamedTuple):
    """An attempt that another one followed, which went on after `kept_step`."""

    attempt_key: int
    attempt: int
    kept_step: int
    start_time: int
    end_time: int


def earlier_attempts(rows: Rows, run_key: int) -> list[Earlier]:
    """Those of a run, first to last."""
    return [Earlier(*row) for row in rows.execute(_SELECT, (run_key,))]


def put_aside(transaction: Transaction, run_key: int, logged: Sequence[Point]) -> list[Point]:
    """Store what comes late of steps that were left behind, apart; returns the other points."""
    earlier: list[Earlier] = earlier_attempts(transaction, run_key)
    ends = [attempt.end_time for attempt in earlier]
    # Of each attempt, what the following ones left of it at least.
    kept = [*accumulate([attempt.kept_step for attempt in reversed(earlier)], min)][::-1]
    own, aside = list[Point](), dict[int, list[Point]]()
    for point in logged:
        place = bisect_right(ends, point.timestamp)
        if place == len(ends) or point.step <= kept[place] or point.key.startswith(SYSTEM):
            own.append(point)
        else:
            aside.setdefault(-earlier[place].attempt_key, []).append(point)
    for series_key, late in aside.items():
        points.insert_points(transaction, series_key, late)
        points.log_model_metrics(transaction, run_key, late)
    return own
