"""An order by one column as stretches that each follow an index.

Ordered by a metric: first the runs with a number, as its index has them, then those with NaN, then
those without the metric. Rows before the page are skipped within the index alone.
"""

from __future__ import annotations

from typing import NamedTuple

from millstream.entities.run_tables import ColumnOrder
from millstream.store.sql.lifecycle import ACTIVE, DELETED
from millstream.store.sql.search.fragment import TRUE, Sql, all_of, limited, negated, select
from millstream.store.sql.search.run_fields import NO_KEY, TABLES
from millstream.store.sql.table.attributes import tag_of
from millstream.store.sql.table.matches import Matches
from millstream.store.sql.table.sets import among

_RUN = "x.run_key"
_RUNS = Sql("runs AS r")


class Stretch(NamedTuple):
    """Rows that stand together: where they are, and what orders them.

    In `order`, `{0}` is the direction asked for and `{1}` the other one.
    """

    source: str
    where: Sql
    run_key: str
    order: str


def page_of(matches: Matches, key: ColumnOrder, offset: int, size: int) -> list[int] | None:
    """The keys of a page; None if no index has this order."""
    column = tag_of(key)
    if len(matches.experiments) > 1:
        return None
    if column.kind in TABLES and column.aggregate == "last":
        stretches = _logged(matches, column)
    elif column.key == "start_time" and len(matches.stages) == 1:
        stretches = _by_start(matches)
    else:
        return None
    keys: list[int] = []
    for place, stretch in enumerate(stretches):
        found = _fetch(matches, stretch, offset, size - len(keys), ascending=key.ascending)
        keys += found
        if len(keys) == size:
            break
        # How long a stretch is matters only if the page begins behind it.
        count = 0 if found or offset == 0 else _count(matches, stretch)
        offset = 0 if found else max(offset - count, 0)
        if column.kind == "param" and place == 0 and not found and count == 0:
            # Without a number among them the texts need not be asked whether they are one.
            stretches[1] = stretches[1]._replace(where=_everything(matches, column))
    return keys


def _by_start(matches: Matches) -> list[Stretch]:
    where = matches.where_visited()
    return [
        Stretch(
            "runs AS r",
            all_of([where, Sql(f"r.start_time {presence}")]),
            "r.run_key",
            f"{start}r.run_id {{1}}",
        )
        for presence, start in (("IS NOT NULL", "r.start_time {0}, "), ("IS NULL", ""))
    ]


def _logged(matches: Matches, column: ColumnOrder) -> list[Stretch]:
    """Those of the runs that have the column, then the runs that do not."""
    has = matches.fields.among(TABLES[column.kind], [_of_key(matches, column)])
    without = all_of([matches.where(), negated(has)])
    stretches = _STRETCHES[column.kind](_everything(matches, column))
    return [*stretches, Stretch("runs AS r", without, "r.run_key", "r.run_key {0}")]


def _of_key(matches: Matches, column: ColumnOrder) -> Sql:
    key_id = matches.reader.key_id(column.key)
    return matches.of_key(NO_KEY if key_id is None else key_id)


def _everything(matches: Matches, column: ColumnOrder) -> Sql:
    return all_of([_of_key(matches, column), _matching(matches)])


def _metric(own: Sql) -> list[Stretch]:
    numbers = all_of([own, Sql("x.special < 2")])
    nan = all_of([own, Sql("x.value = 0 AND x.special = 2")])
    source = "latest_metrics AS x"
    return [
        Stretch(source, numbers, _RUN, "x.value {0}, x.special {0}, x.run_key {0}"),
        Stretch(source, nan, _RUN, "x.run_key {0}"),
    ]


def _param(own: Sql) -> list[Stretch]:
    numbers = all_of([own, Sql("x.number IS NOT NULL")])
    texts = all_of([own, Sql("x.number IS NULL")])
    return [
        Stretch("params AS x", numbers, _RUN, "x.number {0}, x.run_key {0}"),
        Stretch("params AS x", texts, _RUN, "x.head {0}, x.run_key {0}"),
    ]


def _tag(own: Sql) -> list[Stretch]:
    return [Stretch("tags AS x", own, _RUN, "x.head {0}, x.run_key {0}")]


_STRETCHES = {"metric": _metric, "param": _param, "tag": _tag}


def _matching(matches: Matches) -> Sql:
    """Whether the run of a row `x` matches.

    Indexes of what is logged hold the experiment, so that without a filter only the runs in other
    stages have to be told from the rest, which are few.
    """
    if not matches.conditions:
        others = [stage for stage in (ACTIVE, DELETED) if stage not in matches.stages]
        if not others:
            return TRUE
        home = Sql("r.experiment_key = ?", (matches.experiments[0],))
        elsewhere = all_of([home, Sql("r.lifecycle_stage = ?", (others[0],))])
        return negated(among(matches.dialect, _RUN, "r.run_key", _RUNS, elsewhere))
    return among(matches.dialect, _RUN, "r.run_key", _RUNS, matches.where())


def _count(matches: Matches, stretch: Stretch) -> int:
    found = select(Sql("COUNT(*)"), Sql(stretch.source), stretch.where)
    return int(matches.reader.execute(found.text, found.params)[0][0])


def _fetch(
    matches: Matches, stretch: Stretch, offset: int, size: int, *, ascending: bool
) -> list[int]:
    order = stretch.order.format(*(("ASC", "DESC") if ascending else ("DESC", "ASC")))
    found = select(Sql(stretch.run_key), Sql(stretch.source), stretch.where)
    page = limited(Sql(f"{found.text} ORDER BY {order}", found.params), size)
    statement = Sql(f"{page.text} OFFSET ?", (*page.params, offset))
    return [int(row[0]) for row in matches.reader.execute(statement.text, statement.params)]
