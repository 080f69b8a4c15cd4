"""Groups of runs that have the same values in some columns, and what others are like there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count
from typing import Any

from millstream.entities.run_tables import (
    Column,
    ColumnValues,
    GetRunGroups,
    GroupOrder,
    Measure,
    RunGroups,
)
from millstream.errors import InvalidParameter
from millstream.store.sql.connections import Row
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import Sql, joined, select
from millstream.store.sql.table.attributes import is_number
from millstream.store.sql.table.bounds import MOST_ORDERS, check, check_page
from millstream.store.sql.table.matches import Matches
from millstream.store.sql.table.measures import MARKS, Measures
from millstream.store.sql.table.partition import Partition

MOST_GROUPED = 3
MOST_MEASURES = 50
_MOST_RUNS_FIRST = GroupOrder("count", ascending=False)


def get_groups(reader: Reader, request: GetRunGroups, root: ArtifactRoot) -> RunGroups:
    """Groups of runs that have the same values, with what their measures are like."""
    _check(request)
    matches = Matches(reader, root, request)
    partition = Partition(reader, request.group_by)
    measures = Measures(reader, request.measures)
    inner = _grouped(matches, partition, measures)
    order = _order(request, partition)
    window = "COUNT(*) OVER (), SUM(q.runs) OVER ()"
    outer = Sql(f"SELECT q.*, {window} FROM ({inner.text}) AS q ORDER BY {order}", inner.params)
    statement = Sql(
        f"{outer.text} LIMIT ? OFFSET ?", (*outer.params, request.max_results, request.offset)
    )
    rows = reader.execute(statement.text, statement.params)
    total, runs = rows[0][-2:] if rows else _totals(reader, inner)
    start = partition.width + 1
    return RunGroups(
        int(total),
        int(runs or 0),
        [int(row[start - 1]) for row in rows],
        [
            _values(column, partition.values(place, rows))
            for place, column in enumerate(request.group_by)
        ],
        [
            _measure(column, [row[at : at + len(MARKS)] for row in rows])
            for at, column in zip(count(start, len(MARKS)), request.measures, strict=False)
        ],
    )


def _check(request: GetRunGroups) -> None:
    check_page(request.offset, request.max_results)
    check("number of columns in group_by", len(request.group_by), 1, MOST_GROUPED)
    check("number of measures", len(request.measures), 0, MOST_MEASURES)
    check("number of entries in order_by", len(request.order_by), 0, MOST_ORDERS)
    for order in request.order_by:
        if order.by != "count":
            among = request.group_by if order.by == "group" else request.measures
            name = "group_by" if order.by == "group" else "measures"
            if not 0 <= order.place < len(among):
                raise InvalidParameter(
                    f"Invalid place {order.place} in order_by: {name} has {len(among)} entries, "
                    "counted from 0."
                )


def _grouped(matches: Matches, partition: Partition, measures: Measures) -> Sql:
    """One row for each group: what makes it, the number of runs, then the marks of measures."""
    columns = joined(
        ", ", [*partition.selected, Sql("COUNT(*) AS runs"), *map(Sql, measures.selected)]
    )
    source = joined(" ", [Sql("runs AS r"), *partition.joins, *measures.joins])
    found = select(columns, source, matches.where())
    ordinals = ", ".join(str(number + 1) for number in range(partition.width))
    return Sql(f"{found.text} GROUP BY {ordinals}", found.params)


def _order(request: GetRunGroups, partition: Partition) -> str:
    terms = []
    for order in request.order_by or [_MOST_RUNS_FIRST]:
        direction = "ASC" if order.ascending else "DESC"
        if order.by == "group":
            terms += partition.order(order.place, direction)
        elif order.by == "count":
            terms.append(f"q.runs {direction}")
        else:
            column = f"q.m{order.place}_{order.by}"
            terms += [f"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END", f"{column} {direction}"]
    for place in range(len(request.group_by)):
        terms += partition.order(place, "ASC")
    return ", ".join(terms)


def _totals(reader: Reader, inner: Sql) -> Row:
    """How many groups and runs there are, when the page is behind the last one."""
    sql = f"SELECT COUNT(*), SUM(q.runs) FROM ({inner.text}) AS q"
    return reader.execute(sql, inner.params)[0]


def _values(column: Column, values: list[Any]) -> ColumnValues:
    found = ColumnValues(column.kind, column.key, column.aggregate)
    if is_number(column):
        found.numbers = values
    else:
        found.texts = values
    return found


def _measure(column: Column, marks: Sequence[Row]) -> Measure:
    counts, means, variances, lowest, highest = zip(*marks, strict=True) if marks else ((),) * 5
    return Measure(
        kind=column.kind,
        key=column.key,
        aggregate=column.aggregate,
        counts=list(counts),
        means=list(means),
        deviations=[
            _deviation(number, variance, low == high)
            for number, variance, low, high in zip(counts, variances, lowest, highest, strict=True)
        ],
        lowest=list(lowest),
        highest=list(highest),
    )


def _deviation(count: int, variance: float | None, is_constant: bool) -> float | None:
    """Rounding can leave a little where all values are the same, or even less than nothing."""
    if count < 2 or variance is None:
        return None
    return 0.0 if is_constant else math.sqrt(max(variance, 0.0))
