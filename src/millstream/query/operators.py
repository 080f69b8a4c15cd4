"""Which operator goes with which field and value."""

from __future__ import annotations

from millstream.query import hints
from millstream.query.clause import Parts
from millstream.query.refusal import InvalidQuery
from millstream.query.tree import Comparison, Field, Value, is_numeric
from millstream.query.values import convert
from millstream.query.vocabulary import NUMBER, PRESENCE, TEXT, WHOLE, Vocabulary

_PLURALS = {"attribute": "attributes", "metric": "metrics", "param": "params", "tag": "tags"}


def comparison(field: Field, parts: Parts, vocabulary: Vocabulary) -> Comparison:
    """The comparison that the parts of a clause make.

    Raises:
        InvalidQuery: if operator or values do not suit the field.
    """
    if vocabulary.wording.operator_first:
        _check(field, parts, _either_kind(field), vocabulary)
    found = [convert(operand, field, parts.operator, vocabulary) for operand in parts.operands]
    value = _one_value(found)
    _check(field, parts, _allowed(field, value), vocabulary)
    return Comparison(field, parts.operator, value, parts.name.start)


def _one_value(found: list[Value]) -> Value:
    if len(found) == 2:
        low, high = found
        if isinstance(low, int | float) and isinstance(high, int | float):
            return (low, high)
        return str(low)
    return found[0] if found else None


def _allowed(field: Field, value: Value) -> tuple[str, ...]:
    if field.kind == "id":
        return WHOLE
    if field.kind in ("number", "time"):
        return NUMBER
    return NUMBER if is_numeric(value) else TEXT


def _either_kind(field: Field) -> tuple[str, ...]:
    return (*TEXT, *NUMBER) if field.entity == "param" else _allowed(field, None)


def _check(field: Field, parts: Parts, allowed: tuple[str, ...], vocabulary: Vocabulary) -> None:
    if parts.operator in (*allowed, *PRESENCE):
        return
    wording = vocabulary.wording
    listed = ", ".join(repr(operator) for operator in (*allowed, *PRESENCE))
    template = wording.entity_comparator.get(
        field.key if field.kind == "id" else field.entity, wording.comparator
    )
    hint = hints.of_operators((*allowed, *PRESENCE))
    if field.entity == "param" and parts.operator in NUMBER and allowed == TEXT:
        hint = "to compare numbers, write the value without quotes"
    name = f"{_PLURALS.get(field.entity, field.entity)}.{field.key}"
    raise InvalidQuery(
        template.format(operator=parts.operator, operators=listed, field=name),
        parts.operator_start,
        hint,
    )
