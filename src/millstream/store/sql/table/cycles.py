"""Runs that are each other's parents: on such a cycle the link to the parent counts for nothing.

Tags may name any run as a parent, also the run itself or one that is below it. Those runs would be
below each other and nowhere else, so the tree shows each of them as a root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from millstream.store.sql.dialect import DialectName
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import Sql, all_of, joined, listed, nested, select
from millstream.store.sql.values import HEAD_LENGTH

MOST_ON_CYCLES = 5_000
"""Links are ignored for so many runs at most, since a statement carries the key of each."""

_TAGS = Sql("tags AS x")
_NEXT = (
    "SELECT y.value FROM tags AS y WHERE y.key_id = ? AND y.run_key = "
    "(SELECT z.run_key FROM runs AS z WHERE z.run_id = {})"
)


def runs_on_cycles(reader: Reader, key_id: int, named: Sql, where: Sql) -> list[int]:
    """The keys of runs on cycles whose runs all match: one statement, two if there are cycles.

    `key_id` is that of the tag that names parents, `named` the condition on a row `x` of tags that
    it does so, and `where` that on a row `r` of runs that it matches.
    """
    cycles = cycles_among(_parents_of_parents(reader, key_id, named))
    wanted = [run_id for cycle in cycles for run_id in cycle][:MOST_ON_CYCLES]
    if not wanted:
        return []
    own = joined(" IN ", [Sql("r.run_id"), listed(wanted)])
    matching = select(Sql("r.run_id, r.run_key"), Sql("runs AS r"), all_of([own, where]))
    keys: dict[str, int] = dict(reader.execute(matching.text, matching.params))
    return [
        int(keys[run_id])
        for cycle in cycles
        if all(member in keys for member in cycle)
        for run_id in cycle
    ]


def has_parent(reader: Reader, key_id: int, run_id: str) -> bool:
    """Whether a run names a parent; one that names none is on no cycle."""
    found = reader.execute(_NEXT.format("?"), (key_id, run_id))
    return bool(found)


def is_long(dialect: DialectName) -> Sql:
    """Whether a row `x` of tags may have a longer text than what its index holds."""
    length = "CHAR_LENGTH" if dialect == "mysql" else "LENGTH"
    return Sql(f"{length}(x.head) = ?", (HEAD_LENGTH,))


def cycles_among(parents: Mapping[str, str]) -> list[Sequence[str]]:
    """The cycles that one comes to on the way from each run to its parent."""
    walks: dict[str, int] = {}
    cycles: list[Sequence[str]] = []
    for walk, start in enumerate(parents):
        way = []
        run_id = start
        while run_id in parents and run_id not in walks:
            walks[run_id] = walk
            way.append(run_id)
            run_id = parents[run_id]
        if walks.get(run_id) == walk:
            cycles.append(way[way.index(run_id) :])
    return cycles


def _parents_of_parents(reader: Reader, key_id: int, named: Sql) -> dict[str, str]:
    """The parents of those that are parents themselves: only they can be on a cycle."""
    short = select(Sql("x.head AS run_id"), _TAGS, named)
    whole = select(Sql("x.value"), _TAGS, all_of([named, is_long(reader.dialect.name)]))
    runs = nested(joined(" UNION ", [short, whole]))
    parent = Sql(f"d.run_id, ({_NEXT.format('d.run_id')}) AS parent", (key_id,))
    links = joined(" ", [Sql("SELECT"), parent, Sql("FROM"), runs, Sql("AS d")])
    statement = joined("", [Sql("SELECT * FROM ("), links, Sql(") AS l WHERE parent IS NOT NULL")])
    return dict(reader.execute(statement.text, statement.params))
