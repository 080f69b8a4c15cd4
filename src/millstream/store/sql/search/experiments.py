"""Searching experiments."""

from __future__ import annotations

from millstream.entities.experiments import SearchExperiments
from millstream.query.ordering import OrderKey, parse_order
from millstream.query.parser import parse
from millstream.query.tree import Comparison, Field
from millstream.query.vocabulary import EXPERIMENTS
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import comparisons
from millstream.store.sql.search.compile import condition, exists, present
from millstream.store.sql.search.fragment import FALSE, TRUE, Sql, joined, listed, negated
from millstream.store.sql.search.limits import (
    check_page_size,
    experiment_keys,
    of_workspace,
    stages_of,
)
from millstream.store.sql.search.paging import Found, Phase, Term, find_page, missing

_COLUMNS = {
    "name": Sql("e.name"),
    "experiment_id": Sql("e.experiment_key"),
    "creation_time": Sql("e.creation_time"),
    "last_update_time": Sql("e.last_update_time"),
}
_ID = Field("attribute", "experiment_id", "id")
_DEFAULT = (
    OrderKey(Field("attribute", "creation_time", "time"), ascending=False),
    OrderKey(_ID),
)


def find_experiments(reader: Reader, request: SearchExperiments, readable: Sql = TRUE) -> Found:
    """The keys of one page of those experiments `e` that a condition says may be read."""
    check_page_size(request.max_results)
    tree = parse(request.filter, EXPERIMENTS)
    keys = parse_order(request.order_by, EXPERIMENTS) or _DEFAULT
    if all(key.field != _ID for key in keys):
        keys = (*keys, OrderKey(_ID, ascending=False))
    dialect = reader.dialect.name
    stages = listed(stages_of(request.view_type))
    conditions = (
        joined(" IN ", [Sql("e.lifecycle_stage"), stages]),
        of_workspace(reader, "e.workspace"),
        condition(tree, lambda comparison: _leaf(comparison, dialect)),
        readable,
    )
    terms = tuple(term for key in keys for term in _terms(key))
    phase = Phase("e.experiment_key", (), terms, ((Sql("experiments AS e"), conditions),))
    query = (request.filter, request.order_by, request.view_type)
    return find_page(reader, [phase], request.max_results, query, request.page_token)


def _leaf(comparison: Comparison, dialect: DialectName) -> Sql:
    field, operator, value = comparison.field, comparison.operator, comparison.value
    if field.entity == "tag":
        own = [Sql("t.experiment_key = e.experiment_key"), Sql('t."key" = ?', (field.key,))]
        if value is not None:
            own.append(comparisons.text(Sql("t.value"), operator, value, dialect))
        found = exists("experiment_tags AS t", own, dialect)
        return negated(found) if operator == "IS NULL" else found
    column = _COLUMNS[field.key]
    if value is None and field.kind == "time":
        return Sql(f"{column.text} {operator}")
    if value is None:
        return FALSE if operator == "IS NULL" else TRUE
    if field.kind == "time":
        return present(column, comparisons.number(column, operator, value))
    if field.kind == "id":
        return _id(operator, value if isinstance(value, tuple) else (value,))
    return comparisons.text(column, operator, value, dialect)


def _id(operator: str, values: tuple[object, ...]) -> Sql:
    keys = experiment_keys([str(value).removeprefix("+") for value in values])
    found = joined(" IN ", [_COLUMNS["experiment_id"], listed(keys)])
    return negated(found) if operator in ("!=", "NOT IN") else found


def _terms(key: OrderKey) -> tuple[Term, ...]:
    column = _COLUMNS[key.field.key]
    if key.field.kind == "time":
        value = Term(Sql(f"COALESCE({column.text}, 0)"), "whole", key.ascending)
        return missing(column.text), value
    return (Term(column, "whole" if key.field.kind == "id" else "text", key.ascending),)
