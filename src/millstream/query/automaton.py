"""Matching a regular expression in linear time: sets of states, each set worked out once."""

from __future__ import annotations

import functools

from millstream.query.regex import (
    Anchor,
    Choice,
    InvalidPattern,
    OneOf,
    Part,
    Repeat,
    Sequence,
    parse,
)

MAX_STEPS = 1_000
MAX_SETS = 500


@functools.lru_cache(maxsize=256)
def automaton(pattern: str) -> Automaton:
    """The automaton of a pattern; the same one for the same pattern, since it learns."""
    return Automaton(parse(pattern))


def search(pattern: str, text: str) -> bool:
    """Whether a pattern occurs anywhere in a text.

    Raises:
        InvalidPattern: if the pattern is not in the dialect of `regex`.
    """
    return automaton(pattern).search(text)


class _Set:
    """What may come next; `accepts` if a match is complete, or is if the text ends here."""

    __slots__ = ("accepts", "accepts_at_end", "following", "steps")

    def __init__(self, steps: frozenset[int], accepts: bool, accepts_at_end: bool) -> None:
        self.steps = steps
        self.accepts = accepts
        self.accepts_at_end = accepts_at_end
        self.following: dict[str, _Set] = {}


class Automaton:
    """A program of steps: take a character, jump to several places, check an anchor, or match."""

    def __init__(self, part: Part) -> None:
        self._takes: list[OneOf | None] = []
        self._jumps: list[tuple[int, ...]] = []
        self._anchors: list[str] = []
        self._add(part)
        self._match = self._step()
        self._sets: dict[tuple[frozenset[int], bool, bool], _Set] = {}
        self._first = self._close({0}, at_start=True)

    def search(self, text: str) -> bool:
        """Whether the pattern occurs anywhere in a text."""
        now = self._first
        for character in text:
            if now.accepts:
                return True
            following = now.following.get(character)
            now = following if following is not None else self._advance(now, character)
        return now.accepts or now.accepts_at_end

    def _advance(self, now: _Set, character: str) -> _Set:
        reached = {0}
        for step in now.steps:
            taken = self._takes[step]
            if taken is not None and taken.matches(character):
                reached.add(step + 1)
        following = self._close(reached, at_start=False)
        if len(now.following) < MAX_SETS:
            now.following[character] = following
        return following

    def _close(self, reached: set[int], *, at_start: bool) -> _Set:
        steps = self._reachable(reached, at_start=at_start, at_end=False)
        last = self._reachable(reached, at_start=at_start, at_end=True)
        taking = frozenset(step for step in steps if self._takes[step] is not None)
        key = (taking, self._match in steps, self._match in last)
        found = self._sets.get(key)
        if found is None:
            found = _Set(*key)
            if len(self._sets) < MAX_SETS:
                self._sets[key] = found
        return found

    def _reachable(self, reached: set[int], *, at_start: bool, at_end: bool) -> set[int]:
        seen = set(reached)
        waiting = list(reached)
        while waiting:
            step = waiting.pop()
            anchor = self._anchors[step]
            if (anchor == "^" and not at_start) or (anchor == "$" and not at_end):
                continue
            for target in self._jumps[step]:
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return seen

    def _step(
        self, takes: OneOf | None = None, jumps: tuple[int, ...] = (), anchor: str = ""
    ) -> int:
        if len(self._takes) >= MAX_STEPS:
            raise InvalidPattern("the pattern is too large once its counts are written out", 0)
        self._takes.append(takes)
        self._jumps.append(jumps)
        self._anchors.append(anchor)
        return len(self._takes) - 1

    def _add(self, part: Part) -> None:
        if isinstance(part, OneOf):
            self._step(takes=part)
        elif isinstance(part, Anchor):
            here = self._step(anchor=part.sign)
            self._jumps[here] = (here + 1,)
        elif isinstance(part, Sequence):
            for each in part.parts:
                self._add(each)
        elif isinstance(part, Choice):
            self._add_choice(part)
        else:
            self._add_repeat(part)

    def _add_choice(self, part: Choice) -> None:
        fork = self._step()
        starts, ends = [], []
        for each in part.parts:
            starts.append(len(self._takes))
            self._add(each)
            ends.append(self._step())
        self._jumps[fork] = tuple(starts)
        for end in ends:
            self._jumps[end] = (len(self._takes),)

    def _add_repeat(self, part: Repeat) -> None:
        for _ in range(part.low):
            self._add(part.part)
        if part.high is None:
            fork = self._step()
            self._add(part.part)
            back = self._step(jumps=(fork,))
            self._jumps[fork] = (fork + 1, back + 1)
            return
        forks = []
        for _ in range(part.high - part.low):
            forks.append(self._step())
            self._add(part.part)
        for fork in forks:
            self._jumps[fork] = (fork + 1, len(self._takes))
