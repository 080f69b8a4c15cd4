"""A tree evaluated on a plain record: what the SQL of every database must agree with."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from millstream.query import automaton, wildcards
from millstream.query.ordering import OrderKey
from millstream.query.tree import Aspect, Comparison, Field, Node, Not, Or, Value, is_numeric


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The latest value of a metric, and the extremes of its series with their steps.

    Extremes disregard NaN; infinities among them are the greatest and least finite number.
    """

    value: float
    min: float | None = None
    max: float | None = None
    min_step: int | None = None
    max_step: int | None = None


class Record(msgspec.Struct, kw_only=True):
    """What a search can see of one thing. A number belongs to a param whose text is one."""

    attributes: dict[str, str | int | None] = {}
    metrics: dict[str, Summary] = {}
    params: dict[str, str] = {}
    numbers: dict[str, float] = {}
    tags: dict[str, str] = {}
    datasets: list[dict[str, str]] = []


def matches(node: Node, record: Record) -> bool:
    """Whether a record is what a filter asks for."""
    if isinstance(node, Comparison):
        return _compare(node, record)
    if isinstance(node, Not):
        return not matches(node.item, record)
    found = (matches(item, record) for item in node.items)
    return any(found) if isinstance(node, Or) else all(found)


def in_order(records: Iterable[Record], keys: Sequence[OrderKey]) -> list[Record]:
    """Records as order keys say, otherwise as they come."""
    found = list(records)
    for key in reversed(keys):
        found = _sorted(found, key)
    return found


def text_matches(actual: str, sign: str, value: Value) -> bool:
    """Whether a text that is present stands in a relation to a text, or tuple of texts."""
    if sign == "!=":
        return actual != value
    if sign.startswith("NOT "):
        return not text_matches(actual, sign[4:], value)
    if sign == "IN":
        return isinstance(value, tuple) and actual in value
    return _TEXT_RELATIONS[sign](actual, str(value))


_TEXT_RELATIONS: dict[str, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "LIKE": lambda text, pattern: wildcards.like(pattern, text),
    "ILIKE": lambda text, pattern: wildcards.ilike(pattern, text),
    "RLIKE": lambda text, pattern: automaton.search(pattern, text),
}
_NUMBER_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def _number_matches(actual: float, sign: str, value: Value) -> bool:
    if sign == "!=":
        return actual != value
    if sign.startswith("NOT "):
        return not _number_matches(actual, sign[4:], value)
    if isinstance(value, tuple):
        low, high = value
        return float(low) <= actual <= float(high)
    return _NUMBER_RELATIONS[sign](actual, value)


def _compare(node: Comparison, record: Record) -> bool:
    values = _values(node.field, node.value, record)
    if node.operator == "IS NULL":
        return not values
    if node.value is None:
        return bool(values)
    relation: Any = _number_matches if _is_number(node) else text_matches
    return any(relation(value, node.operator, node.value) for value in values)


def _is_number(node: Comparison) -> bool:
    return node.field.kind in ("number", "time") or is_numeric(node.value)


def _values(field: Field, value: Value, record: Record) -> list[Any]:
    """What the record has for a field; several values only for datasets."""
    if field.entity == "dataset":
        return [dataset[field.key] for dataset in record.datasets if field.key in dataset]
    if field.entity == "metric":
        found: Any = _aspect(record.metrics.get(field.key), field.aspect)
    elif field.entity == "param":
        home: dict[str, Any] = record.numbers if is_numeric(value) else record.params
        found = home.get(field.key)
    elif field.entity == "tag":
        found = record.tags.get(field.key)
    else:
        found = record.attributes.get(field.key)
    return [] if found is None else [found]


def _aspect(summary: Summary | None, aspect: Aspect) -> float | None:
    return None if summary is None else getattr(summary, aspect)


def _sorted(records: list[Record], key: OrderKey) -> list[Record]:
    """Values in their direction, then NaN, then what has none; a stable sort."""
    found = [(_values(key.field, None, record), record) for record in records]
    missing = [record for values, record in found if not values]
    given = [(values[0], record) for values, record in found if values]
    odd = [record for value, record in given if _is_nan(value)]
    even = [pair for pair in given if not _is_nan(pair[0])]
    even.sort(key=lambda pair: pair[0], reverse=not key.ascending)
    return [record for _, record in even] + odd + missing


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def clamped(value: float) -> float:
    """An infinity as the greatest or least finite number, for the extremes of a series."""
    return max(-sys.float_info.max, min(sys.float_info.max, value))
