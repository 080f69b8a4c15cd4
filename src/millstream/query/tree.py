"""The tree of a filter: comparisons joined by and, or, not."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Entity = Literal["attribute", "metric", "param", "tag", "dataset"]
Kind = Literal["text", "number", "time", "id"]
Aspect = Literal["value", "min", "max", "min_step", "max_step"]
Value: TypeAlias = str | int | float | tuple[str, ...] | tuple[float, float] | None


class Field(msgspec.Struct, frozen=True):
    """What is compared or ordered by.

    `key` is the canonical name. `kind` says how values compare: "id" is a whole number that is
    written as text, "time" is milliseconds since 1970-01-01 UTC. `aspect` is "value" except for
    metrics, where it may name a summary of the whole series.
    """

    entity: Entity
    key: str
    kind: Kind
    aspect: Aspect = "value"


class Comparison(msgspec.Struct, frozen=True):
    """One field against a value; false where the field is missing, but for IS NULL.

    `operator` is one of those in `vocabulary`, in upper case. `value` is a tuple of texts for IN,
    a pair of numbers for BETWEEN, None for IS NULL and IS NOT NULL. A number beside a param
    compares the param's number, a text its text.
    """

    field: Field
    operator: str
    value: Value
    position: int = 0


class And(msgspec.Struct, frozen=True):
    """True if all items are; without items always true."""

    items: tuple[Node, ...]


class Or(msgspec.Struct, frozen=True):
    """True if any item is."""

    items: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True):
    """True if the item is false."""

    item: Node


Node: TypeAlias = Comparison | And | Or | Not

EVERYTHING = And(())


def is_numeric(value: Value) -> bool:
    """Whether a value is a number or a pair of numbers."""
    first = value[0] if isinstance(value, tuple) else value
    return isinstance(first, int | float)
