"""Which models or versions a search has to look at, where an index of a selective clause tells."""

from __future__ import annotations

from collections.abc import Callable

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
    select,
)
from millstream.store.sql.values import HEAD_LENGTH

_MORE = 100  # rows that may have come since they were counted
_VERSIONS_OF_MODELS = (
    "registered_models AS m {} model_versions AS x "
    "ON x.registered_model_key = m.registered_model_key"
)
_HIGHEST = "\U0010ffff"
_MOST_PILOTS = 8

Pilot = Callable[[Comparison, Reader], Sql | None]
"""A select of the keys among which all matches of a clause are, or None if no index has it."""


def source_of_models(node: Node, reader: Reader) -> Sql:
    """What to read models `m` from: a few of them if that is known to be enough, else all."""
    return _source("registered_models AS m", "m.registered_model_key", node, reader, _model_pilot)


def source_of_versions(node: Node, reader: Reader) -> Sql:
    """What to read versions `v` from: a few of them if that is known to be enough, else all."""
    return _source("model_versions AS v", "v.version_key", node, reader, _version_pilot)


def matches_most(node: Node) -> bool:
    """Whether every clause only leaves something out, so that a page is soon full in any order."""
    return all(
        isinstance(part, Comparison) and _is_negative(part.operator) for part in conjuncts(node)
    )


def _source(table: str, key: str, node: Node, reader: Reader, pilot: Pilot) -> Sql:
    clauses = [part for part in conjuncts(node) if isinstance(part, Comparison)]
    pilots = [found for clause in clauses if (found := pilot(clause, reader)) is not None]
    pilots = pilots[:_MOST_PILOTS]
    counts = sizes(pilots, reader) if pilots else []
    if not counts or min(counts) >= FEW:
        return Sql(table)
    size = min(counts)
    chosen = pilots[counts.index(size)]
    if reader.dialect.name != "sqlite":  # the limit cuts nothing: planners learn how few there are
        chosen = limited(chosen, 2 * size + _MORE)
    text, params = chosen
    return Sql(f"({text}) AS f {reader.dialect.join_in_order} {table} ON {key} = f.found", params)


def _model_pilot(clause: Comparison, _reader: Reader) -> Sql | None:
    if clause.field.entity != "tag":
        return None
    return _tagged("x.registered_model_key AS found", "registered_model_tags AS x", clause)


def _version_pilot(clause: Comparison, reader: Reader) -> Sql | None:
    field, operator, value = clause.field, clause.operator, clause.value
    key = Sql("x.version_key AS found")
    if field.entity == "tag":
        return _tagged(key.text, "model_version_tags AS x", clause)
    if field.entity != "attribute" or value is None:
        return None
    if field.key == "source_path":
        heads = _heads("x.source_head", operator, value)
        return heads and select(key, Sql("model_versions AS x"), heads)
    if field.key == "name" and operator not in ("=", "IN") and not _is_negative(operator):
        named = comparisons.text(Sql("m.name"), operator, value, reader.dialect.name)
        return select(key, Sql(_VERSIONS_OF_MODELS.format(reader.dialect.join_in_order)), named)
    return None


def _tagged(key: str, table: str, clause: Comparison) -> Sql | None:
    if clause.value is None:
        return None
    heads = _heads("x.head", clause.operator, clause.value)
    own = Sql('x."key" = ?', (clause.field.key,))
    return heads and select(Sql(key), Sql(table), all_of([own, heads]))


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
