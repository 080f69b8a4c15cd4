"""Pieces of SQL that carry their parameters with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Param: TypeAlias = str | int | float


class Sql(NamedTuple):
    """A piece of SQL and the parameters of its question marks, in order."""

    text: str
    params: tuple[Param, ...] = ()


TRUE = Sql("1=1")
FALSE = Sql("1=0")


def joined(separator: str, pieces: Iterable[Sql]) -> Sql:
    """Pieces one behind the other."""
    pieces = list(pieces)
    params = tuple(param for piece in pieces for param in piece.params)
    return Sql(separator.join(piece.text for piece in pieces), params)


def select(columns: Sql, source: Sql, where: Sql) -> Sql:
    """A SELECT of columns from tables."""
    return joined(" ", [Sql("SELECT"), columns, Sql("FROM"), source, Sql("WHERE"), where])


def limited(piece: Sql, limit: int) -> Sql:
    """A SELECT that ends after some rows."""
    return Sql(f"{piece.text} LIMIT ?", (*piece.params, limit))


def nested(piece: Sql) -> Sql:
    """A piece in parentheses."""
    return Sql(f"({piece.text})", piece.params)


def all_of(pieces: Sequence[Sql]) -> Sql:
    """True if all pieces are."""
    return _balanced("AND", pieces) if pieces else TRUE


def any_of(pieces: Sequence[Sql]) -> Sql:
    """True if any piece is."""
    return _balanced("OR", pieces) if pieces else FALSE


def negated(piece: Sql) -> Sql:
    """True if the piece is false."""
    return Sql(f"(NOT {piece.text})", piece.params)


def listed(values: Sequence[Param]) -> Sql:
    """Values in parentheses, as IN wants them."""
    return Sql(f"({','.join('?' * len(values))})", tuple(values))


def _balanced(word: str, pieces: Sequence[Sql]) -> Sql:
    """Pieces joined as a balanced tree, since SQLite bounds how deep an expression may be."""
    if len(pieces) <= 8:
        if len(pieces) == 1:
            return pieces[0]
        text, params = joined(f" {word} ", pieces)
        return Sql(f"({text})", params)
    half = len(pieces) // 2
    return _balanced(word, [_balanced(word, pieces[:half]), _balanced(word, pieces[half:])])
