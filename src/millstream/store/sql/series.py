"""Metrics as columns, thinned so that no spike is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from millstream.entities.metrics import GetSeries, Series, SeriesPage
from millstream.entities.validation import GREATEST_LONG, LEAST_LONG
from millstream.store.sql.confinement import confined
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import Dialect, per_dialect, placeholders
from millstream.store.sql.metric_blocks import Blocks
from millstream.store.sql.reader import Reader
from millstream.store.sql.values import NOT_A_NUMBER, meant


def _select_bounds(run_key: str, key_id: str, source: str) -> str:
    series = f"m.run_key = {run_key} AND m.key_id = {key_id}"
    within = f"FROM metrics m WHERE {series} AND m.step BETWEEN ? AND ? ORDER BY m.step"
    return f"""
SELECT r.run_id, {run_key}, {key_id},
    (SELECT m.step {within} LIMIT 1),
    (SELECT m.step {within} DESC LIMIT 1),
    (SELECT m.step {within} LIMIT 1 OFFSET ?)
FROM {source} WHERE r.run_id IN ({{}}) AND {key_id} IN ({{}})
"""


_SELECT_BOUNDS = _select_bounds(
    "l.run_key", "l.key_id", "runs r JOIN latest_metrics l ON l.run_key = r.run_key"
)
_SELECT_BOUNDS_OF_ATTEMPT = _select_bounds(
    "-a.attempt_key",
    "k.key_id",
    'runs r JOIN attempts a ON a.run_key = r.run_key AND a.attempt = ? JOIN "keys" k ON 1 = 1',
)
_SERIES = "run_key = ? AND key_id = ? AND step BETWEEN ? AND ?"
_SELECT_WHOLE = (
    f"SELECT run_key, key_id, step, timestamp, value, special FROM metrics WHERE {_SERIES}"
)
_SELECT_TIMES = f"SELECT MIN(timestamp), MAX(timestamp) FROM metrics WHERE {_SERIES}"
_PARTS_OF_A_STATEMENT = 100
_NUMBER = f"CASE WHEN special < {NOT_A_NUMBER} THEN value END"
_REACH = f"MIN({_NUMBER}), MAX({_NUMBER}), COUNT(*)"
_SELECT_RANGE = (
    f"SELECT ?, MIN(value), MAX(value), COUNT(*), MAX(special) FROM metrics WHERE {_SERIES}"
)
_SELECT_NUMBERS = f"SELECT {_REACH} FROM metrics WHERE {_SERIES}"
_RANGES_OF_A_BUCKET = 4
_BLOCKS_OF_A_BUCKET = 0.5


class _Bucket(NamedTuple):
    """How many points are where, and where to look for the least and the greatest number."""

    first: int
    last: int
    points: int
    least: float | None
    least_within: tuple[int, int]
    greatest: float | None
    greatest_within: tuple[int, int]


def _select_buckets(axis: str) -> Callable[[Dialect], str]:
    return lambda dialect: (
        f"SELECT MIN({axis}), MAX({axis}), {_REACH} FROM metrics WHERE {_SERIES} "
        f"GROUP BY ({axis} - ?) {dialect.whole_division} ?"
    )


def _select_corner(axis: str, condition: str) -> str:
    columns = "step, timestamp, value, special"
    at_one_step = "" if axis == "step" else "step = ? AND "
    return (
        f"SELECT * FROM (SELECT {columns} FROM metrics WHERE run_key = ? AND key_id = ? "
        f"AND {at_one_step}{axis} BETWEEN ? AND ? {condition} LIMIT 1) x"
    )


_BUCKETS = {axis: per_dialect(_select_buckets(axis)) for axis in ("step", "timestamp")}
_FIRST = "ORDER BY step, timestamp, value, special"
_LAST = "ORDER BY step DESC, timestamp DESC, value DESC, special DESC"
_EXTREME = f"AND value = ? AND special < {NOT_A_NUMBER} {_FIRST}"
_CORNERS = {
    axis: {condition: _select_corner(axis, condition) for condition in (_FIRST, _LAST, _EXTREME)}
    for axis in ("step", "timestamp")
}


def series(reader: Reader, request: GetSeries) -> SeriesPage:
    """The series of the runs and metrics asked for."""
    key_ids = {key: reader.key_id(key) for key in request.metric_keys}
    known = sorted({key_id for key_id in key_ids.values() if key_id is not None})
    if not known or not request.run_ids:
        return SeriesPage()
    span = _span(request)
    if request.attempt is None:
        sql, which = _SELECT_BOUNDS, tuple[int, ...]()
    else:
        sql, which = _SELECT_BOUNDS_OF_ATTEMPT, (request.attempt,)
    sql = sql.format(placeholders(len(request.run_ids)), placeholders(len(known)))
    params = (*span, *span, *span, request.buckets * 4, *which, *request.run_ids, *known)
    bounds = reader.execute(*confined(reader, sql, params, "r.experiment_key"))
    points = _whole(reader, [row for row in bounds if row[5] is None], span)
    totals = {pair: len(rows) for pair, rows in points.items()}
    for row in bounds:
        if row[5] is not None:
            pair = (row[1], row[2])
            points[pair], totals[pair] = _summed(reader, pair, (row[3], row[4]), request.buckets)
    run_keys = {row[0]: row[1] for row in bounds}
    page = SeriesPage([])
    for run_id in dict.fromkeys(request.run_ids):
        for key in dict.fromkeys(request.metric_keys):
            pair = (run_keys.get(run_id, 0), key_ids[key] or 0)
            if points.get(pair):
                page.series.append(_columns(run_id, key, totals[pair], points[pair]))
    return page


def _span(request: GetSeries) -> tuple[int, int]:
    first = LEAST_LONG if request.start_step is None else request.start_step
    last = GREATEST_LONG if request.end_step is None else request.end_step
    return first, last


def _whole(
    reader: Reader, bounds: Sequence[Row], span: tuple[int, int]
) -> dict[tuple[int, int], list[Row]]:
    """All points of short series, many series to a statement."""
    points: dict[tuple[int, int], list[Row]] = {}
    for start in range(0, len(bounds), _PARTS_OF_A_STATEMENT):
        part = bounds[start : start + _PARTS_OF_A_STATEMENT]
        sql = " UNION ALL ".join([_SELECT_WHOLE] * len(part))
        params = [value for row in part for value in (row[1], row[2], *span)]
        for run_key, key_id, *point in reader.execute(sql, params):
            points.setdefault((run_key, key_id), []).append(tuple(point))
    for rows in points.values():
        rows.sort()
    return points


def _summed(
    reader: Reader, pair: tuple[int, int], span: tuple[int, int], buckets: int
) -> tuple[list[Row], int]:
    """The same as `_thinned`, from blocks if there are enough of them within the range."""
    blocks = Blocks(reader, pair, span)
    if len(blocks) < buckets * _BLOCKS_OF_A_BUCKET:
        return _thinned(reader, pair, span, buckets)
    width = (span[1] - span[0]) // buckets + 1
    first, last = blocks.span
    points: set[Row] = set()
    total = 0
    for loose in ((span[0], first - 1), (last + 1, span[1])):
        found, count = _loose(reader, pair, loose, (loose[1] - loose[0]) // width + 1)
        points.update(found)
        total += count
    for block in blocks.merged(span[0], width):
        points.update((block.first, block.last))
        points.update(point for point in (block.least, block.greatest) if point is not None)
        total += block.points
    return sorted(points), total


def _loose(
    reader: Reader, pair: tuple[int, int], span: tuple[int, int], buckets: int
) -> tuple[list[Row], int]:
    """What is in no block, as it is if that is little."""
    if span[0] > span[1]:
        return [], 0
    most = buckets * 4
    rows = reader.execute(f"{_SELECT_WHOLE} LIMIT ?", (*pair, *span, most + 1))
    if len(rows) > most:
        return _thinned(reader, pair, span, buckets)
    return [tuple(row[2:]) for row in rows], len(rows)


def _thinned(
    reader: Reader, pair: tuple[int, int], span: tuple[int, int], buckets: int
) -> tuple[list[Row], int]:
    """Each bucket's first, last, least and greatest point, and how many there are in all.

    One pass finds what each bucket reaches, seeks find where that is. If all points have the same
    step (who logs without one has many such), the buckets are ranges of time.
    """
    axis, ends = "step", span
    if span[0] == span[1]:
        axis, ends = "timestamp", reader.execute(_SELECT_TIMES, (*pair, *span))[0]
    if axis == "step" and reader.dialect.groups_by_sorting:
        found = list(_ranged(reader, pair, span, buckets))
    else:
        found = list(_grouped(reader, axis, (*pair, *span), ends, buckets))
    series = pair if axis == "step" else (*pair, span[0])
    # Corners of a kind make statements of one text, which the driver has prepared already.
    corners = sorted(corner for bucket in found for corner in _corners(axis, series, bucket))
    points: set[Row] = set()
    for start in range(0, len(corners), _PARTS_OF_A_STATEMENT):
        part = corners[start : start + _PARTS_OF_A_STATEMENT]
        sql = " UNION ALL ".join(text for text, _ in part)
        points.update(reader.execute(sql, [value for _, values in part for value in values]))
    return sorted(points), sum(bucket.points for bucket in found)


def _grouped(
    reader: Reader, axis: str, series: Sequence[int], ends: Row, buckets: int
) -> Iterator[_Bucket]:
    """The buckets that have points, by one statement."""
    width = min((ends[1] - ends[0]) // buckets + 1, GREATEST_LONG)
    offset = ends[0] if ends[1] - ends[0] <= GREATEST_LONG else 0
    sql = _BUCKETS[axis][reader.dialect.name]
    for first, last, least, greatest, count in reader.execute(sql, (*series, offset, width)):
        within = (first, last)
        yield _Bucket(first, last, count, least, within, greatest, within)


def _ranged(
    reader: Reader, pair: tuple[int, int], span: tuple[int, int], buckets: int
) -> Iterator[_Bucket]:
    """The same where a group would be sorted: ranges of steps are read from the index one by one.

    A bucket has several of them, so that its extremes are looked for in a part of it only.
    """
    width = (span[1] - span[0]) // (buckets * _RANGES_OF_A_BUCKET) + 1
    ranges = [
        (start, min(start + width - 1, span[1])) for start in range(span[0], span[1] + 1, width)
    ]
    reaches = [
        reach
        for start in range(0, len(ranges), _PARTS_OF_A_STATEMENT)
        for reach in _reaches(reader, pair, ranges[start : start + _PARTS_OF_A_STATEMENT])
    ]
    for _, bucket in groupby(enumerate(reaches), lambda each: each[0] // _RANGES_OF_A_BUCKET):
        filled = [reach for _, reach in bucket if reach.points]
        if not filled:
            continue
        numbers = [reach for reach in filled if reach.least is not None] or filled
        least = min(numbers, key=lambda reach: reach.least or 0)
        greatest = max(numbers, key=lambda reach: reach.greatest or 0)
        count = sum(reach.points for reach in filled)
        within = (least.least_within, greatest.greatest_within)
        yield _Bucket(
            filled[0].first,
            filled[-1].last,
            count,
            least.least,
            within[0],
            greatest.greatest,
            within[1],
        )


def _reaches(
    reader: Reader, pair: tuple[int, int], ranges: Sequence[tuple[int, int]]
) -> Iterator[_Bucket]:
    """What each range has; only where one has NaN are its numbers picked one by one."""
    sql = " UNION ALL ".join([_SELECT_RANGE] * len(ranges))
    params = [value for within in ranges for value in (within[0], *pair, *within)]
    rows = {start: row for start, *row in reader.execute(sql, params)}
    for within in ranges:
        least, greatest, points, special = rows[within[0]]
        if special == NOT_A_NUMBER:
            least, greatest, points = reader.execute(_SELECT_NUMBERS, (*pair, *within))[0]
        yield _Bucket(*within, points, least, within, greatest, within)


def _corners(
    axis: str, series: Sequence[int], bucket: _Bucket
) -> Iterator[tuple[str, tuple[float, ...]]]:
    """A statement, and its parameters, for each corner of a bucket."""
    select = _CORNERS[axis]
    yield select[_FIRST], (*series, bucket.first, bucket.last)
    if bucket.points > 1:
        yield select[_LAST], (*series, bucket.first, bucket.last)
    if bucket.least is not None:
        yield select[_EXTREME], (*series, *bucket.least_within, bucket.least)
    if bucket.greatest is not None and bucket.greatest != bucket.least:
        yield select[_EXTREME], (*series, *bucket.greatest_within, bucket.greatest)


def _columns(run_id: str, key: str, total: int, rows: Iterable[Row]) -> Series:
    steps, timestamps, values, specials = zip(*rows, strict=True)
    numbers = [meant(value, mark) for value, mark in zip(values, specials, strict=True)]
    return Series(run_id, key, total, list(steps), list(timestamps), numbers)
