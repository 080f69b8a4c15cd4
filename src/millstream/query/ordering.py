"""From order_by to what is ordered by."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from millstream.query.fields import Name, cut, entity_of, keyed, listed
from millstream.query.lexer import Token, tokens
from millstream.query.refusal import InvalidQuery
from millstream.query.tree import Field
from millstream.query.vocabulary import Vocabulary

MAX_KEYS = 32


class OrderKey(msgspec.Struct, frozen=True):
    """One field to order by. Missing values come last in either direction, NaN before them.

    `dataset` restricts a logged model's metric to a dataset: its name and, unless None, digest.
    """

    field: Field
    ascending: bool = True
    dataset: tuple[str | None, str | None] = (None, None)


def parse_order(clauses: Sequence[str], vocabulary: Vocabulary) -> tuple[OrderKey, ...]:
    """The keys of order_by, each entry being a name with an optional ASC or DESC.

    Raises:
        InvalidQuery: if an entry is not understood, or a field occurs twice.
    """
    check_count(len(clauses))
    keys: list[OrderKey] = []
    for clause in clauses:
        key = _parse_clause(clause, vocabulary)
        if all(key.field != other.field for other in keys):
            keys.append(key)
        elif vocabulary.distinct_order:
            raise InvalidQuery(f"`order_by` contains duplicate fields: {list(clauses)}", 0)
    return tuple(keys)


def check_count(entries: int) -> None:
    """Raises `InvalidQuery` if order_by has more entries than any database takes."""
    if entries > MAX_KEYS:
        raise InvalidQuery(
            f"Invalid order_by: it has {entries} entries; the limit is {MAX_KEYS}", 0
        )


def model_order(
    field_name: str, ascending: bool, dataset: tuple[str | None, str | None], vocabulary: Vocabulary
) -> OrderKey:
    """The key that an order object of a search of logged models means.

    Raises:
        InvalidQuery: if the field is unknown or may not order.
    """
    found = tokens(field_name)
    named = len(found) == 1 and found[0].kind in ("name", "glued")
    token = found[0] if named else Token("name", field_name, 0, len(field_name))
    name = cut(token.text) if named else Name(None, field_name, False)
    if name.prefix is not None and name.prefix != "metrics":
        message = vocabulary.wording.order_entity.format(clause=field_name)
        raise InvalidQuery(message, 0)
    field = _field(name, token, field_name, vocabulary)
    return OrderKey(field, ascending, dataset if field.entity == "metric" else (None, None))


def _parse_clause(clause: str, vocabulary: Vocabulary) -> OrderKey:
    found = tokens(clause)
    trouble = _trouble(found)
    if trouble is not None:
        position = found[trouble].start if trouble < len(found) else len(clause)
        message = f"Invalid order_by clause {clause!r}. Could not be parsed."
        if trouble == 1 and len(found) == 2 and found[1].kind == "name":
            message = f"Invalid ordering key in order_by clause {clause!r}."
        raise InvalidQuery(message, position)
    field = _field(cut(found[0].text), found[0], clause, vocabulary)
    return OrderKey(field, len(found) == 1 or found[1].word == "ASC")


def _trouble(found: list[Token]) -> int | None:
    """The index of the token that does not belong into an entry of order_by."""
    if not found or found[0].word in ("ASC", "DESC"):
        return 0
    double_quoted = found[0].kind == "string" and found[0].text.startswith('"')
    if found[0].kind != "name" and not double_quoted:
        return 0
    if len(found) > 1 and (found[1].word not in ("ASC", "DESC")):
        return 1
    return 2 if len(found) > 2 else None


def _field(name: Name, token: Token, clause: str, vocabulary: Vocabulary) -> Field:
    wording = vocabulary.wording
    entity = entity_of(name.prefix, token, vocabulary)
    if entity == "attribute":
        attribute = vocabulary.order_keys.get(name.key)
        if attribute is None:
            keys = listed(vocabulary.order_keys)
            message = wording.order_key.format(
                key=name.key, keys=keys, clause=clause, name=token.text
            )
            raise InvalidQuery(message, token.start)
        return Field(entity, attribute.key, attribute.kind)
    if entity not in vocabulary.order_entities:
        keys = listed(vocabulary.order_keys)
        message = wording.order_entity.format(
            entity=entity, clause=clause, keys=keys, name=token.text
        )
        raise InvalidQuery(message, token.start)
    return keyed(entity, name, vocabulary)
