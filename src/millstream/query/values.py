"""What may stand to the right of an operator."""

from __future__ import annotations

import re
from typing import NamedTuple

from millstream.query import automaton, hints, regex
from millstream.query.lexer import Token, unquote
from millstream.query.refusal import InvalidQuery
from millstream.query.tree import Field, Value
from millstream.query.vocabulary import Vocabulary

MAX_LIST = 10_000
MAX_PATTERN = 4_096
_WHOLE = range(-(2**63), 2**63)

_QUOTED_NOUNS = {
    "attribute": "attributes",
    "dataset": "dataset attributes",
    "tag": "tag (e.g. 'my-value')",
    "param": "parameter (e.g. 'my-value')",
}
_LIST = "While parsing a list in the query, expected "
_PATTERNS = ("LIKE", "ILIKE", "RLIKE")


class Operand(NamedTuple):
    """A value as it was written: one token, a list in parentheses, or a time from ago(…)."""

    text: str
    start: int
    token: Token | None = None
    items: list[Token] | None = None
    time: int | None = None


def convert(operand: Operand, field: Field, operator: str, vocabulary: Vocabulary) -> Value:
    """The value to compare with a field.

    Raises:
        InvalidQuery: if it is of the wrong kind, too long or not understood.
    """
    if field.kind in ("number", "time") and not operator.endswith("IN"):
        return number(operand, field, vocabulary)
    if operator.endswith("IN") and operand.items is not None and field.kind in ("text", "id"):
        return _texts(operand, field)
    if field.kind in ("number", "time"):
        raise _not_numeric(operand, field)
    token = operand.token
    if field.entity == "param" and token is not None and token.kind == "number":
        return _number(token.text)
    return _text(operand, field, operator, vocabulary)


def number(operand: Operand, field: Field, vocabulary: Vocabulary) -> float | int:
    """A number, or for times a relative time."""
    token = operand.token
    if operand.time is not None and field.kind == "time":
        return operand.time
    if token is None or operand.time is not None:
        raise _not_numeric(operand, field)
    text = token.text
    if vocabulary.quoted_numbers and token.kind == "string":
        text = unquote(text)
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise _not_numeric(operand, field)
    elif token.kind != "number":
        raise _not_numeric(operand, field)
    return _number(text)


def _number(text: str) -> float | int:
    if re.fullmatch("-?[0-9]{1,19}", text) and int(text) in _WHOLE:
        return int(text)
    return float(text)


def _not_numeric(operand: Operand, field: Field) -> InvalidQuery:
    noun = "metric" if field.entity == "metric" else f"numeric attribute: {field.key}"
    hint = hints.of_number(field)
    if operand.time is not None:
        hint = "ago(…) is a time, and only times compare with it"
    if field.entity == "param":
        noun = "parameter"
    return InvalidQuery(
        f"Expected numeric value type for {noun}. Found {operand.text}", operand.start, hint
    )


def _text(operand: Operand, field: Field, operator: str, vocabulary: Vocabulary) -> str:
    token = operand.token
    bare = vocabulary.bare_values and token is not None and token.kind != "string"
    if token is not None and (bare or (token.kind == "string")):
        text = unquote(token.text)
    elif token is not None and token.kind != "number" and token.word != "NULL":
        raise InvalidQuery(
            "Parameter value is either not quoted or unidentified quote types used for string"
            f" value {operand.text}. Use either single or double quotes.",
            operand.start,
            hints.of_text(operand.text),
        )
    else:
        noun = _QUOTED_NOUNS[field.entity]
        raise InvalidQuery(
            f"Expected a quoted string value for {noun}. Got value {operand.text}",
            operand.start,
            hints.of_text(operand.text)
            if token is not None
            else "one text in quotes is expected here",
        )
    if operator.endswith(_PATTERNS):
        _check_pattern(text, operator, operand.start)
    if field.kind == "id":
        _check_id(text, operand.start)
    return text


def _texts(operand: Operand, field: Field) -> tuple[str, ...]:
    found: list[str] = []
    expected_comma = False
    for token in operand.items or ():
        if (token.kind == "comma") != expected_comma or token.kind not in (
            "comma",
            "string",
            "number",
        ):
            raise InvalidQuery(
                f"{_LIST}a non-empty list of string values, but got ill-formed list.",
                token.start,
                hints.LIST,
            )
        if token.kind == "number":
            raise InvalidQuery(
                f"{_LIST}string value, punctuation, or whitespace, but got different type in list:"
                f" {operand.text}",
                token.start,
                hints.of_text(token.text),
            )
        if token.kind == "string":
            found.append(unquote(token.text))
            if field.kind == "id":
                _check_id(found[-1], token.start)
        expected_comma = not expected_comma
    if not found:
        raise InvalidQuery(
            f"{_LIST}a non-empty list of string values, but got empty list",
            operand.start,
            hints.LIST,
        )
    if len(found) > MAX_LIST:
        raise InvalidQuery(
            f"{_LIST}at most {MAX_LIST} string values, but got {len(found)}", operand.start
        )
    return tuple(found)


def _check_pattern(text: str, operator: str, position: int) -> None:
    if len(text) > MAX_PATTERN:
        raise InvalidQuery(
            f"Invalid pattern for {operator}: it has {len(text)} characters; the limit is"
            f" {MAX_PATTERN}",
            position,
        )
    if operator.endswith("RLIKE"):
        try:
            automaton.automaton(text)
        except regex.InvalidPattern as error:
            raise InvalidQuery(
                f"Invalid regular expression {text!r}: {error}", position + 1 + error.position
            ) from error


def _check_id(text: str, position: int) -> None:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise InvalidQuery(
            f"Invalid experiment ID {text!r}. Experiment ID must be a valid integer.", position
        )
