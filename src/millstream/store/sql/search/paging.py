"""Pages by keyset: a token says after which row the next page begins."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Sequence
from typing import Literal

import msgspec

from millstream.entities.decoding import json_decoder
from millstream.errors import InvalidParameter
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import (
    FALSE,
    TRUE,
    Param,
    Sql,
    all_of,
    any_of,
    joined,
    limited,
    select,
)

MAX_TOKEN = 4 * 1024 * 1024
_WHOLE = range(-(2**63), 2**63)


class Found(msgspec.Struct, frozen=True):
    """The keys of a page in order; the token is absent on the last page."""

    keys: list[int]
    next_page_token: str | None = None


class Term(msgspec.Struct, frozen=True):
    """An expression to sort by, never NULL."""

    sql: Sql
    kind: Literal["text", "number", "whole"]
    ascending: bool = True


def missing(column: str) -> Term:
    """0 where there is a value and 1 where there is none."""
    return Term(Sql(f"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END"), "whole")


class Phase(msgspec.Struct, frozen=True):
    """A stretch of the whole order.

    In it the first terms of the order have the values `fixed`, and `terms` are the others, maybe
    written otherwise. Each branch is a FROM clause and conditions; the rows of all of them are
    merged. `by_first_term` is for a database that sorts all rows where an index has the first term
    but not the whole order: the foremost rows by that term alone tell which others can be in front.
    """

    key: str
    fixed: tuple[Param, ...]
    terms: tuple[Term, ...]
    branches: tuple[tuple[Sql, tuple[Sql, ...]], ...]
    by_first_term: bool = False


class _Token(msgspec.Struct):
    query: int
    after: list[str | int | float]


def find_page(
    reader: Reader, phases: Sequence[Phase], size: int, query: Sequence[object], token: str | None
) -> Found:
    """One page of at most `size` rows of the phases, which follow each other in the order.

    `query` is what makes the search; a token from another one is refused.
    """
    kinds = [*(_kind(value) for value in phases[0].fixed), *(term.kind for term in phases[0].terms)]
    digest = binascii.crc32(msgspec.json.encode(query))
    after = _decode(token, digest, kinds) if token else None
    rows: list[tuple[Param, ...]] = []
    for phase in phases:
        place = _place(phase, after)
        if place is not None:
            sql = _statement(phase, place, size + 1 - len(rows))
            found = reader.execute(sql.text, sql.params)
            rows += [(row[0], *phase.fixed, *row[1:]) for row in found]
        if len(rows) > size:
            break
    keys = [int(row[0]) for row in rows[:size]]
    if len(rows) <= size:
        return Found(keys)
    return Found(keys, _encode(digest, rows[size - 1][1:]))


def _place(phase: Phase, after: tuple[Param, ...] | None) -> tuple[Param, ...] | None:
    """The values after which to begin in this phase; empty for its start, None to skip it."""
    if after is None:
        return ()
    count = len(phase.fixed)
    if phase.fixed == after[:count]:
        return after[count:]
    return None if phase.fixed < after[:count] else ()


def _statement(phase: Phase, place: tuple[Param, ...], limit: int) -> Sql:
    order = ", ".join(
        f"{number} {'ASC' if term.ascending else 'DESC'}"
        for number, term in enumerate(phase.terms, start=2)
    )
    selected = [Sql(phase.key), *(term.sql for term in phase.terms)]
    columns = joined(
        ", ", [Sql(f"{sql.text} AS c{n}", sql.params) for n, sql in enumerate(selected)]
    )
    beyond = (_beyond(phase.terms, place),) if place else ()
    parts = []
    for source, conditions in phase.branches:
        within = [*conditions, *beyond]
        if phase.by_first_term:
            within.append(_among_foremost(phase.terms[0], source, within, limit))
        found = select(columns, source, all_of(within))
        parts.append(limited(Sql(f"{found.text} ORDER BY {order}", found.params), limit))
    if len(parts) == 1:
        return parts[0]
    merged = [
        select(Sql("*"), Sql(f"({part.text}) AS branch{number}", part.params), TRUE)
        for number, part in enumerate(parts)
    ]
    union = joined(" UNION ALL ", merged)
    return limited(Sql(f"{union.text} ORDER BY {order}", union.params), limit)


def _among_foremost(term: Term, source: Sql, conditions: Sequence[Sql], limit: int) -> Sql:
    """A term has one of the values that it has in the first rows of its own order.

    So have the first rows of any order that begins with it.
    """
    text, params = term.sql
    values = select(Sql(f"{text} AS c", params), source, all_of(conditions))
    ordered = f"{values.text} ORDER BY 1 {'ASC' if term.ascending else 'DESC'}"
    foremost = limited(Sql(ordered, values.params), limit)
    return Sql(
        f"{text} IN (SELECT c FROM ({foremost.text}) AS foremost)", (*params, *foremost.params)
    )


def _beyond(terms: tuple[Term, ...], place: tuple[Param, ...]) -> Sql:
    """Rows behind a place; the first term also as a plain bound, where an index can begin."""
    found: Sql | None = None
    for term, value in zip(reversed(terms), reversed(place), strict=True):
        text, params = term.sql
        sign = ">" if term.ascending else "<"
        further = Sql(f"{text} {sign} ?", (*params, value))
        if found is not None:
            bound = Sql(f"{text} {sign}= ?", (*params, value))
            further = all_of([bound, any_of([further, found])])
        found = further
    return found if found is not None else FALSE


def _kind(value: Param) -> Literal["text", "number", "whole"]:
    return "text" if isinstance(value, str) else "number"


def _encode(query: int, after: Sequence[Param]) -> str:
    token = msgspec.json.encode(_Token(query, [*after]))
    return base64.urlsafe_b64encode(token).decode()


def _decode(token: str, query: int, kinds: Sequence[str]) -> tuple[Param, ...]:
    try:
        if len(token) > MAX_TOKEN:
            raise ValueError(f"it has {len(token)} characters")
        text = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        found = json_decoder(_Token).decode(text)
    except ValueError as error:
        raise InvalidParameter("Invalid page token, could not base64-decode") from error
    if found.query != query:
        raise InvalidParameter(
            "Invalid page token: it belongs to another search. Filter, order, experiments and view"
            " must be those of the first page."
        )
    if len(found.after) != len(kinds) or not all(map(_fits, found.after, kinds)):
        raise InvalidParameter("Invalid page token, could not base64-decode")
    return tuple(found.after)


def _fits(value: Param, kind: str) -> bool:
    if kind == "text":
        return isinstance(value, str) and "\0" not in value
    if isinstance(value, int):
        return value in _WHOLE
    return kind == "number" and isinstance(value, float) and math.isfinite(value)
