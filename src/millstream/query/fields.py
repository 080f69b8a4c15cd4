"""From a name in a filter or order to the field it means."""

from __future__ import annotations

from typing import NamedTuple

from millstream.query import hints, series
from millstream.query.lexer import Token, unquote
from millstream.query.refusal import InvalidQuery
from millstream.query.tree import Entity, Field
from millstream.query.vocabulary import Vocabulary


class Name(NamedTuple):
    """A name cut at its first dot: prefix and key without quotes; `quoted` is about the key."""

    prefix: str | None
    key: str
    quoted: bool


def cut(text: str) -> Name:
    """Cut a name such as metrics."val acc" into prefix and key."""
    whole = unquote(text)
    if whole != text:
        prefix, dot, key = whole.partition(".")
        return Name(prefix, key, True) if dot else Name(None, whole, True)
    if text.startswith(("`", '"')):
        end = text.index(text[0], 1) + 1
        prefix, key = text[:end], text[end + 1 :]
        prefix = unquote(prefix) if text[0] == "`" else prefix
    else:
        prefix, dot, key = text.partition(".")
        if not dot:
            return Name(None, text, False)
    return Name(prefix, unquote(key), unquote(key) != key)


def resolve(token: Token, vocabulary: Vocabulary) -> Field:
    """The field that a filter means by a name.

    Raises:
        InvalidQuery: if the search knows no such entity or key.
    """
    name = cut(token.text)
    entity = entity_of(name.prefix, token, vocabulary)
    if entity == "attribute":
        attribute = vocabulary.attributes.get(name.key)
        if attribute is None:
            keys = listed(vocabulary.attributes)
            raise InvalidQuery(
                f"Invalid attribute key {name.key!r} specified. Valid keys are '{{{keys}}}'",
                token.start,
                hints.of_attribute(name.key, vocabulary, prefixed=name.prefix is not None),
            )
        return Field(entity, attribute.key, attribute.kind)
    if entity == "dataset" and name.key not in vocabulary.dataset_keys:
        keys = listed(vocabulary.dataset_keys)
        raise InvalidQuery(
            f"Invalid dataset key {name.key!r} specified. Valid keys are '{{{keys}}}'",
            token.start,
            f"of datasets {', '.join(vocabulary.dataset_keys)} are known",
        )
    return keyed(entity, name, vocabulary)


def keyed(entity: Entity, name: Name, vocabulary: Vocabulary) -> Field:
    """The field of an entity whose keys are free."""
    if entity != "metric":
        return Field(entity, name.key, "text")
    if name.quoted or not vocabulary.summaries:
        return Field(entity, name.key, "number")
    key, aspect = series.split(name.key)
    return Field(entity, key, "number", aspect)


def entity_of(prefix: str | None, token: Token, vocabulary: Vocabulary) -> Entity:
    """The entity that a prefix means; none means an attribute.

    Raises:
        InvalidQuery: if the search knows no such prefix.
    """
    if prefix is None:
        return "attribute"
    entity = vocabulary.prefixes.get(prefix)
    if entity is None:
        raise InvalidQuery(
            vocabulary.wording.entity.format(entity=prefix),
            token.start,
            hints.of_prefix(vocabulary),
        )
    return entity


def listed(names: object) -> str:
    """Names as MLflow lists them, but always in the same order."""
    return ", ".join(repr(name) for name in sorted(names))  # type: ignore[call-overload]  # any iterable of texts
