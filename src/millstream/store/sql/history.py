"""The history of a metric: pages, slices, and several runs at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence

import msgspec

from millstream.entities.metrics import GetMetricHistory, Metric, MetricPage
from millstream.errors import InvalidParameter
from millstream.store.sql.confinement import confined
from millstream.store.sql.connections import Row
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import Dialect, per_dialect, placeholders
from millstream.store.sql.reader import Reader
from millstream.store.sql.values import meant

SLICE = 10_000

_SELECT_SERIES = """
SELECT l.run_key, l.key_id, l.in_order FROM runs r JOIN latest_metrics l ON l.run_key = r.run_key
WHERE r.run_id = ? AND l.key_id = ?
"""
_SELECT_ATTEMPT = """
SELECT a.attempt_key FROM runs r JOIN attempts a ON a.run_key = r.run_key
WHERE r.run_id = ? AND a.attempt = ?
"""
_SELECT_SEVERAL = """
SELECT r.run_key, r.run_id, l.in_order FROM runs r JOIN latest_metrics l ON l.run_key = r.run_key
WHERE l.key_id = ? AND r.run_id IN ({})
"""
_POINTS = "SELECT timestamp, step, value, special FROM metrics WHERE run_key = ? AND key_id = ?"


def _next_page(order: str) -> Callable[[Dialect], str]:
    def build(dialect: Dialect) -> str:
        return f"{_POINTS} AND {dialect.after(order.replace(',', ''))} ORDER BY {order}"

    return build


_BY_STEP = "step, timestamp, value, special"
_BY_TIME = "timestamp, step, value, special"
_FIRST_PAGE = {True: f"{_POINTS} ORDER BY {_BY_STEP}", False: f"{_POINTS} ORDER BY {_BY_TIME}"}
_NEXT_PAGE = {
    in_order: per_dialect(_next_page(order))
    for in_order, order in ((True, _BY_STEP), (False, _BY_TIME))
}
_POINTS_OF_SEVERAL = (
    "SELECT run_key, timestamp, step, value, special FROM metrics "
    "WHERE key_id = ? AND run_key IN ({}) ORDER BY run_key, "
)

# timestamp, step, value, special
Position = tuple[int, int, float, int]


class _Series(msgspec.Struct):
    """One metric of one run; `in_order`: its points by step are its points by time."""

    run_key: int
    key_id: int
    in_order: bool


def page(
    reader: Reader,
    run_id: str,
    key: str,
    max_results: int,
    page_token: str | None,
    attempt: int | None = None,
) -> MetricPage:
    """One page of a history; of an unknown one, empty."""
    after = _position(page_token) if page_token else None
    series = _series(reader, run_id, key, attempt)
    if series is None:
        return MetricPage()
    rows = _rows(reader, series, after, max_results + 1)
    token = _token(rows[max_results - 1]) if len(rows) > max_results else None
    return MetricPage(metrics(key, rows[:max_results]), token)


def stream(database: Database, request: GetMetricHistory) -> Iterator[list[Metric]]:
    """All points in slices.

    Points in order are read slice by slice along their index, so that a slow consumer holds no
    connection; others are sorted once, on a connection of their own.
    """
    key = request.metric_key
    series = database.read(_series, request.run_id, key, request.attempt)
    if series is None:
        return
    if not series.in_order:
        with database.own_reader() as reader:
            params = (series.run_key, series.key_id)
            for rows in reader.iterate(_FIRST_PAGE[False], params, SLICE):
                yield metrics(key, rows)
        return
    after = None
    while rows := database.read(_rows, series, after, SLICE):
        yield metrics(key, rows)
        after = rows[-1]


def of_several(reader: Reader, run_ids: Sequence[str], key: str, most: int) -> MetricPage:
    """The points of one metric of several runs, by run, then in the order of a history."""
    key_id = reader.key_id(key)
    if key_id is None or not run_ids:
        return MetricPage()
    sql = _SELECT_SEVERAL.format(placeholders(len(run_ids)))
    found = reader.execute(*confined(reader, sql, (key_id, *run_ids), "r.experiment_key"))
    ids = {run_key: run_id for run_key, run_id, _ in found}
    points: list[Metric] = []
    for in_order, order in ((1, _BY_STEP), (0, _BY_TIME)):
        keys = sorted(run_key for run_key, _, ordered in found if ordered == in_order)
        if keys and len(points) < most:
            sql = _POINTS_OF_SEVERAL.format(placeholders(len(keys))) + f"{order} LIMIT ?"
            for run_key, *row in reader.execute(sql, (key_id, *keys, most - len(points))):
                points.append(metric_of_run(ids[run_key], key, row))
    points.sort(key=lambda point: str(point.run_id))
    return MetricPage(points)


def metrics(key: str, rows: Sequence[Row]) -> list[Metric]:
    """The points of rows of (timestamp, step, value, special)."""
    return [
        Metric(key, meant(value, special) if special else value, timestamp, step)
        for timestamp, step, value, special in rows
    ]


def metric_of_run(run_id: str, key: str, row: Sequence[float]) -> Metric:
    """A point that says which run it is of; the row is (timestamp, step, value, special)."""
    timestamp, step, value, special = row
    number = meant(value, int(special))
    return Metric(key, number, int(timestamp), int(step), None, None, None, run_id)


def _series(reader: Reader, run_id: str, key: str, attempt: int | None = None) -> _Series | None:
    key_id = reader.key_id(key)
    if key_id is None:
        return None
    if attempt is not None:
        return _left_behind(reader, run_id, key_id, attempt)
    series = (run_id, key_id)
    rows = reader.execute(*confined(reader, _SELECT_SERIES, series, "r.experiment_key"))
    return _Series(rows[0][0], rows[0][1], bool(rows[0][2])) if rows else None


def _left_behind(reader: Reader, run_id: str, key_id: int, attempt: int) -> _Series | None:
    """What a later attempt left behind of one; nothing is known of its order."""
    found = confined(reader, _SELECT_ATTEMPT, (run_id, attempt), "r.experiment_key")
    rows = reader.execute(*found)
    return _Series(-rows[0][0], key_id, in_order=False) if rows else None


def _rows(reader: Reader, series: _Series, after: Row | None, most: int) -> list[Row]:
    keys = (series.run_key, series.key_id)
    if after is None:
        return reader.execute(f"{_FIRST_PAGE[series.in_order]} LIMIT ?", (*keys, most))
    timestamp, step, *value = after
    lead = (step, timestamp) if series.in_order else (timestamp, step)
    dialect = reader.dialect
    params = (*keys, *dialect.after_params((*lead, *value)), most)
    return reader.execute(f"{_NEXT_PAGE[series.in_order][dialect.name]} LIMIT ?", params)


def _token(row: Row) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(row)).decode()


def _position(token: str) -> Position:
    try:
        position: Position = msgspec.json.decode(base64.urlsafe_b64decode(token), type=Position)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise InvalidParameter("Invalid page token, could not base64-decode") from error
    return position
