"""Points of metrics, and what is kept per run and metric: the latest, least and greatest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from millstream.entities.metrics import LogMetric, Metric
from millstream.errors import InvalidParameter
from millstream.store.sql.confinement import confined
from millstream.store.sql.dialect import Dialect, per_dialect
from millstream.store.sql.metric_blocks import POINTS_OF_A_BLOCK, summarise_due
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import NOT_A_NUMBER, stored

# run_key, key_id, step, timestamp, value, special
Point = tuple[int, int, int, int, float, int]

_POINT_COLUMNS = "run_key key_id step timestamp value special"
_LATEST_COLUMNS = "run_key key_id experiment_key step timestamp value special"
_EXTREME_COLUMNS = "min_value min_step max_value max_step"
_INSERT_POINT = per_dialect(
    lambda dialect: dialect.insert_new("metrics", _POINT_COLUMNS, _POINT_COLUMNS)
)


def _merge_latest(dialect: Dialect) -> str:
    """MySQL assigns in order, so that what a condition reads has to be assigned after it."""

    def old(column: str) -> str:
        return f"latest_metrics.{column}"

    new = dialect.new
    newer = (
        f"({new('step')}, {new('timestamp')}, {new('value')}) > "
        f"({old('step')}, {old('timestamp')}, {old('value')})"
    )
    later = f"{new('step')} >= {old('step')} AND {new('timestamp')} >= {old('timestamp')}"
    lower = f"{old('min_value')} IS NULL OR {new('min_value')} < {old('min_value')}"
    higher = f"{old('max_value')} IS NULL OR {new('max_value')} > {old('max_value')}"
    conditions = {
        "min_step": lower,
        "min_value": lower,
        "max_step": higher,
        "max_value": higher,
        "special": newer,
        "value": newer,
        "timestamp": newer,
        "step": newer,
    }
    in_order = f"{new('in_order')} = 1 AND {old('in_order')} = 1 AND {later}"
    earlier = f"{old('late_step')} IS NULL OR {new('step')} < {old('late_step')}"
    late = f"{new('step')} < {old('step')} AND ({earlier})"
    assignments = {
        "in_order": f"CASE WHEN {in_order} THEN 1 ELSE 0 END",
        "late_step": f"CASE WHEN {late} THEN {new('step')} ELSE {old('late_step')} END",
    }
    for column, condition in conditions.items():
        assignments[column] = f"CASE WHEN {condition} THEN {new(column)} ELSE {old(column)} END"
    columns = f"{_LATEST_COLUMNS} {_EXTREME_COLUMNS} in_order"
    return dialect.insert_or_merge("latest_metrics", columns, "run_key key_id", assignments)


_UPSERT_LATEST = per_dialect(_merge_latest)
_SELECT_MODEL = "SELECT model_key FROM logged_models WHERE model_id = ?"
_INSERT_MODEL_METRIC = per_dialect(
    lambda dialect: dialect.insert_new(
        "logged_model_metrics",
        "model_key run_key key step timestamp value special dataset_name dataset_digest",
        "model_key run_key key dataset_digest step timestamp value special",
    )
)


def log_point(
    transaction: Transaction, run_key: int, experiment_key: int, metric: LogMetric
) -> None:
    """Log one point; a point that is there already changes nothing."""
    value, special = stored(metric.value)
    key_id = transaction.intern(metric.key)
    dialect = transaction.dialect.name
    point = (run_key, key_id, metric.step, metric.timestamp, value, special)
    if transaction.run(_INSERT_POINT[dialect], point):
        transaction.run(_UPSERT_LATEST[dialect], _summary(point, experiment_key))
        summarise_due(transaction, [[point]])
    if metric.model_id:
        log_model_metrics(transaction, run_key, [metric])


def log_points(
    transaction: Transaction, run_key: int, experiment_key: int, metrics: Sequence[Metric]
) -> None:
    """Log points of any metrics; those that are there already change nothing."""
    groups = _by_metric(transaction, run_key, metrics)
    points = [point for group in groups for point in group]
    dialect = transaction.dialect.name
    if points and transaction.run_many(_INSERT_POINT[dialect], points):
        rows = [row for group in groups for row in _summaries(group, experiment_key)]
        transaction.run_many(_UPSERT_LATEST[dialect], rows)
        summarise_due(transaction, groups)
    log_model_metrics(transaction, run_key, metrics)


def insert_points(
    transaction: Transaction, series_key: int, metrics: Sequence[Metric | LogMetric]
) -> None:
    """Write points and nothing that is kept of them; those that are there change nothing."""
    groups = _by_metric(transaction, series_key, metrics)
    rows = [point for group in groups for point in group]
    transaction.run_many(_INSERT_POINT[transaction.dialect.name], rows)


def log_points_of_new_runs(
    transaction: Transaction, experiment_key: int, runs: Iterable[tuple[int, Sequence[Metric]]]
) -> None:
    """Log the points of runs, given by key, that were created in the same transaction.

    What is kept per metric is written in the order of the index by value, so that each of its
    pages is touched once and not once per run.
    """
    points: list[Point] = []
    long: list[list[Point]] = []
    firsts: list[tuple[Any, ...]] = []
    sums: list[tuple[Any, ...]] = []
    for run_key, metrics in runs:
        for group in _by_metric(transaction, run_key, metrics):
            points += group
            if len(group) > POINTS_OF_A_BLOCK:
                long.append(group)
            first, *rest = _summaries(group, experiment_key)
            firsts.append(first)
            sums += rest
    firsts.sort(key=_place_in_index)
    dialect = transaction.dialect.name
    for statement, rows in ((_INSERT_POINT, points), (_UPSERT_LATEST, firsts + sums)):
        if rows:
            transaction.run_many(statement[dialect], rows)
    summarise_due(transaction, long)


def _by_metric(
    transaction: Transaction, run_key: int, metrics: Iterable[Metric | LogMetric]
) -> list[list[Point]]:
    """The points of each metric of a run, in the order given."""
    by_key: dict[str, list[Point]] = {}
    for metric in metrics:
        key = metric.key
        same_key = by_key.get(key)
        if same_key is None:
            same_key = by_key[key] = []
            key_id = transaction.intern(key)
        else:
            key_id = same_key[0][1]
        value, special = stored(metric.value)
        same_key.append((run_key, key_id, metric.step, metric.timestamp, value, special))
    return list(by_key.values())


def _summary(point: Point, experiment_key: int) -> tuple[Any, ...]:
    run_key, key_id, step, timestamp, value, special = point
    if special == NOT_A_NUMBER:
        extremes: tuple[object, ...] = (None, None, None, None)
    else:
        extremes = (value, step, value, step)
    return (run_key, key_id, experiment_key, step, timestamp, value, special, *extremes, 1)


def _summaries(group: list[Point], experiment_key: int) -> list[tuple[Any, ...]]:
    """What to merge into a metric's row: the first point, then the sum of all.

    The first one is merged by itself because "in order" is a matter of the first new point and
    the latest old one.
    """
    if len(group) == 1:
        return [_summary(group[0], experiment_key)]
    group.sort()
    first, latest = group[0], max(group, key=_age)
    in_order = all(one[3] <= other[3] for one, other in pairwise(group))
    numbers = [point for point in group if point[5] != NOT_A_NUMBER]
    extremes: tuple[object, ...] = (None, None, None, None)
    if numbers:
        least, greatest = min(numbers, key=_value), max(numbers, key=_value)
        extremes = (least[4], least[2], greatest[4], greatest[2])
    run_key, key_id, step, timestamp, value, special = latest
    whole = (run_key, key_id, experiment_key, step, timestamp, value, special)
    return [_summary(first, experiment_key), (*whole, *extremes, int(in_order))]


def _place_in_index(summary: tuple[Any, ...]) -> tuple[Any, ...]:
    return summary[1], summary[5]


def _age(point: Point) -> tuple[int, int, float]:
    return point[2:5]


def _value(point: Point) -> float:
    return point[4]


def log_model_metrics(
    transaction: Transaction, run_key: int, metrics: Iterable[Metric | LogMetric]
) -> None:
    """Log those points that name a model once more, for the model."""
    model_keys: dict[str, int] = {}
    rows = []
    for metric in metrics:
        if not metric.model_id:
            continue
        model_id = metric.model_id
        if model_id not in model_keys:
            found = transaction.execute(*confined(transaction, _SELECT_MODEL, (model_id,)))
            if not found:
                raise InvalidParameter(
                    f"Metric '{metric.key}' names the logged model '{model_id}', "
                    "which does not exist."
                )
            model_keys[model_id] = found[0][0]
        value, special = stored(metric.value)
        dataset = (metric.dataset_name or "", metric.dataset_digest or "")
        point = (metric.key, metric.step, metric.timestamp, value, special)
        rows.append((model_keys[model_id], run_key, *point, *dataset))
    if rows:
        transaction.run_many(_INSERT_MODEL_METRIC[transaction.dialect.name], rows)
