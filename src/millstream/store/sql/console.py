"""What runs wrote to their terminals, in SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable

from millstream.entities import console as c
from millstream.entities import validation
from millstream.errors import InvalidParameter
from millstream.store.pending import Pending
from millstream.store.sql.confinement import confined
from millstream.store.sql.connections import Row
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert
from millstream.store.sql.lifecycle import active_run, no_run
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

MOST_LINES = 1_000
MOST_APART = 10_000
MOST_LISTED = 5_000
MOST_HITS = 1_000
MOST_SCANNED = 50_000
MOST_OF_RUN = 1_000_000
LONGEST_TEXT = 16_384
LONGEST_PROCESS = 100
LONGEST_SEARCHED = 500
_SLICE = 5_000
_GREATEST_INTEGER = (1 << 31) - 1

_ESCAPES = re.compile("\x1b\\[[0-9;:]*m")
_STREAMS: tuple[c.StreamName, ...] = ("stdout", "stderr")

_LOCK_RUN = "SELECT run_key FROM runs WHERE run_key = ?"
_SELECT_RUN = "SELECT run_key FROM runs WHERE run_id = ?"
_SELECT_PROCESS = "SELECT process_key FROM console_processes WHERE run_key = ? AND process = ?"
_INSERT_PROCESS = insert("console_processes", "run_key process process_rank")
_SELECT_KNOWN = (
    "SELECT number, position, revision FROM console_lines "
    "WHERE process_key = ? AND number BETWEEN ? AND ?"
)
_COUNT = "SELECT COALESCE(MAX(position), -1) + 1 FROM console_lines WHERE run_key = ?"
_INSERT_LINE = insert(
    "console_lines", "run_key position process_key number revision stream timestamp text"
)
_UPDATE_LINE = (
    "UPDATE console_lines SET revision = ?, stream = ?, timestamp = ?, text = ? "
    "WHERE run_key = ? AND position = ?"
)
_SELECT_LINES = (
    "SELECT l.position, l.text, l.stream, l.timestamp, p.process_rank, p.process, l.number, "
    "l.revision FROM console_lines l "
    "JOIN console_processes p ON p.process_key = l.process_key "
    "WHERE l.run_key = ? AND l.position >= ? AND l.position < ? ORDER BY l.position"
)


class SqlConsole:
    """The console output of a database's runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def log(self, request: c.LogConsole) -> Pending[None]:
        """Append lines of a process; of a line that is there the higher revision stays."""
        _check(request)
        return self._database.write(_log, request)

    def list(self, request: c.ListConsole) -> c.ConsolePage:
        """Lines from a position on, or up from the end."""
        _check_range(request.max_lines, "max_lines", 1, MOST_LISTED)
        return self._database.read(_list, request)

    def search(self, request: c.SearchConsole) -> c.ConsoleHits:
        """Lines that contain a text, from a position on."""
        if not request.text:
            raise InvalidParameter("Invalid text '': it must not be empty.")
        validation.check_length(request.text, "text", LONGEST_SEARCHED)
        _check_range(request.max_hits, "max_hits", 1, MOST_HITS)
        _check_range(request.position, "position", 0, validation.GREATEST_LONG)
        return self._database.read(_search, request)


def _check(request: c.LogConsole) -> None:
    if not request.process.strip():
        raise InvalidParameter(f"Invalid process {request.process!r}: it must not be blank.")
    validation.check_length(request.process, "process", LONGEST_PROCESS)
    _check_range(request.rank, "rank", 0, _GREATEST_INTEGER)
    _check_range(len(request.lines), "number of lines", 0, MOST_LINES)
    for line in request.lines:
        _check_range(line.number, "number", 0, _GREATEST_INTEGER)
        _check_range(line.revision, "revision", 0, _GREATEST_INTEGER)
        _check_range(line.timestamp, "timestamp", 0, validation.GREATEST_LONG)
        validation.check_length(line.text, "text", LONGEST_TEXT)
    numbers = [line.number for line in request.lines]
    if numbers and max(numbers) - min(numbers) >= MOST_APART:
        raise InvalidParameter(
            f"Lines {min(numbers)} and {max(numbers)} are too far apart for one request: their "
            f"numbers have to be less than {MOST_APART} apart."
        )


def _check_range(value: int, what: str, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidParameter(f"Invalid {what} {value}: it must be from {least} to {most}.")


def _log(transaction: Transaction, request: c.LogConsole) -> None:
    run_key, _ = active_run(transaction, request.run_id)
    transaction.lock(_LOCK_RUN, (run_key,))  # so that each position is given once
    process_key = _process(transaction, run_key, request)
    lines = _last_revisions(request.lines)
    if not lines:
        return
    known = {
        number: (position, revision)
        for number, position, revision in transaction.execute(
            _SELECT_KNOWN, (process_key, min(lines), max(lines))
        )
    }
    changed = [
        (line.revision, *_written(line), run_key, known[number][0])
        for number, line in lines.items()
        if number in known and known[number][1] < line.revision
    ]
    if changed:
        transaction.run_many(_UPDATE_LINE, changed)
    new = [line for number, line in lines.items() if number not in known]
    if new:
        _append(transaction, request.run_id, run_key, process_key, new)


def _process(transaction: Transaction, run_key: int, request: c.LogConsole) -> int:
    found = transaction.execute(_SELECT_PROCESS, (run_key, request.process))
    if found:
        return int(found[0][0])
    row = (run_key, request.process, request.rank)
    return transaction.insert(_INSERT_PROCESS, row, "process_key")


def _last_revisions(lines: Iterable[c.ConsoleLine]) -> dict[int, c.ConsoleLine]:
    """By number, in their order."""
    last: dict[int, c.ConsoleLine] = {}
    for line in lines:
        known = last.get(line.number)
        if known is None or known.revision <= line.revision:
            last[line.number] = line
    return dict(sorted(last.items()))


def _append(
    transaction: Transaction,
    run_id: str,
    run_key: int,
    process_key: int,
    lines: list[c.ConsoleLine],
) -> None:
    first = int(transaction.execute(_COUNT, (run_key,))[0][0])
    if first + len(lines) > MOST_OF_RUN:
        raise InvalidParameter(
            f"The console of run {run_id} has {first:,} lines, and may have {MOST_OF_RUN:,}."
        )
    rows = [
        (run_key, first + place, process_key, line.number, line.revision, *_written(line))
        for place, line in enumerate(lines)
    ]
    transaction.run_many(_INSERT_LINE, rows)


def _written(line: c.ConsoleLine) -> tuple[int, int, str]:
    # PostgreSQL keeps no NUL in texts.
    return _STREAMS.index(line.stream), line.timestamp, line.text.replace("\0", "\ufffd")


def _run_key(reader: Reader, run_id: str) -> int:
    rows = reader.execute(*confined(reader, _SELECT_RUN, (run_id,)))
    if not rows:
        raise no_run(run_id)
    return int(rows[0][0])


def _list(reader: Reader, request: c.ListConsole) -> c.ConsolePage:
    run_key = _run_key(reader, request.run_id)
    total = int(reader.execute(_COUNT, (run_key,))[0][0])
    start = request.position if request.position >= 0 else max(0, total + request.position)
    rows = reader.execute(_SELECT_LINES, (run_key, start, min(total, start + request.max_lines)))
    return c.ConsolePage([_placed(row) for row in rows], total)


def _search(reader: Reader, request: c.SearchConsole) -> c.ConsoleHits:
    run_key = _run_key(reader, request.run_id)
    total = int(reader.execute(_COUNT, (run_key,))[0][0])
    wanted = request.text.casefold()
    hits: list[c.PlacedLine] = []
    end = min(total, request.position + MOST_SCANNED)
    for start in range(request.position, end, _SLICE):
        for row in reader.execute(_SELECT_LINES, (run_key, start, min(end, start + _SLICE))):
            if wanted not in _ESCAPES.sub("", row[1]).casefold():
                continue
            hits.append(_placed(row))
            if len(hits) == request.max_hits:
                return c.ConsoleHits(hits, total, _next(row[0] + 1, total))
    return c.ConsoleHits(hits, total, _next(end, total))


def _next(position: int, total: int) -> int | None:
    return position if position < total else None


def _placed(row: Row) -> c.PlacedLine:
    position, text, stream, *others = row
    return c.PlacedLine(position, text, _STREAMS[stream], *others)
