"""The points of a metric at steps that are spread evenly, found without reading the others."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.metrics import Metric, MetricPage
from millstream.store.sql.confinement import confined
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import DialectName, per_dialect, placeholders
from millstream.store.sql.history import metric_of_run
from millstream.store.sql.reader import Reader

_IN_RANGE = "m.run_key = r.run_key AND m.key_id = ? AND m.step BETWEEN ? AND ? ORDER BY m.step"
_SELECT_BOUNDS = f"""
SELECT r.run_key, r.run_id,
    (SELECT m.step FROM metrics m WHERE {_IN_RANGE} LIMIT 1),
    (SELECT m.step FROM metrics m WHERE {_IN_RANGE} DESC LIMIT 1),
    (SELECT m.step FROM metrics m WHERE {_IN_RANGE} LIMIT 1 OFFSET ?)
FROM runs r WHERE r.run_id IN ({{}})
"""
_COLUMNS = "m.run_key, m.timestamp, m.step, m.value, m.special"
_SELECT_ALL = (
    f"SELECT {_COLUMNS} FROM metrics m "
    "WHERE m.run_key IN ({}) AND m.key_id = ? AND m.step BETWEEN ? AND ?"
)
_TARGETS = per_dialect(
    lambda dialect: (
        ""
        if dialect.name == "mysql"
        else "WITH RECURSIVE targets (place) AS (SELECT CAST(? AS BIGINT) "
        "UNION ALL SELECT place + 1 FROM targets WHERE place < ?) "
    )
)
_STEP_AT_TARGET = """
SELECT (
    SELECT n.step FROM metrics n WHERE n.run_key = ? AND n.key_id = ?
    AND n.step >= CASE WHEN place = ? THEN ? ELSE ? + ? * place END
    ORDER BY n.step LIMIT 1
) AS place FROM targets
"""
# MySQL seeks only for what it knows before the statement runs.
_STEP_FROM = "SELECT MIN(step) AS place FROM metrics WHERE run_key = ? AND key_id = ? AND step >= ?"
_SELECT_AT_TARGETS = per_dialect(
    lambda dialect: (
        dialect.seek(_COLUMNS, "metrics", "step", "{}") + " m.run_key = ? AND m.key_id = ?"
    )
)
_SELECT_BY_RANK = per_dialect(
    lambda dialect: (
        f"""
SELECT {_COLUMNS} FROM (
    SELECT run_key, step, COUNT(*) OVER (PARTITION BY run_key) AS total,
        ROW_NUMBER() OVER (PARTITION BY run_key ORDER BY step) AS place
    FROM (
        SELECT DISTINCT run_key, step FROM metrics
        WHERE run_key IN ({{}}) AND key_id = ? AND step BETWEEN ? AND ?
    ) d
) s JOIN metrics m ON m.run_key = s.run_key AND m.key_id = ? AND m.step = s.step
WHERE place = 1 OR place = total
    OR place * ? {dialect.whole_division} total <> (place - 1) * ? {dialect.whole_division} total
"""
    )
)
_WIDEST = 1 << 62
_SEEKS_AT_ONCE = 10_000


def at_even_steps(
    reader: Reader, run_ids: Sequence[str], key: str, span: tuple[int, int], most: int
) -> MetricPage:
    """The points at about `most` steps of each run within `span`, first and last included."""
    key_id = reader.key_id(key)
    if key_id is None or not run_ids:
        return MetricPage()
    in_range = (key_id, *span)
    sql = _SELECT_BOUNDS.format(placeholders(len(run_ids)))
    params = (*in_range, *in_range, *in_range, most, *run_ids)
    bounds = reader.execute(*confined(reader, sql, params, "r.experiment_key"))
    few = [row[0] for row in bounds if row[2] is not None and row[4] is None]
    many = [row for row in bounds if row[4] is not None]
    rows: list[Row] = []
    if few:
        rows += reader.execute(_SELECT_ALL.format(placeholders(len(few))), (*few, *in_range))
    if many:
        rows += _thinned(reader, many, in_range, max(most, 2))
    ids = {row[0]: row[1] for row in bounds}
    points = [metric_of_run(ids[run_key], key, rest) for run_key, *rest in rows]
    points.sort(key=_place)
    return MetricPage(points)


def _thinned(
    reader: Reader, bounds: Sequence[Row], in_range: tuple[int, int, int], most: int
) -> list[Row]:
    """Seek the first step at or after each of `most` even targets.

    Steps that crowd together are hit too rarely that way; then they are counted instead.
    """
    key_id = in_range[0]
    dialect = reader.dialect.name
    rows: list[Row] = []
    runs_at_once = max(1, _SEEKS_AT_ONCE // most)
    for start in range(0, len(bounds), runs_at_once):
        parts = [_seek(dialect, row, key_id, most) for row in bounds[start : start + runs_at_once]]
        sql = _TARGETS[dialect] + " UNION ALL ".join(text for text, _ in parts)
        params = [] if dialect == "mysql" else [0, most - 1]
        rows += reader.execute(sql, [*params, *(value for _, values in parts for value in values)])
    steps: dict[int, set[int]] = {bound[0]: set() for bound in bounds}
    for run_key, _, step, _, _ in rows:
        steps[run_key].add(step)
    crowded = [run_key for run_key, found in steps.items() if len(found) < most // 2]
    if not crowded:
        return rows
    sql = _SELECT_BY_RANK[dialect].format(placeholders(len(crowded)))
    ranked = reader.execute(sql, (*crowded, *in_range, key_id, most, most))
    return [row for row in rows if row[0] not in crowded] + ranked


def _seek(dialect: DialectName, bounds: Row, key_id: int, most: int) -> tuple[str, list[int]]:
    """A SELECT of the points at even targets of one run, and its parameters."""
    run_key, _, first, last, _ = bounds
    width = min((last - first) // (most - 1), _WIDEST)
    series = [run_key, key_id]
    if dialect != "mysql":
        params = [*series, most - 1, last, first, width, *series]
        return _SELECT_AT_TARGETS[dialect].format(_STEP_AT_TARGET), params
    targets = [*(first + width * place for place in range(most - 1)), last]
    chosen = " UNION ALL ".join([_STEP_FROM] * most)
    params = [value for target in targets for value in (*series, target)]
    return _SELECT_AT_TARGETS[dialect].format(chosen), [*params, *series]


def _place(point: Metric) -> tuple[str, int, int]:
    return str(point.run_id), point.step, point.timestamp
