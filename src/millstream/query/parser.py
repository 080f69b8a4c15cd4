"""From the text of a filter to its tree.

    filter     = [ either ]
    either     = every { OR every }
    every      = { AND } one { AND { AND } one } { AND }
    one        = NOT one | ( either ) | comparison
    comparison = name operator value | name [NOT] BETWEEN value AND value | name IS [NOT] NULL

Keywords may be in any case. A surplus AND is tolerated, as it is by MLflow.
"""

from __future__ import annotations

import time

from millstream.query import fields, hints, operators
from millstream.query.clause import Clause
from millstream.query.lexer import Token, tokens
from millstream.query.refusal import InvalidQuery
from millstream.query.tree import EVERYTHING, And, Comparison, Node, Not, Or
from millstream.query.vocabulary import Vocabulary

MAX_NESTING = 64
MAX_COMPARISONS = 200
_NO_COMPARISON = "a comparison is missing here, such as metrics.loss < 1"


def parse(text: str | None, vocabulary: Vocabulary, now: int | None = None) -> Node:
    """The tree of a filter; an absent or blank one matches everything.

    `now` is what ago(…) counts from, in ms since 1970-01-01 UTC; by default the clock.

    Raises:
        InvalidQuery: if the text is not understood, with the position of the trouble.
    """
    if not text or text.isspace():
        return EVERYTHING
    now = time.time_ns() // 1_000_000 if now is None else now
    return _Parser(text, vocabulary, now).parse()


class _Parser:
    """Recursive descent over the tokens, at most MAX_NESTING deep."""

    def __init__(self, text: str, vocabulary: Vocabulary, now: int) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.now = now
        self.tokens = tokens(text)
        self.place = 0
        self.depth = 0
        self.comparisons = 0
        self._check_single()

    def parse(self) -> Node:
        node = self._either(top=True)
        if self.place < len(self.tokens):
            rest = self.tokens[self.place :]
            raise self._strays(rest, (rest[0].start, hints.SURPLUS))
        return node

    def _either(self, *, top: bool = False) -> Node:
        items = [self._every(may_be_empty=top)]
        while self._take("OR"):
            items.append(self._every())
        if len(items) > 1 and items[0] == EVERYTHING:
            first = self.tokens[0]
            raise self._strays([first], (first.start, "a comparison is missing before it"))
        return items[0] if len(items) == 1 else Or(tuple(items))

    def _every(self, *, may_be_empty: bool = False) -> Node:
        items: list[Node] = []
        start = self.place
        while self._take("AND"):
            pass
        while not self._at_end():
            items.append(self._one())
            if not self._take("AND"):
                break
            while self._take("AND"):
                pass
        if not items and not may_be_empty:
            missing = (self.tokens[self.place - 1].end, _NO_COMPARISON)
            raise self._strays(self.tokens[max(start - 1, 0) : self.place + 1], missing)
        return items[0] if len(items) == 1 else And(tuple(items))

    def _one(self) -> Node:
        token = self.tokens[self.place]
        if token.word == "NOT":
            self.place += 1
            self._descend(token)
            if self._at_end():
                raise self._strays([token], (token.end, _NO_COMPARISON))
            node: Node = Not(self._one())
        elif token.kind == "open":
            self.place += 1
            self._descend(token)
            node = self._group(token)
        else:
            return self._comparison()
        self.depth -= 1
        return node

    def _group(self, opened: Token) -> Node:
        if self.place < len(self.tokens) and self.tokens[self.place].kind == "close":
            empty = self.text[opened.start : self.tokens[self.place].end]
            missing = (opened.end, _NO_COMPARISON)
            raise self._strays([Token("other", empty, opened.start, opened.end)], missing)
        node = self._either()
        if self.place == len(self.tokens):
            raise self._strays([opened], (opened.start, hints.UNCLOSED))
        if self.tokens[self.place].kind != "close":
            raise self._strays(self._rest())
        self.place += 1
        return node

    def _comparison(self) -> Comparison:
        self.comparisons += 1
        if self.comparisons > MAX_COMPARISONS:
            raise InvalidQuery(
                f"Invalid filter string: it has more than {MAX_COMPARISONS} comparisons;"
                " IN compares with a list of values",
                self.tokens[self.place].start,
            )
        clause = Clause(self.text, self.tokens, self.place, self.vocabulary, self.now)
        comparison = self._checked(clause)
        self.place = clause.place
        rest = self._rest()
        if rest:
            missing = (rest[0].start, "AND or OR is missing before it")
            raise self._strays(rest, missing if rest[0].kind == "name" else None)
        return comparison

    def _checked(self, clause: Clause) -> Comparison:
        parts = clause.read()
        if parts is None:
            strays, hint = clause.strays()
            raise self._strays(strays, hint)
        return operators.comparison(
            fields.resolve(parts.name, self.vocabulary), parts, self.vocabulary
        )

    def _rest(self) -> list[Token]:
        found = []
        for token in self.tokens[self.place :]:
            if token.word in ("AND", "OR") or token.kind == "close":
                break
            found.append(token)
        return found

    def _take(self, word: str) -> bool:
        if self.place < len(self.tokens) and self.tokens[self.place].word == word:
            self.place += 1
            return True
        return False

    def _at_end(self) -> bool:
        if self.place == len(self.tokens):
            return True
        token = self.tokens[self.place]
        return token.kind == "close" or token.word == "OR"

    def _descend(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise InvalidQuery(
                f"Invalid filter string: it is nested more than {MAX_NESTING} levels deep",
                token.start,
            )

    def _strays(self, found: list[Token], hint: tuple[int, str] | None = None) -> InvalidQuery:
        wording = self.vocabulary.wording
        quote = "'" if wording.quote_strays else ""
        listed = ", ".join(f"{quote}{token.text}{quote}" for token in found)
        message = wording.strays.format(strays=listed, text=self.text)
        position, explanation = hint or (found[0].start if found else len(self.text), None)
        return InvalidQuery(message, position, explanation)

    def _check_single(self) -> None:
        for place, token in enumerate(self.tokens[:-1]):
            if token.kind == "end" and self.tokens[place + 1].kind != "end":
                message = self.vocabulary.wording.several.format(text=self.text)
                raise InvalidQuery(message, token.start)
