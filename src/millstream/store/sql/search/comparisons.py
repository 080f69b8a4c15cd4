"""One value in a row against the value of a comparison.

All conditions here are for values that are present; they are never NULL then.
"""

from __future__ import annotations

import math

from millstream.query import regex
from millstream.query.tree import Value
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.search.fragment import FALSE, TRUE, Sql, all_of, joined, listed, negated
from millstream.store.sql.values import GREATEST

_ORDER = {"=", ">", ">=", "<", "<="}
_GLOB = str.maketrans({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"})


def split(operator: str) -> tuple[str, bool]:
    """The positive form of an operator, and whether it was negative."""
    if operator == "!=":
        return "=", True
    if operator.startswith("NOT "):
        return operator[4:], True
    return operator, False


def text(column: Sql, operator: str, value: Value, dialect: DialectName) -> Sql:
    """A text against a text, or a tuple of texts for IN."""
    positive, negative = split(operator)
    if isinstance(value, tuple):
        found = joined(" IN ", [column, listed([str(each) for each in value])])
    else:
        found = _text(column, positive, str(value), dialect)
    return negated(found) if negative else found


def _text(column: Sql, operator: str, value: str, dialect: DialectName) -> Sql:
    name, params = column
    if operator == "=":
        return Sql(f"{name} = ?", (*params, value))
    if operator == "RLIKE":
        return _regular(column, value, dialect)
    if dialect == "sqlite":
        return _sqlite_like(column, operator, value)
    pattern = value.replace("!", "!!")
    if operator == "LIKE":
        return Sql(f"{name} LIKE ? ESCAPE '!'", (*params, pattern))
    if dialect == "postgresql":
        return Sql(f"{name} COLLATE \"default\" ILIKE ? ESCAPE '!'", (*params, pattern))
    return Sql(f"LOWER({name}) LIKE LOWER(?) ESCAPE '!'", (*params, pattern))


def _sqlite_like(column: Sql, operator: str, value: str) -> Sql:
    name, params = column
    if operator == "LIKE":
        return Sql(f"{name} GLOB ?", (*params, value.translate(_GLOB)))
    if value.isascii():
        return Sql(f"{name} LIKE ?", (*params, value))
    return Sql(f"ilike(?, {name})", (value, *params))


def _regular(column: Sql, value: str, dialect: DialectName) -> Sql:
    name, params = column
    if dialect == "sqlite":
        return Sql(f"{name} REGEXP ?", (*params, value))
    parts = regex.parse(value)
    if dialect == "postgresql":
        return Sql(f"{name} ~ ?", (*params, regex.write(parts)))
    return Sql(f"{name} REGEXP ?", (*params, "(?-i)" + regex.write(parts, end=r"\z")))


def number(column: Sql, operator: str, value: Value) -> Sql:
    """A finite number against a number, or a pair of numbers for BETWEEN."""
    positive, negative = split(operator)
    found = all_of([_number(column, sign, bound) for sign, bound in _bounds(positive, value)])
    return negated(found) if negative else found


def _bounds(operator: str, value: Value) -> list[tuple[str, int | float]]:
    """A relation to a number as it is, BETWEEN as two relations."""
    if isinstance(value, tuple):
        low, high = value
        return [(">=", float(low)), ("<=", float(high))]
    if isinstance(value, int | float):
        return [(operator, value)]
    raise TypeError(f"{operator} needs a number, not {value!r}")


def _number(column: Sql, operator: str, value: float) -> Sql:
    if math.isinf(value):
        return TRUE if operator in ((">", ">=") if value < 0 else ("<", "<=")) else FALSE
    return Sql(f"{column.text} {_sign(operator)} ?", (*column.params, value))


def metric(alias: str, operator: str, value: Value) -> Sql:
    """The columns `value` and `special` of a row against a number or a pair of numbers.

    NaN matches only negative operators.
    """
    positive, negative = split(operator)
    bounds = [_metric(alias, sign, float(bound)) for sign, bound in _bounds(positive, value)]
    found = all_of([*bounds, Sql(f"{alias}.special < 2")])
    return negated(found) if negative else found


def _metric(alias: str, operator: str, value: float) -> Sql:
    """Infinities are stored as the greatest numbers, told apart by `special`."""
    if abs(value) < GREATEST:
        return Sql(f"{alias}.value {_sign(operator)} ?", (value,))
    stored = math.copysign(GREATEST, value)
    special = int(math.copysign(1, value)) if math.isinf(value) else 0
    equal = f"{alias}.value = ? AND {alias}.special {_sign(operator)} ?"
    if operator == "=":
        return Sql(f"({equal})", (stored, special))
    return Sql(f"({alias}.value {operator[0]} ? OR ({equal}))", (stored, stored, special))


def _sign(operator: str) -> str:
    if operator not in _ORDER:
        raise ValueError(operator)
    return operator
