"""Which versions a search has to look at, where an index of a selective clause tells."""

from __future__ import annotations

from millstream.query.tree import Comparison, Node
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import comparisons
from millstream.store.sql.search.candidates import FEW, sizes
from millstream.store.sql.search.compile import conjuncts
from millstream.store.sql.search.fragment import (
    Sql,
    all_of,
    joined,
    limited,
    listed,
    nested,
    select,
)
from millstream.store.sql.values import HEAD_LENGTH

_KEY = Sql("x.version_key")
_FENCE = 2 * FEW  # more than there are, so that planners know how few there are
_HIGHEST = "\U0010ffff"
_MOST_PILOTS = 8


def source_of_versions(node: Node, reader: Reader) -> Sql:
    """What to read versions `v` from: a few of them if that is known to be enough, else all."""
    pilots = [pilot for part in conjuncts(node) if (pilot := _pilot(part, reader)) is not None]
    pilots = pilots[:_MOST_PILOTS]
    counts = sizes(pilots, reader) if pilots else []
    if not counts or min(counts) >= FEW:
        return Sql("model_versions AS v")
    chosen = pilots[counts.index(min(counts))]
    follow = "CROSS JOIN" if reader.dialect.name == "sqlite" else "JOIN"
    text, params = chosen if reader.dialect.name == "sqlite" else limited(chosen, _FENCE)
    table = f"({text}) AS f {follow} model_versions AS v ON v.version_key = f.version_key"
    return Sql(table, params)


def _pilot(node: Node, reader: Reader) -> Sql | None:
    """A select of the keys among which all matches of a clause are, or None if no index has it."""
    if not isinstance(node, Comparison) or node.value is None:
        return None
    field, operator, value = node.field, node.operator, node.value
    if field.entity == "tag":
        heads = _heads("x.head", operator, value)
        own = Sql('x."key" = ?', (field.key,))
        return heads and select(_KEY, Sql("model_version_tags AS x"), all_of([own, heads]))
    if field.entity != "attribute":
        return None
    if field.key == "source_path":
        heads = _heads("x.source_head", operator, value)
        return heads and select(_KEY, Sql("model_versions AS x"), heads)
    if field.key == "name" and operator not in ("=", "IN") and not _is_negative(operator):
        named = comparisons.text(Sql("m.name"), operator, value, reader.dialect.name)
        models = select(Sql("m.registered_model_key"), Sql("registered_models AS m"), named)
        within = joined(" IN ", [Sql("x.registered_model_key"), nested(models)])
        return select(_KEY, Sql("model_versions AS x"), within)
    return None


def _is_negative(operator: str) -> bool:
    return operator == "!=" or operator.startswith("NOT ")


def _heads(column: str, operator: str, value: object) -> Sql | None:
    """What the first characters of a text have to be, or None if they may be anything."""
    if operator == "=" and isinstance(value, str):
        return Sql(f"{column} = ?", (value[:HEAD_LENGTH],))
    if operator == "IN" and isinstance(value, tuple):
        heads = sorted({str(each)[:HEAD_LENGTH] for each in value})
        return joined(" IN ", [Sql(column), listed(heads)])
    if operator == "LIKE" and isinstance(value, str):
        start = value.partition("%")[0].partition("_")[0][:HEAD_LENGTH]
        if start:
            return Sql(f"{column} >= ? AND {column} < ?", (start, start + _HIGHEST))
    return None
