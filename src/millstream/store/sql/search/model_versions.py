"""Searching versions of registered models."""

from __future__ import annotations

from collections.abc import Callable

from millstream.entities.model_versions import SearchModelVersions
from millstream.entities.permissions import ResourceType
from millstream.errors import InvalidParameter, NotSupported
from millstream.query.ordering import OrderKey, parse_order
from millstream.query.parser import parse
from millstream.query.tree import Comparison, Field, Value
from millstream.query.vocabulary import MODEL_VERSIONS
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import comparisons
from millstream.store.sql.search.compile import condition, present
from millstream.store.sql.search.fragment import (
    FALSE,
    TRUE,
    Sql,
    all_of,
    joined,
    negated,
    nested,
    select,
)
from millstream.store.sql.search.limits import of_workspace
from millstream.store.sql.search.paging import Found, Phase, Term, find_page
from millstream.store.sql.search.registry_candidates import source_of_versions
from millstream.store.sql.search.registry_tags import tag_condition

_MOST = 200_000
_READING = Sql(
    "datasets AS d JOIN dataset_inputs AS i ON i.dataset_key = d.dataset_key "
    "JOIN runs AS r ON r.run_key = i.run_key"
)
_OF_VERSION = "t.version_key = v.version_key"
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


Readable = Callable[[ResourceType, str], Sql]
"""The condition that the resource of a type whose key is in a column may be read."""


def everything(_resource_type: ResourceType, _column: str) -> Sql:
    """All may be read."""
    return TRUE


def find_model_versions(
    reader: Reader, request: SearchModelVersions, readable: Readable = everything
) -> Found:
    """The keys of one page of versions; runs that may not be read are as if they were not there."""
    if request.max_results < 1:
        raise InvalidParameter(
            "Invalid value for max_results. It must be a positive integer, but got "
            f"{request.max_results}"
        )
    if request.max_results > _MOST:
        raise InvalidParameter(
            f"Invalid value \"{request.max_results}\" for parameter 'max_results' supplied: "
            f"It must be at most {_MOST}."
        )
    tree = parse(request.filter, MODEL_VERSIONS)
    keys = parse_order(request.order_by, MODEL_VERSIONS)
    ordered = {key.field for key in keys}
    keys = (*keys, *(key for key in _LAST if key.field not in ordered))
    conditions = (
        condition(tree, lambda comparison: _leaf(comparison, reader, readable)),
        readable("registered_model", "v.registered_model_key"),
        of_workspace(reader, "v.workspace"),
    )
    terms = tuple(_term(key) for key in keys)
    phase = Phase("v.version_key", (), terms, ((source_of_versions(tree, reader), conditions),))
    query = ("model_versions", request.filter, request.order_by)
    return find_page(reader, [phase], request.max_results, query, request.page_token)


def _leaf(comparison: Comparison, reader: Reader, readable: Readable) -> Sql:
    dialect = reader.dialect.name
    field, operator, value = comparison.field, comparison.operator, comparison.value
    if field.entity == "tag":
        return tag_condition("model_version_tags", _OF_VERSION, comparison, dialect)
    if field.entity == "dataset":
        return _trained_on(comparison, reader, readable)
    column = _COLUMNS[field.key]
    if value is None:
        if field.key == "run_id":
            return Sql(f"{column.text} {operator}")
        return FALSE if operator == "IS NULL" else TRUE
    if field.kind == "number":
        return comparisons.number(column, operator, value)
    if field.key == "run_id":
        return _of_run(operator, value, dialect)
    return comparisons.text(column, operator, value, dialect)


def _of_run(operator: str, value: Value, dialect: DialectName) -> Sql:
    """A comparison with the run, which is an empty text for versions that came from none."""
    column = _COLUMNS["run_id"]
    if operator in ("=", "IN") and "" not in (value if isinstance(value, tuple) else (value,)):
        return present(column, comparisons.text(column, operator, value, dialect))
    return comparisons.text(Sql(f"COALESCE({column.text}, '')"), operator, value, dialect)


def _trained_on(comparison: Comparison, reader: Reader, readable: Readable) -> Sql:
    """Whether the version's run read such a dataset."""
    if reader.tracking is not reader:
        raise NotSupported(
            "Versions cannot be searched by dataset here, since runs and the model registry are in "
            "different databases (--registry-store-uri). Search the runs that read the dataset, "
            "then the versions by run_id."
        )
    dialect = reader.dialect.name
    operator, value = comparison.operator, comparison.value
    matching = TRUE
    if value is not None:
        matching = comparisons.text(Sql(f"d.{comparison.field.key}"), operator, value, dialect)
    matching = all_of([matching, readable("experiment", "r.experiment_key")])
    runs = select(Sql("r.run_id"), _READING, matching)
    found = joined(" IN ", [Sql("v.run_id"), nested(runs)])
    found = present(_COLUMNS["run_id"], found)
    return negated(found) if operator == "IS NULL" else found


def _term(key: OrderKey) -> Term:
    kind = "text" if key.field.key == "name" else "whole"
    return Term(_COLUMNS[key.field.key], kind, key.ascending)  # type: ignore[arg-type]  # one of two
