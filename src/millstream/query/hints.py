"""What would be right where a filter is refused: short phrases that a page can show by the word."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.query.tree import Entity, Field
from millstream.query.vocabulary import Vocabulary

LONGEST_QUOTED = 40
"""Longer texts are not repeated in a hint."""

_LOGGED: tuple[Entity, ...] = ("metric", "param", "tag")
_KEYS: dict[Entity, str] = {"metric": "loss", "attribute": "status", "dataset": "name"}
NUMBER = "a number is expected here, such as 0.5"
TIME = "a time is expected here, such as ago(7d) or milliseconds since 1970"
LIST = "a list holds texts in quotes with commas between them, such as ('a', 'b')"
SURPLUS = "this parenthesis closes none"
UNCLOSED = "this parenthesis is never closed: ) is missing at the end"


def of_attribute(key: str, vocabulary: Vocabulary, *, prefixed: bool) -> str:
    """What to write in the place of an attribute that there is not."""
    attributes = dict.fromkeys(found.key for found in vocabulary.attributes.values())
    known = f"attributes are {', '.join(attributes)}"
    logged = [f"{prefix}.{key}" for prefix in _prefixes(vocabulary)]
    if prefixed or not logged or not key.isidentifier() or len(key) > LONGEST_QUOTED:
        return known
    return f"write {_either(logged)} for what was logged; {known}"


def of_prefix(vocabulary: Vocabulary) -> str:
    """What a name may begin with."""
    known = [f"{prefix}." for prefix in ("attributes", *_prefixes(vocabulary))]
    return f"names begin with {_either(known)}"


def of_operators(allowed: Sequence[str]) -> str:
    """What may stand in the place of an operator."""
    return f"here {_either(allowed)} is expected"


def of_number(field: Field) -> str:
    """What compares with a number or a time."""
    return TIME if field.kind == "time" else NUMBER


def of_text(text: str) -> str:
    """How a text is written that stands without quotes."""
    is_plain = "'" not in text and len(text) <= LONGEST_QUOTED
    return f"text stands in quotes: '{text}'" if is_plain else "text stands in quotes"


def of_quotes(name: str) -> str:
    """How a name is written whose key has signs in it."""
    prefix, _, key = name.partition(".")
    is_short = key and "`" not in name and len(name) <= LONGEST_QUOTED
    example = f": {prefix}.`{key}`" if is_short else ""
    return f"put a key that has such signs into quotes{example}"


def begun_name(text: str, vocabulary: Vocabulary) -> str | None:
    """What is missing behind a text that is only the prefix of a name; None if it is a name."""
    prefix, dot, key = text.partition(".")
    if key or prefix not in vocabulary.prefixes or prefix in vocabulary.attributes:
        return None
    missing = "a key is" if dot else "a dot and a key are"
    return f"{missing} missing here, such as {prefix}.{_KEYS.get(vocabulary.prefixes[prefix], 'x')}"


def _prefixes(vocabulary: Vocabulary) -> list[str]:
    """The prefixes of what is logged, in the plural where there is one."""
    return [
        f"{entity}s" if f"{entity}s" in vocabulary.prefixes else entity
        for entity in _LOGGED
        if entity in vocabulary.prefixes.values()
    ]


def _either(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
