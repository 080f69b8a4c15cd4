"""What a run's processes wrote to their terminals, line by line, and the requests about it."""

from __future__ import annotations

from typing import Literal

from millstream.entities.entity import Entity

StreamName = Literal["stdout", "stderr"]


class ConsoleLine(Entity):
    """A line as it stands on the terminal, with its colours as SGR escape sequences.

    `number` counts the lines of one process from 0. A line that is rewritten, as progress bars are,
    comes again with a higher `revision`. `timestamp` is when it was last written to, in ms since
    1970.
    """

    number: int
    text: str
    stream: StreamName = "stdout"
    timestamp: int = 0
    revision: int = 0


class LogConsole(Entity):
    """Lines that one process of a run wrote; the same again changes nothing.

    `process` tells the processes of a run apart, on all machines. Of a line that is there already
    the higher revision stays. At most 1,000 lines, whose numbers are less than 10,000 apart.
    """

    run_id: str
    process: str
    lines: list[ConsoleLine]
    rank: int = 0


class ListConsole(Entity):
    """Lines of a run from a position on; a negative position counts from the end.

    `max_lines` is at most 5,000.
    """

    run_id: str
    position: int = 0
    max_lines: int = 1_000


class SearchConsole(Entity):
    """Lines that contain a text, whatever its capitals and the colours within it.

    Looked at are at most 50,000 lines from `position` on; the answer says where to go on.
    `max_hits` is at most 1,000.
    """

    run_id: str
    text: str
    position: int = 0
    max_hits: int = 100


class PlacedLine(Entity):
    """A line at its place among those of all processes, which are in the order they arrived."""

    position: int
    text: str
    stream: StreamName = "stdout"
    timestamp: int = 0
    rank: int = 0
    process: str = ""
    number: int = 0
    revision: int = 0


class ConsolePage(Entity):
    """Lines in the order of their positions, which have no gaps; `total` is how many there are."""

    lines: list[PlacedLine]
    total: int


class ConsoleHits(Entity):
    """Lines that were found. Without a `next_position` all lines were looked at."""

    lines: list[PlacedLine]
    total: int
    next_position: int | None = None
