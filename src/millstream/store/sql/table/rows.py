"""Rows of the table of runs."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.run_tables import GetRunTable, RunTable
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import Sql, all_of, joined, listed, negated, select
from millstream.store.sql.table.bounds import MOST_ORDERS, check, check_page
from millstream.store.sql.table.cells import load_columns
from millstream.store.sql.table.matches import PARENT, Matches
from millstream.store.sql.table.order import NEWEST, Order
from millstream.store.sql.table.sets import run_meets
from millstream.store.sql.table.stretches import page_of
from millstream.store.sql.values import HEAD_LENGTH

MOST_COLUMNS = 1_000
_SELECT_RUNS = (
    "SELECT run_key, run_id, name, experiment_key, status, start_time, end_time, lifecycle_stage "
    "FROM runs WHERE run_key IN ({})"
)


def get_table(reader: Reader, request: GetRunTable, root: ArtifactRoot) -> RunTable:
    """Rows of the table of runs as columns, from any offset on, with the exact total."""
    _check(request)
    matches = Matches(reader, root, request)
    everything = matches.where()
    if request.parent_run_id:
        matches.keep_children(request.parent_run_id)
    elif request.parent_run_id is not None:
        matches.keep_roots()
    order = Order(reader, request.order_by or [NEWEST])
    total = _count(matches)
    keys = _page(matches, order, request) if request.offset < total else []
    rows = {row[0]: row for row in _rows(reader, keys)}
    keys = [key for key in keys if key in rows]
    columns = list(zip(*(rows[key][1:] for key in keys), strict=True)) or [()] * 7
    run_ids, names, experiment_ids, statuses, starts, ends, stages = map(list, columns)
    children: list[int] = []
    if request.parent_run_id is not None:
        children = _child_counts(matches, everything, run_ids)
    return RunTable(
        total,
        run_ids,
        names,
        [str(key) for key in experiment_ids],
        statuses,
        starts,
        ends,
        stages,
        children,
        load_columns(reader, request.columns, keys, root),
    )


def _check(request: GetRunTable) -> None:
    check_page(request.offset, request.max_results)
    check("number of columns", len(request.columns), 0, MOST_COLUMNS)
    check("number of columns in order_by", len(request.order_by), 0, MOST_ORDERS)


def _count(matches: Matches) -> int:
    found = select(Sql("COUNT(*)"), Sql("runs AS r"), matches.where())
    return int(matches.reader.execute(found.text, found.params)[0][0])


def _page(matches: Matches, order: Order, request: GetRunTable) -> list[int]:
    if len(request.order_by) < 2:
        (key,) = request.order_by or [NEWEST]
        keys = page_of(matches, key, request.offset, request.max_results)
        if keys is not None:
            return keys
    source = joined(" ", [Sql("runs AS r"), *order.joins])
    found = select(Sql("r.run_key"), source, matches.where_visited())
    page = Sql("LIMIT ? OFFSET ?", (request.max_results, request.offset))
    statement = joined(" ", [found, order.clause, page])
    return [int(row[0]) for row in matches.reader.execute(statement.text, statement.params)]


def _rows(reader: Reader, keys: Sequence[int]) -> list[tuple[object, ...]]:
    return reader.execute(_SELECT_RUNS.format(placeholders(len(keys))), keys) if keys else []


def _child_counts(matches: Matches, everything: Sql, run_ids: Sequence[str]) -> list[int]:
    """How many matches have each of these runs as their parent, without links on cycles."""
    key_id = matches.reader.key_id(PARENT)
    if key_id is None or not run_ids:
        return [0] * len(run_ids)
    column = "x.head" if max(map(len, run_ids)) < HEAD_LENGTH else "x.value"
    named = joined(" IN ", [Sql(column), listed(run_ids)])
    is_match = run_meets(matches.dialect, "run_key", "x.run_key", everything)
    apart = map(negated, matches.is_on_cycle("x.run_key"))
    where = all_of([matches.of_key(key_id), named, is_match, *apart])
    found = select(Sql(f"{column}, COUNT(*)"), Sql("tags AS x"), where)
    statement = joined(" ", [found, Sql(f"GROUP BY {column}")])
    counts: dict[str, int] = dict(matches.reader.execute(statement.text, statement.params))
    return [int(counts.get(run_id, 0)) for run_id in run_ids]
