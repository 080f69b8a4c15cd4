"""An order by one logged value as stretches that each follow an index, without looking at runs.

Ordered by a metric: first the runs with a number, as its index has them, then those with NaN, then
those without the metric. Rows before the page are skipped within the index alone.
"""

from __future__ import annotations

from typing import NamedTuple

from millstream.entities.run_tables import ColumnOrder
from millstream.store.sql.lifecycle import ACTIVE, DELETED
from millstream.store.sql.search.fragment import TRUE, Sql, all_of, limited, negated, select
from millstream.store.sql.search.run_fields import TABLES
from millstream.store.sql.table.attributes import tag_of
from millstream.store.sql.table.matches import Matches

_RUN = "x.run_key"


class Stretch(NamedTuple):
    """Rows that stand together: where they are, and the columns that order them."""

    source: str
    where: Sql
    run_key: str
    order: tuple[str, ...] = ()


def page_of(matches: Matches, key: ColumnOrder, offset: int, size: int) -> list[int] | None:
    """The keys of a page; None if no index has this order."""
    column = tag_of(key)
    is_indexed = column.kind in TABLES and column.aggregate == "last"
    key_id = matches.reader.key_id(column.key) if is_indexed else None
    if key_id is None or len(matches.experiments) > 1:
        return None
    own = [matches.of_key(key_id), _matching(matches)]
    without = negated(matches.fields.among(TABLES[column.kind], [matches.of_key(key_id)]))
    missing = Stretch("runs AS r", all_of([matches.where(), without]), "r.run_key")
    stretches = [*_STRETCHES[column.kind](own), missing]
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
            stretches[1] = Stretch("params AS x", all_of(own), _RUN, ("x.head",))
    return keys


def _metric(own: list[Sql]) -> list[Stretch]:
    numbers = all_of([*own, Sql("x.special < 2")])
    nan = all_of([*own, Sql("x.value = 0 AND x.special = 2")])
    source = "latest_metrics AS x"
    return [
        Stretch(source, numbers, _RUN, ("x.value", "x.special")),
        Stretch(source, nan, _RUN),
    ]


def _param(own: list[Sql]) -> list[Stretch]:
    return [
        Stretch("params AS x", all_of([*own, Sql("x.number IS NOT NULL")]), _RUN, ("x.number",)),
        Stretch("params AS x", all_of([*own, Sql("x.number IS NULL")]), _RUN, ("x.head",)),
    ]


def _tag(own: list[Sql]) -> list[Stretch]:
    return [Stretch("tags AS x", all_of(own), _RUN, ("x.head",))]


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
        found = select(Sql("r.run_key"), Sql("runs AS r"), elsewhere)
        return Sql(f"x.run_key NOT IN ({found.text})", found.params)
    found = select(Sql("r.run_key"), Sql("runs AS r"), matches.where())
    return Sql(f"x.run_key IN ({found.text})", found.params)


def _count(matches: Matches, stretch: Stretch) -> int:
    found = select(Sql("COUNT(*)"), Sql(stretch.source), stretch.where)
    return int(matches.reader.execute(found.text, found.params)[0][0])


def _fetch(
    matches: Matches, stretch: Stretch, offset: int, size: int, *, ascending: bool
) -> list[int]:
    direction = "ASC" if ascending else "DESC"
    order = ", ".join(f"{column} {direction}" for column in (*stretch.order, stretch.run_key))
    found = select(Sql(stretch.run_key), Sql(stretch.source), stretch.where)
    page = limited(Sql(f"{found.text} ORDER BY {order}", found.params), size)
    statement = Sql(f"{page.text} OFFSET ?", (*page.params, offset))
    return [int(row[0]) for row in matches.reader.execute(statement.text, statement.params)]
