r"""Regular expressions for RLIKE: one dialect on every database.

The dialect is what all engines agree on: literals, `.` (any character but a newline), classes such
as [a-z] and [^0-9], \d \w \s and their opposites (ASCII), \t \n \r, a backslash before any sign,
anchors ^ and $, groups, `|`, the quantifiers * + ? {m} {m,} {m,n} (a `?` behind them changes
nothing), and (?i) in front to ignore case. There are no back-references and no look-around, so
that `automaton` can match in linear time.
"""

from __future__ import annotations

import functools
import re
from typing import TypeAlias

import msgspec

MAX_REPEATS = 255
MAX_DEPTH = 50

Ranges: TypeAlias = tuple[tuple[str, str], ...]


class InvalidPattern(ValueError):
    """A pattern that is not in the dialect; `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class OneOf(msgspec.Struct, frozen=True):
    """One character that lies in a range, or in none of them."""

    ranges: Ranges
    negated: bool = False

    def matches(self, character: str) -> bool:
        """Whether this character is meant."""
        return any(low <= character <= high for low, high in self.ranges) != self.negated


class Anchor(msgspec.Struct, frozen=True):
    """The start of the text ("^") or its end ("$")."""

    sign: str


class Sequence(msgspec.Struct, frozen=True):
    """One part behind the other."""

    parts: tuple[Part, ...]


class Choice(msgspec.Struct, frozen=True):
    """Any one of the parts."""

    parts: tuple[Part, ...]


class Repeat(msgspec.Struct, frozen=True):
    """A part at least `low` and, unless None, at most `high` times."""

    part: Part
    low: int
    high: int | None


Part: TypeAlias = OneOf | Anchor | Sequence | Choice | Repeat

_CLASSES: dict[str, Ranges] = {
    "d": (("0", "9"),),
    "w": (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")),
    "s": (("\t", "\r"), (" ", " ")),
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}
_ANYTHING = OneOf((("\n", "\n"),), negated=True)
_COUNT = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}")


@functools.lru_cache(maxsize=256)
def parse(pattern: str) -> Part:
    """The parts of a pattern.

    Raises:
        InvalidPattern: if it is not in the dialect.
    """
    return _Parser(pattern).parse()


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.ignore_case = pattern.startswith("(?i)")
        self.place = 4 if self.ignore_case else 0
        self.depth = 0

    def parse(self) -> Part:
        part = self._choice()
        if self.place < len(self.pattern):
            raise InvalidPattern("a parenthesis is closed that was never opened", self.place)
        return part

    def _choice(self) -> Part:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Part:
        parts = []
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            parts.append(self._repeated())
        if not parts:
            raise InvalidPattern("something to match is missing", self.place)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self) -> Part:
        start = self.place
        part = self._atom()
        low, high = self._quantifier()
        if (low, high) == (1, 1):
            return part
        if isinstance(part, Anchor):
            raise InvalidPattern("an anchor cannot be repeated", start)
        if self._quantifier() != (1, 1):
            raise InvalidPattern("two quantifiers in a row", self.place - 1)
        return Repeat(part, low, high)

    def _quantifier(self) -> tuple[int, int | None]:
        sign = self.pattern[self.place : self.place + 1]
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if sign in simple:
            self.place += 1
            found = simple[sign]
        elif sign == "{":
            found = self._counted()
        else:
            return (1, 1)
        self._take("?")
        return found

    def _counted(self) -> tuple[int, int | None]:
        match = _COUNT.match(self.pattern, self.place)
        if match is None:
            raise InvalidPattern("a brace needs {m}, {m,} or {m,n}, or a \\ before it", self.place)
        low = int(match[1])
        high = int(match[3]) if match[3] else (None if match[2] else low)
        if max(low, high or 0) > MAX_REPEATS or (high is not None and high < low) or high == 0:
            raise InvalidPattern(f"a count must be 1 to {MAX_REPEATS}, and m <= n", self.place)
        self.place = match.end()
        return low, high

    def _atom(self) -> Part:
        start = self.place
        sign = self.pattern[start]
        self.place += 1
        if sign == "(":
            return self._group(start)
        if sign == "[":
            return self._class(start)
        if sign == "\\":
            ranges, negated = self._escape()
            return OneOf(ranges, negated)
        if sign == ".":
            return _ANYTHING
        if sign in "^$":
            return Anchor(sign)
        if sign in "*+?{}":
            raise InvalidPattern(f"{sign} has nothing to repeat", start)
        return OneOf(self._cased(((sign, sign),)))

    def _group(self, start: int) -> Part:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise InvalidPattern(f"groups are nested more than {MAX_DEPTH} deep", start)
        if self.pattern.startswith("?", self.place) and not self.pattern.startswith(
            "?:", self.place
        ):
            raise InvalidPattern("(? begins only the group (?:…) or, in front, (?i)", start)
        if self.pattern.startswith("?:", self.place):
            self.place += 2
        part = self._choice()
        if not self._take(")"):
            raise InvalidPattern("this parenthesis is never closed", start)
        self.depth -= 1
        return part

    def _escape(self) -> tuple[Ranges, bool]:
        if self.place == len(self.pattern):
            raise InvalidPattern("a backslash at the end", self.place - 1)
        sign = self.pattern[self.place]
        self.place += 1
        if sign.lower() in _CLASSES:
            return _CLASSES[sign.lower()], sign.isupper()
        if sign in _CONTROLS:
            return ((_CONTROLS[sign],) * 2,), False
        if sign.isalnum():
            raise InvalidPattern(f"\\{sign} is not in the dialect", self.place - 2)
        return ((sign, sign),), False

    def _class(self, start: int) -> Part:
        negated = self._take("^")
        ranges: list[tuple[str, str]] = []
        while not self._take("]"):
            low = self._member(start)
            if len(low) == 1 and low[0][0] == low[0][1] and self._is_range():
                self.place += 1
                high = self._member(start)
                if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                    raise InvalidPattern("a range in brackets runs backwards", start)
                low = ((low[0][0], high[0][0]),)
            ranges += low
        if not ranges:
            raise InvalidPattern("empty brackets; a ] inside brackets needs a \\ before it", start)
        return OneOf(self._cased(tuple(ranges)), negated)

    def _is_range(self) -> bool:
        return self.pattern.startswith("-", self.place) and not self.pattern.startswith(
            "-]", self.place
        )

    def _member(self, start: int) -> Ranges:
        if self.place >= len(self.pattern):
            raise InvalidPattern("this bracket is never closed", start)
        sign = self.pattern[self.place]
        self.place += 1
        if sign == "\\":
            ranges, negated = self._escape()
            if negated:
                raise InvalidPattern("an opposite such as \\D inside brackets", self.place - 2)
            return ranges
        if sign == "[":
            raise InvalidPattern("a [ inside brackets needs a \\ before it", self.place - 1)
        return ((sign, sign),)

    def _cased(self, ranges: Ranges) -> Ranges:
        if not self.ignore_case:
            return ranges
        more = list(ranges)
        for low, high in ranges:
            for code in range(ord(low), min(ord(high), ord(low) + 512) + 1):
                both = (chr(code).lower(), chr(code).upper())
                more += [(other, other) for other in both if len(other) == 1]
        return tuple(dict.fromkeys(more))

    def _take(self, sign: str) -> bool:
        if self.pattern.startswith(sign, self.place):
            self.place += 1
            return True
        return False


def write(part: Part, end: str = "$") -> str:
    """A pattern as PostgreSQL and MySQL read it; `end` is their sign for the end of the text."""
    if isinstance(part, OneOf):
        return _write_class(part)
    if isinstance(part, Anchor):
        return end if part.sign == "$" else part.sign
    if isinstance(part, Sequence):
        return "".join(write(each, end) for each in part.parts)
    if isinstance(part, Choice):
        return f"(?:{'|'.join(write(each, end) for each in part.parts)})"
    inner = write(part.part, end)
    if not isinstance(part.part, OneOf):
        inner = f"(?:{inner})"
    return f"{inner}{{{part.low},{'' if part.high is None else part.high}}}"


def _write_class(part: OneOf) -> str:
    if len(part.ranges) == 1 and not part.negated and part.ranges[0][0] == part.ranges[0][1]:
        return _quoted(part.ranges[0][0])
    inside = "".join(
        _quoted(low) if low == high else f"{_quoted(low)}-{_quoted(high)}"
        for low, high in part.ranges
    )
    return f"[{'^' if part.negated else ''}{inside}]"


def _quoted(character: str) -> str:
    plain = character.isalnum() or not character.isascii() or character.isspace()
    return character if plain or character == "_" else f"\\{character}"
