"""One comparison of a filter as its parts, and what to say if it is none."""

from __future__ import annotations

from typing import NamedTuple

from millstream.query import hints
from millstream.query.lexer import Token
from millstream.query.refusal import InvalidQuery
from millstream.query.times import duration
from millstream.query.values import Operand
from millstream.query.vocabulary import Vocabulary

_WORDS = ("LIKE", "ILIKE", "RLIKE", "IN")
_KEYWORDS = frozenset({"AND", "OR", "NOT", "IS", "BETWEEN", *_WORDS})
_HINTS = {
    "comment": "comments are not part of the language",
    "unclosed": "this quote is never closed",
    "end": "a filter is one expression without a semicolon",
}
_NO_OPERATOR = "an operator is missing here, such as =, < or LIKE"
_LIST = "a list is missing here, such as ('a', 'b')"
_NO_LIST = "a list stands in parentheses, such as ('a', 'b')"


class Parts(NamedTuple):
    """A name, an operator in upper case and its position, and no, one or two values."""

    name: Token
    operator: str
    operator_start: int
    operands: list[Operand]


class Clause:
    """Reads one comparison from `place` on; afterwards `place` is behind it."""

    def __init__(
        self, text: str, tokens: list[Token], place: int, vocabulary: Vocabulary, now: int
    ) -> None:
        self.text = text
        self.tokens = tokens
        self.start = place
        self.place = place
        self.vocabulary = vocabulary
        self.now = now
        self._missing: tuple[int, str] | None = None

    def read(self) -> Parts | None:
        """The parts of the comparison; None if it is none."""
        name = self._next()
        if name is None or not self._is_operand(name):
            self._note_missing_name()
            return None
        operator_start = self.tokens[self.place].start if self.place < len(self.tokens) else 0
        operator = self._operator()
        if operator is None:
            return None
        operands = self._operands(operator)
        if operands is None or (name.kind == "name" and name.text in self.vocabulary.reserved):
            return None
        self._check_name(name)
        return Parts(name, operator, operator_start, operands)

    def strays(self) -> tuple[list[Token], tuple[int, str] | None]:
        """The tokens up to the next AND or OR that belong to no comparison, and a hint.

        The hint says what is wrong at a position.
        """
        found = self._segment()
        for place in range(1, len(found) - 1):
            before, middle, after = found[place - 1 : place + 2]
            complete = middle.kind == "operator" and before.text not in self.vocabulary.reserved
            if complete and self._is_operand(before) and self._is_operand(after):
                found = found[: place - 1] + found[place + 2 :]
                break
        return found, _hint(found) or self._missing

    def _operator(self) -> str | None:
        name = self.tokens[self.start].text
        token = self._due(hints.begun_name(name, self.vocabulary) or _NO_OPERATOR)
        if token is None:
            return None
        if token.kind == "operator" or token.word in (*_WORDS, "BETWEEN"):
            return token.word
        if token.word == "NOT":
            following = self._due("LIKE, ILIKE, RLIKE, IN or BETWEEN is missing here")
            if following is not None and following.word in (*_WORDS, "BETWEEN"):
                return f"NOT {following.word}"
            self._note_expected(following, "LIKE, ILIKE, RLIKE, IN or BETWEEN is expected here")
            return None
        if token.word == "IS":
            return self._presence()
        self._note_expected(token, "an operator is expected here, such as =, < or LIKE")
        return None

    def _presence(self) -> str | None:
        token = self._due("NULL or NOT NULL is missing here")
        negated = token is not None and token.word == "NOT"
        if negated:
            token = self._due("NULL is missing here")
        if token is None or token.word != "NULL":
            self._note_expected(token, "NULL is expected here")
            return None
        return "IS NOT NULL" if negated else "IS NULL"

    def _operands(self, operator: str) -> list[Operand] | None:
        if operator.endswith("NULL"):
            return []
        is_list = operator.endswith("IN")
        first = self._operand(_LIST if is_list else "a value is missing here, such as 1 or 'text'")
        if first is None:
            return None
        if is_list and first.items is None:
            self._missing = (first.start, _NO_LIST)
            return None
        if not operator.endswith("BETWEEN"):
            return [first]
        middle = self._due("AND with a second value is missing here", "OR")
        if middle is None or middle.word != "AND":
            return None
        second = self._operand("the second value is missing here, such as 2")
        return None if second is None else [first, second]

    def _operand(self, missing: str) -> Operand | None:
        token = self._due(missing)
        if token is None:
            return None
        if token.kind == "open":
            return self._list(token)
        if token.word == "AGO" and self._peek_kind() == "open":
            return self._ago(token)
        return Operand(token.text, token.start, token) if self._is_operand(token) else None

    def _list(self, opened: Token) -> Operand | None:
        items: list[Token] = []
        while (token := self._next()) is not None:
            if token.kind == "close":
                return Operand(self.text[opened.start : token.end], opened.start, items=items)
            items.append(token)
        self._missing = (opened.start, hints.UNCLOSED)
        return None

    def _ago(self, word: Token) -> Operand:
        self._next()
        span, closed = self._next(), self._next()
        length = duration(span.text) if span is not None else None
        if span is None or closed is None or closed.kind != "close" or length is None:
            raise InvalidQuery(
                "Invalid relative time. Expected ago(<number><unit>) with the unit s, m, h, d or w,"
                " such as ago(7d)",
                word.start,
            )
        return Operand(self.text[word.start : closed.end], word.start, time=self.now - length)

    def _check_name(self, name: Token) -> None:
        if name.kind == "name" or (name.kind == "glued" and self.vocabulary.bare_values):
            return
        if name.kind == "string" and name.text.startswith('"'):
            return
        hint = hints.of_quotes(name.text) if name.kind == "glued" else None
        raise InvalidQuery(
            f"Invalid comparison clause. Expected 'Identifier' found '{name.text}'",
            name.start,
            hint,
        )

    def _segment(self) -> list[Token]:
        found: list[Token] = []
        depth = 0
        for token in self.tokens[self.start :]:
            depth += (token.kind == "open") - (token.kind == "close")
            if depth < 0 or (depth == 0 and token.word in ("AND", "OR")):
                break
            found.append(token)
        return found

    def _is_operand(self, token: Token) -> bool:
        if token.kind == "name":
            return token.text.upper() not in _KEYWORDS
        return token.kind in ("number", "string", "glued")

    def _due(self, missing: str, *ends: str) -> Token | None:
        """The next token; if the comparison ends before it, what is missing is noted.

        It ends with the text, a parenthesis or one of the words `ends`, which are AND and OR
        unless others are given.
        """
        at = self.tokens[self.place - 1].end
        token = self._next()
        if token is None or token.kind == "close" or token.word in (ends or ("AND", "OR")):
            self._missing = (at, missing)
        return token

    def _note_expected(self, token: Token | None, what: str) -> None:
        """Note what is expected in the place of a token, unless something is missing before it."""
        if token is not None and self._missing is None:
            self._missing = (token.start, what)

    def _note_missing_name(self) -> None:
        first = self.tokens[self.start]
        if first.kind == "operator" or first.word in _KEYWORDS:
            self._missing = (first.start, "a name is missing before it, such as metrics.loss")

    def _next(self) -> Token | None:
        if self.place == len(self.tokens):
            return None
        self.place += 1
        return self.tokens[self.place - 1]

    def _peek_kind(self) -> str | None:
        return self.tokens[self.place].kind if self.place < len(self.tokens) else None


def _hint(found: list[Token]) -> tuple[int, str] | None:
    hints = ((token.start, _HINTS[token.kind]) for token in found if token.kind in _HINTS)
    return next(hints, None)
