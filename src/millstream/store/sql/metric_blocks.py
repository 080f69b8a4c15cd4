"""Summaries of long series: 1,024 points or a few more become one row, so that charts read few.

The blocks of a series follow each other without a gap from its first point on, and each has all
points of its steps. Who logs in order never touches what is in a block; the step of a point that
comes late is noted in `latest_metrics`, and the blocks from there on do not count until they are
made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from millstream.store.sql.connections import Row
from millstream.store.sql.database import Database
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import NOT_A_NUMBER

POINTS_OF_A_BLOCK = 1_024
_MOST_AT_ONCE = 16
_OF_SERIES = "run_key = ? AND key_id = ?"
_SELECT_STATE = f"""
SELECT step, late_step,
    (SELECT MAX(b.last_step) FROM metric_blocks b WHERE b.run_key = ? AND b.key_id = ?)
FROM latest_metrics WHERE {_OF_SERIES}
"""
_DELETE_LATE = f"DELETE FROM metric_blocks WHERE {_OF_SERIES} AND last_step >= ?"
_NONE_IS_LATE = f"UPDATE latest_metrics SET late_step = NULL WHERE {_OF_SERIES}"
_SELECT_FIRST = f"SELECT step FROM metrics WHERE {_OF_SERIES} ORDER BY step LIMIT 1"
_SELECT_NEXT = f"SELECT step FROM metrics WHERE {_OF_SERIES} AND step > ? ORDER BY step LIMIT 1"
_SELECT_END = (
    f"SELECT step FROM metrics WHERE {_OF_SERIES} AND step BETWEEN ? AND ? "
    "ORDER BY step LIMIT 1 OFFSET ?"
)
_POINT = "step, timestamp, value, special"
_WITHIN = f"{_OF_SERIES} AND step BETWEEN ? AND ?"
_NUMBER = f"CASE WHEN special < {NOT_A_NUMBER} THEN value END"
_SELECT_REACH = f"SELECT COUNT(*), MIN({_NUMBER}), MAX({_NUMBER}) FROM metrics WHERE {_WITHIN}"
_POINTS = f"SELECT {_POINT} FROM metrics WHERE {_WITHIN}"
_FIRST = f"({_POINTS} ORDER BY {_POINT} LIMIT 1)"
_LAST = f"({_POINTS} ORDER BY step DESC, timestamp DESC, value DESC, special DESC LIMIT 1)"
_EXTREME = (
    f"({_POINTS} AND value = ? AND special < {NOT_A_NUMBER} ORDER BY step, timestamp LIMIT 1)"
)
_PARTS = ("first", "last", "least", "greatest")
_COLUMNS = ", ".join(f"{part}_{name}" for part in _PARTS for name in _POINT.split(", "))
_CORNERS = ", ".join(f"{part}.{name}" for part in "abcd" for name in _POINT.split(", "))
_INSERT = f"""
INSERT INTO metric_blocks (run_key, key_id, points, {_COLUMNS})
SELECT ?, ?, ?, {_CORNERS} FROM {_FIRST} a CROSS JOIN {_LAST} b
LEFT JOIN {_EXTREME} c ON 1 = 1 LEFT JOIN {_EXTREME} d ON 1 = 1
"""
_SELECT_WITHIN = f"""
SELECT b.points, {_COLUMNS} FROM latest_metrics l
JOIN metric_blocks b ON b.run_key = l.run_key AND b.key_id = l.key_id
WHERE l.run_key = ? AND l.key_id = ? AND b.first_step >= ? AND b.last_step <= ?
AND (l.late_step IS NULL OR b.last_step < l.late_step)
ORDER BY b.last_step
"""
_SELECT_LONG = f"""
SELECT m.run_key, m.key_id FROM metrics m
GROUP BY m.run_key, m.key_id HAVING COUNT(*) > {POINTS_OF_A_BLOCK}
"""


class Block(NamedTuple):
    """How many points there are from the first to the last, and which are the extremes.

    The points are (step, timestamp, value, special); without a number there are no extremes.
    """

    points: int
    first: Row
    last: Row
    least: Row | None
    greatest: Row | None


def is_due(step: int, timestamp: int, points: int) -> bool:
    """Whether blocks are made after so many new points of which this is one: once in 1,024 points.

    To choose by the point itself needs no counter, which each write would have to read.
    """
    return hash((step, timestamp)) % POINTS_OF_A_BLOCK < points


def summarise(
    transaction: Transaction, run_key: int, key_id: int, most: int, size: int = POINTS_OF_A_BLOCK
) -> int:
    """Make at most so many blocks of what is not in one yet; returns how many it made.

    Each gets `size` points, and what more there is at the step of its last.

    Others who write to the series wait meanwhile for the lock on what is kept of it.
    """
    series = (run_key, key_id)
    latest, late, covered = transaction.lock(_SELECT_STATE, (*series, *series))[0]
    if late is not None:
        transaction.run(_DELETE_LATE, (*series, late))
        transaction.run(_NONE_IS_LATE, series)
        covered = transaction.execute(_SELECT_STATE, (*series, *series))[0][2]
    made = 0
    while made < most:
        start = _start(transaction, series, covered)
        # Points of the latest step may still come in order.
        if start is None or start >= latest:
            break
        end = transaction.execute(_SELECT_END, (*series, start, latest - 1, size - 1))
        if not end:
            break
        covered = end[0][0]
        span = (*series, start, covered)
        points, least, greatest = transaction.execute(_SELECT_REACH, span)[0]
        corners = (*span, *span, *span, least, *span, greatest)
        transaction.run(_INSERT, (*series, points, *corners))
        made += 1
    return made


def summarise_due(transaction: Transaction, groups: Sequence[Sequence[Row]]) -> None:
    """Make blocks of those series in which they are due.

    Each group has new points, (run_key, key_id, step, timestamp, …), of one series.
    """
    for group in groups:
        run_key, key_id, step, timestamp = group[0][:4]
        if is_due(step, timestamp, len(group)):
            most = _MOST_AT_ONCE + 2 * len(group) // POINTS_OF_A_BLOCK
            summarise(transaction, run_key, key_id, most)


def summarise_all(database: Database) -> None:
    """Make the blocks of all series of a database, in transactions of a few blocks each."""
    for run_key, key_id in database.read(_long_series):
        made = 1
        while made:
            made = database.write(summarise, run_key, key_id, _MOST_AT_ONCE).result()


class Blocks:
    """The blocks of a series that lie within a range of steps whole, in order.

    They stay the rows they are, since there may be thousands.
    """

    def __init__(self, reader: Reader, pair: tuple[int, int], span: tuple[int, int]) -> None:
        self._rows = reader.execute(_SELECT_WITHIN, (*pair, *span))

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def span(self) -> tuple[int, int]:
        """From which step to which step they reach; there has to be one."""
        return self._rows[0][_FIRST_STEP], self._rows[-1][_LAST_STEP]

    def merged(self, start: int, width: int) -> Iterator[Block]:
        """Those that begin within the same so many steps, counted from `start`, as one."""
        groups = groupby(self._rows, lambda row: (row[_FIRST_STEP] - start) // width)
        for _, group in groups:
            rows = list(group)
            numbers = [row for row in rows if row[_LEAST_VALUE] is not None]
            least = min(numbers, key=itemgetter(_LEAST_VALUE)) if numbers else None
            greatest = max(numbers, key=itemgetter(_GREATEST_VALUE)) if numbers else None
            yield Block(
                sum(row[0] for row in rows),
                rows[0][1:5],
                rows[-1][5:9],
                least and least[9:13],
                greatest and greatest[13:17],
            )


# Where they are in a row: the number of points, then four columns for each corner.
_FIRST_STEP = 1
_LAST_STEP = 5
_LEAST_VALUE = 11
_GREATEST_VALUE = 15


def _start(transaction: Transaction, series: tuple[int, int], covered: int | None) -> int | None:
    if covered is None:
        rows = transaction.execute(_SELECT_FIRST, series)
    else:
        rows = transaction.execute(_SELECT_NEXT, (*series, covered))
    return rows[0][0] if rows else None


def _long_series(reader: Reader) -> list[Row]:
    return reader.execute(_SELECT_LONG)
