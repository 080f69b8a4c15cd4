"""Searching registered models."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.registered_models import SearchRegisteredModels
from millstream.errors import InvalidParameter
from millstream.query.ordering import OrderKey, parse_order
from millstream.query.parser import parse
from millstream.query.tree import Comparison, Field
from millstream.query.vocabulary import REGISTERED_MODELS
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.reader import Reader
from millstream.store.sql.search import comparisons
from millstream.store.sql.search.compile import condition
from millstream.store.sql.search.fragment import FALSE, TRUE, Sql
from millstream.store.sql.search.paging import Found, Phase, Term, find_page
from millstream.store.sql.search.registry_candidates import matches_most, source_of_models
from millstream.store.sql.search.registry_tags import tag_condition

_MOST = 1_000
_NAME = Sql("m.name")
_OF_MODEL = "t.registered_model_key = m.registered_model_key"
_BY_NAME = OrderKey(Field("attribute", "name", "text"))


def find_registered_models(
    reader: Reader, request: SearchRegisteredModels, readable: Sql = TRUE
) -> Found:
    """The keys of one page of those models `m` that a condition says may be read.

    They are of one workspace also where there are no borders, since others are not found by their
    names either; and the index that has the workspace first gives them in the order of names.
    """
    if not 1 <= request.max_results <= _MOST:
        raise InvalidParameter(
            f"Invalid value \"{request.max_results}\" for parameter 'max_results' supplied: "
            f"It must be a number from 1 to {_MOST}."
        )
    tree = parse(request.filter, REGISTERED_MODELS)
    keys = parse_order(request.order_by, REGISTERED_MODELS)
    if all(key.field != _BY_NAME.field for key in keys):
        keys = (*keys, _BY_NAME)
    dialect = reader.dialect.name
    conditions = (
        condition(tree, lambda comparison: _leaf(comparison, dialect)),
        readable,
        Sql("m.workspace = ?", (reader.workspace.name,)),
    )
    terms = tuple(_term(key) for key in keys)
    phase = Phase(
        "m.registered_model_key",
        (),
        terms,
        ((source_of_models(tree, reader), conditions),),
        by_first_term=dialect == "mysql" and _turns_back(keys) and matches_most(tree),
    )
    query = ("registered_models", request.filter, request.order_by)
    return find_page(reader, [phase], request.max_results, query, request.page_token)


def _turns_back(keys: Sequence[OrderKey]) -> bool:
    """Whether the index by update has the order only as far as its first key."""
    return keys[0].field != _BY_NAME.field and keys[0].ascending != keys[1].ascending


def _leaf(comparison: Comparison, dialect: DialectName) -> Sql:
    field, operator, value = comparison.field, comparison.operator, comparison.value
    if field.entity == "tag":
        return tag_condition("registered_model_tags", _OF_MODEL, comparison, dialect)
    if value is None:
        return FALSE if operator == "IS NULL" else TRUE
    return comparisons.text(_NAME, operator, value, dialect)


def _term(key: OrderKey) -> Term:
    if key.field.key == "name":
        return Term(_NAME, "text", key.ascending)
    return Term(Sql("m.last_updated_timestamp"), "whole", key.ascending)
