"""From a tree to a condition, given how one comparison is written."""

from __future__ import annotations

from collections.abc import Callable

from millstream.query.tree import And, Comparison, Node, Not, Or
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.search.fragment import Sql, all_of, any_of, negated, select

_EXISTS = {
    "sqlite": "+EXISTS ({})",
    "postgresql": "EXISTS ({} OFFSET 0)",
    "mysql": "(EXISTS ({})) IS TRUE",
}


def condition(node: Node, leaf: Callable[[Comparison], Sql]) -> Sql:
    """The condition of a tree; `leaf` writes a comparison so that it is never NULL."""
    if isinstance(node, Comparison):
        return leaf(node)
    if isinstance(node, Not):
        return negated(condition(node.item, leaf))
    items = [condition(item, leaf) for item in node.items]
    return any_of(items) if isinstance(node, Or) else all_of(items)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """The parts that all have to be true."""
    if isinstance(node, And):
        return tuple(part for item in node.items for part in conjuncts(item))
    return (node,)


def exists(table: str, conditions: list[Sql], dialect: DialectName) -> Sql:
    """Whether a table has a row that meets all conditions.

    The form keeps planners from turning the condition into a join: it is meant to be looked up
    for each row that is visited in order, and those visits end when a page is full.
    """
    text, params = select(Sql("1"), Sql(table), all_of(conditions))
    return Sql(_EXISTS[dialect].format(text), params)


def present(column: Sql, found: Sql) -> Sql:
    """A condition on a column that may be NULL, false if it is."""
    return Sql(f"({found.text} AND {column.text} IS NOT NULL)", (*found.params, *column.params))
