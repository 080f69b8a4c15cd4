"""Which index to begin with: small pilot counts tell which clauses are selective.

By default runs are visited in the order asked for, and each clause is looked up by primary key,
until a page is full. That is slow if few runs match, which planners cannot know; then it is better
to collect the few from the index of a selective clause, and to sort them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from millstream.query.tree import And, Comparison, Node, Or, is_numeric
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.compile import conjuncts
from millstream.store.sql.search.fragment import (
    FALSE,
    TRUE,
    Sql,
    all_of,
    joined,
    limited,
    listed,
    nested,
    select,
)
from millstream.store.sql.search.run_fields import TABLES, RunFields

FEW = 1_000
_MOST_PILOTS = 8
_RANGES = ("=", ">", ">=", "<", "<=", "BETWEEN")


class Candidates(NamedTuple):
    """A select of the keys of a few runs, and what of the filter still has to be checked."""

    select: Sql
    rest: Node


def candidates(node: Node, fields: RunFields, experiments: list[int]) -> Candidates | None:
    """A few runs among which all matches are; None if no clause is known to be selective."""
    parts = conjuncts(node)
    chosen: list[tuple[int, list[Sql]]] = []
    pilots: list[Sql] = []
    for place, part in enumerate(parts):
        group = _selects(part, fields, experiments)
        if group is not None and len(pilots) + len(group) <= _MOST_PILOTS:
            chosen.append((place, group))
            pilots += group
    if not pilots:
        return None
    counts = sizes(pilots, fields.reader)
    sized = []
    for place, group in chosen:
        sized.append((sum(counts[: len(group)]), place, group))
        del counts[: len(group)]
    size, place, group = min(sized, key=lambda entry: entry[0])
    if size >= FEW:
        return None
    rest = tuple(part for other, part in enumerate(parts) if other != place)
    return Candidates(joined(" UNION ", group), And(rest))


def few_runs(reader: Reader, experiments: Sequence[int], stages: Sequence[str]) -> Sql | None:
    """A select of all runs of experiments that together have only a few; else None."""
    within = joined(" IN ", [Sql("experiment_key"), listed(experiments)])
    staged = joined(" IN ", [Sql("lifecycle_stage"), listed(stages)])
    found = select(Sql("run_key"), Sql("runs"), all_of([within, staged]))
    return found if sizes([found], reader)[0] < FEW else None


def sizes(pilots: list[Sql], reader: Reader) -> list[int]:
    """How many rows each select has, as far as FEW."""
    counts = []
    for pilot in pilots:
        text, params = nested(limited(pilot, FEW))
        counts.append(nested(select(Sql("count(*)"), Sql(f"{text} AS pilot", params), TRUE)))
    statement = joined(" ", [Sql("SELECT"), joined(", ", counts)])
    return [int(count) for count in reader.execute(statement.text, statement.params)[0]]


def _selects(node: Node, fields: RunFields, experiments: list[int]) -> list[Sql] | None:
    """Selects whose union is what a clause matches, or None if no index gives them."""
    if isinstance(node, Comparison):
        found = _select(node, fields, experiments)
        return None if found is None else [found]
    if not isinstance(node, Or):
        return None
    union: list[Sql] = []
    for item in node.items:
        selects = _selects(item, fields, experiments)
        if selects is None:
            return None
        union += selects
    return union


def _select(node: Comparison, fields: RunFields, experiments: list[int]) -> Sql | None:
    if not _is_indexed(node):
        return None
    if node.field.entity == "attribute":
        ids = node.value if isinstance(node.value, tuple) else (str(node.value),)
        within = joined(" IN ", [Sql("run_id"), listed(ids)])
        return select(Sql("run_key"), Sql("runs"), within)
    key_id = fields.reader.key_id(node.field.key)
    if key_id is None:
        return select(Sql("run_key"), Sql("runs"), FALSE)
    within = joined(" IN ", [Sql("x.experiment_key"), listed(experiments)])
    where = all_of([within, Sql("x.key_id = ?", (key_id,)), *fields.row_conditions(node)])
    return select(Sql("x.run_key"), Sql(f"{TABLES[node.field.entity]} AS x"), where)


def _is_indexed(node: Comparison) -> bool:
    field, operator = node.field, node.operator
    if field.entity == "attribute":
        return field.key == "run_id" and operator in ("=", "IN")
    if field.entity == "dataset" or field.aspect != "value":
        return False
    if operator == "IS NOT NULL":
        return True
    if is_numeric(node.value):
        return operator in _RANGES
    return operator in ("=", "IN")
