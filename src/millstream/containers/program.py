"""A program of this machine that carries out a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec


def _nothing() -> None:
    """What is to be done where nothing is."""


class Program(msgspec.Struct, frozen=True):
    """The words of a command, started in a folder with these variables and no others.

    `kill` ends what the program has others do for it, of no effect once that is over; `over` is
    called once when the program has ended, and cleans up after it.
    """

    words: list[str]
    folder: str
    variables: Mapping[str, str]
    kill: Callable[[], None] = _nothing
    over: Callable[[], None] = _nothing
