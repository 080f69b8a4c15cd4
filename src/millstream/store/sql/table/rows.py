"""Rows of the table of runs."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.run_tables import GetRunTable, RunTable
from millstream.errors import InvalidParameter
from millstream.query.parser import parse
from millstream.query.vocabulary import RUNS
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import Sql, joined, listed, select
from millstream.store.sql.search.limits import experiment_keys, stages_of
from millstream.store.sql.table.cells import load_columns
from millstream.store.sql.table.matches import PARENT, Matches
from millstream.store.sql.table.order import NEWEST, Order

MOST_ROWS = 1_000
MOST_COLUMNS = 1_000
MOST_ORDERS = 8
MOST_MEMBERS = 16
MOST_OFFSET = 2**53
_SELECT_RUNS = (
    "SELECT run_key, run_id, name, experiment_key, status, start_time, end_time, lifecycle_stage "
    "FROM runs WHERE run_key IN ({})"
)


def get_table(reader: Reader, request: GetRunTable, root: ArtifactRoot) -> RunTable:
    """Rows of the table of runs as columns, from any offset on, with the exact total."""
    _check(request)
    experiments = experiment_keys(request.experiment_ids)
    tree = parse(request.filter, RUNS)
    matches = Matches(reader, root, experiments or [-1], stages_of(request.run_view_type))
    matches.keep(tree)
    matches.keep_members(request.within)
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
    _within("max_results", request.max_results, 1, MOST_ROWS)
    _within("offset", request.offset, 0, MOST_OFFSET)
    _within("number of columns", len(request.columns), 0, MOST_COLUMNS)
    _within("number of columns in order_by", len(request.order_by), 0, MOST_ORDERS)
    _within("number of values in within", len(request.within), 0, MOST_MEMBERS)


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidParameter(f"Invalid {name} {value}: it must be {least} to {most:,}.")


def _count(matches: Matches) -> int:
    found = select(Sql("COUNT(*)"), Sql("runs AS r"), matches.where())
    return int(matches.reader.execute(found.text, found.params)[0][0])


def _page(matches: Matches, order: Order, request: GetRunTable) -> list[int]:
    source = joined(" ", [Sql("runs AS r"), *order.joins])
    found = select(Sql("r.run_key"), source, matches.where())
    page = Sql("LIMIT ? OFFSET ?", (request.max_results, request.offset))
    statement = joined(" ", [found, order.clause, page])
    return [int(row[0]) for row in matches.reader.execute(statement.text, statement.params)]


def _rows(reader: Reader, keys: Sequence[int]) -> list[tuple[object, ...]]:
    return reader.execute(_SELECT_RUNS.format(placeholders(len(keys))), keys) if keys else []


def _child_counts(matches: Matches, everything: Sql, run_ids: Sequence[str]) -> list[int]:
    """How many matches have each of these runs as their parent."""
    key_id = matches.reader.key_id(PARENT)
    if key_id is None or not run_ids:
        return [0] * len(run_ids)
    named = joined(" IN ", [Sql("x.value"), listed(run_ids)])
    source = Sql("tags AS x JOIN runs AS r ON r.run_key = x.run_key")
    where = joined(" AND ", [matches.of_key(key_id), named, everything])
    found = select(Sql("x.value, COUNT(*)"), source, where)
    statement = joined(" ", [found, Sql("GROUP BY x.value")])
    counts: dict[str, int] = dict(matches.reader.execute(statement.text, statement.params))
    return [int(counts.get(run_id, 0)) for run_id in run_ids]
