"""Searching versions of registered models."""

from __future__ import annotations

from millstream.entities.model_versions import SearchModelVersions
from millstream.errors import InvalidParameter
from millstream.query.ordering import OrderKey, parse_order
from millstream.query.parser import parse
from millstream.query.tree import Comparison, Field
from millstream.query.vocabulary import MODEL_VERSIONS
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import comparisons
from millstream.store.sql.search.compile import condition, exists, present
from millstream.store.sql.search.fragment import (
    FALSE,
    TRUE,
    Sql,
    joined,
    negated,
    nested,
    select,
)
from millstream.store.sql.search.paging import Found, Phase, Term, find_page

_MOST = 200_000
_READING = Sql(
    "datasets AS d JOIN dataset_inputs AS i ON i.dataset_key = d.dataset_key "
    "JOIN runs AS r ON r.run_key = i.run_key"
)
_COLUMNS = {
    "name": Sql("v.name"),
    "source_path": Sql("v.source"),
    "run_id": Sql("v.run_id"),
    "version_number": Sql("v.version"),
    "creation_timestamp": Sql("v.creation_timestamp"),
    "last_updated_timestamp": Sql("v.last_updated_timestamp"),
}
_LAST = (
    OrderKey(Field("attribute", "last_updated_timestamp", "time"), ascending=False),
    OrderKey(Field("attribute", "name", "text")),
    OrderKey(Field("attribute", "version_number", "number"), ascending=False),
)


def find_model_versions(reader: Reader, request: SearchModelVersions) -> Found:
    """The keys of one page of versions."""
    if not 1 <= request.max_results <= _MOST:
        raise InvalidParameter(
            "Invalid value for max_results. It must be a positive integer"
            f"{'' if request.max_results < 1 else f' of at most {_MOST}'}, but got "
            f"{request.max_results}"
        )
    tree = parse(request.filter, MODEL_VERSIONS)
    keys = parse_order(request.order_by, MODEL_VERSIONS)
    ordered = {key.field for key in keys}
    keys = (*keys, *(key for key in _LAST if key.field not in ordered))
    dialect = reader.dialect.name
    conditions = (condition(tree, lambda comparison: _leaf(comparison, dialect)),)
    terms = tuple(_term(key) for key in keys)
    phase = Phase("v.version_key", (), terms, ((Sql("model_versions AS v"), conditions),))
    query = ("model_versions", request.filter, request.order_by)
    return find_page(reader, [phase], request.max_results, query, request.page_token)


def _leaf(comparison: Comparison, dialect: DialectName) -> Sql:
    field, operator, value = comparison.field, comparison.operator, comparison.value
    if field.entity == "tag":
        own = [Sql("t.version_key = v.version_key"), Sql('t."key" = ?', (field.key,))]
        if value is not None:
            own.append(comparisons.text(Sql("t.value"), operator, value, dialect))
        found = exists("model_version_tags AS t", own, dialect)
        return negated(found) if operator == "IS NULL" else found
    if field.entity == "dataset":
        return _trained_on(comparison, dialect)
    column = _COLUMNS[field.key]
    if value is None:
        if field.key == "run_id":
            return Sql(f"{column.text} {operator}")
        return FALSE if operator == "IS NULL" else TRUE
    if field.kind == "number":
        return comparisons.number(column, operator, value)
    found = comparisons.text(column, operator, value, dialect)
    return present(column, found) if field.key == "run_id" else found


def _trained_on(comparison: Comparison, dialect: DialectName) -> Sql:
    """Whether the version's run read such a dataset."""
    operator, value = comparison.operator, comparison.value
    matching = TRUE
    if value is not None:
        matching = comparisons.text(Sql(f"d.{comparison.field.key}"), operator, value, dialect)
    runs = select(Sql("r.run_id"), _READING, matching)
    found = joined(" IN ", [Sql("v.run_id"), nested(runs)])
    found = present(_COLUMNS["run_id"], found)
    return negated(found) if operator == "IS NULL" else found


def _term(key: OrderKey) -> Term:
    kind = "text" if key.field.key == "name" else "whole"
    return Term(_COLUMNS[key.field.key], kind, key.ascending)  # type: ignore[arg-type]  # one of two
