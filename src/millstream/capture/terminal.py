r"""The lines of a terminal, as what is written to it leaves them.

A progress bar that rewrites its line is one line; so are bars that move the cursor up. Colours are
kept as SGR escape sequences, all other sequences act or are dropped.

Understood are: line feed, carriage return, backspace, tab; of ECMA-48 SGR (`m`), the cursor's CUU,
CUD, CUF, CUB, CNL, CPL, CHA (`A` to `G`), and erasing by EL and ED (`K`, `J`).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from millstream.entities.console import ConsoleLine, StreamName

WINDOW = 200
"""How many lines up the cursor can move."""
LONGEST_LINE = 10_000
TAIL = 500
"""How many of the last lines are kept of output that is too long."""

_UNREAD = 1 << 16
_LONGEST_STYLE = 200
_RESET = "\x1b[0m"
_SPECIAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TOKEN = re.compile(
    "\x1b\\[(?P<params>[0-9;:?<=>]*)[ -/]*(?P<final>[@-~])"
    "|(?P<string>\x1b[\\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\\\))"
    "|(?P<short>\x1b[ -/]*[0-Z\\\\^-~])"
    "|(?P<control>[\x00-\x08\x0b-\x1f\x7f-\x9f])"
    "|(?P<text>[^\x00-\x08\x0b-\x1f\x7f-\x9f]+)"
)
_UNFINISHED = re.compile(
    "\x1b(?:\\[[0-9;:?<=>]{0,64}[ -/]{0,4}|[\\]PX^_][^\x07\x1b]{0,4096}\x1b?)?\\Z"
)
_SGR = re.compile("\x1b\\[[0-9;:]*m")

Cell = tuple[str, str]
"""A style, and the sign that has it."""


class _Line:
    """`style` is the one in force at the end of `text`; the cursor at the end is at None."""

    __slots__ = ("is_cut", "number", "revision", "stream", "style", "text", "timestamp")

    def __init__(self, number: int) -> None:
        self.number = number
        self.text = ""
        self.style = ""
        self.stream: StreamName = "stdout"
        self.timestamp = 0
        self.revision = 0
        self.is_cut = False

    def append(self, text: str, style: str) -> None:
        if len(self.text) + len(text) > LONGEST_LINE:
            text = text[: max(0, LONGEST_LINE - len(self.text))]
            self.is_cut = True
        if style != self.style and text:
            self.text += (_RESET if self.style else "") + style
            self.style = style
        self.text += text

    def overwrite(self, column: int, text: str, style: str) -> None:
        if not style and not self.style and "\x1b" not in self.text:
            self.text = self.text[:column].ljust(column) + text + self.text[column + len(text) :]
        else:
            cells = _cells(self.text)
            cells += [("", " ")] * (column - len(cells))
            cells[column : column + len(text)] = [(style, sign) for sign in text]
            self._set(cells)
        if len(self.text) > LONGEST_LINE:
            self.text, self.is_cut = self.text[:LONGEST_LINE], True

    def erase(self, start: int, end: int | None) -> None:
        """Blank from a column to another; to the end, the line becomes shorter."""
        cells = _cells(self.text)
        if end is None:
            del cells[start:]
        else:
            cells[start:end] = [("", " ")] * (min(end, len(cells)) - start)
        self._set(cells)

    @property
    def width(self) -> int:
        return len(self.text) if "\x1b" not in self.text else len(_SGR.sub("", self.text))

    def shown(self) -> str:
        end = " … (cut)" if self.is_cut else ""
        return self.text + (_RESET if self.style else "") + end

    def _set(self, cells: list[Cell]) -> None:
        parts, before = [], ""
        for style, sign in cells:
            if style != before:
                parts.append((_RESET if before else "") + style)
                before = style
            parts.append(sign)
        self.text, self.style = "".join(parts), before


class Terminal:
    """Takes what is written, and gives the lines that changed.

    Of more than `most` characters only the first are kept, and the last lines at the end.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._lines: deque[_Line] = deque([_Line(0)], maxlen=WINDOW)
        self._above = 0
        self._column: int | None = None
        self._style = ""
        self._held: dict[StreamName, str] = {"stdout": "", "stderr": ""}
        self._changed: dict[int, _Line] = {}
        self._tail: deque[_Line] = deque(maxlen=TAIL)
        self._left_out = 0
        self._unread = ""
        self._first_left_out: _Line | None = None
        self._stream: StreamName = "stdout"
        self._now = 0

    def feed(self, text: str, stream: StreamName, now: int) -> None:
        """Write text at the time `now`, in ms since 1970."""
        if self._left < 0:
            self._postpone(text)
        else:
            self._feed(text, stream, now)

    def _feed(self, text: str, stream: StreamName, now: int) -> None:
        text = self._held[stream] + text
        self._held[stream] = ""
        if "\x1b" in text[-4_200:] and (unfinished := _UNFINISHED.search(text)):
            self._held[stream] = unfinished[0]
            text = text[: unfinished.start()]
        if stream != self._stream and text and self._lines[-1 - self._above].text:
            self._next_line()  # streams that go to different places do not share lines
        self._stream, self._now = stream, now
        first, *others = text.split("\n")
        self._write(first)
        for piece in others:
            self._next_line()
            self._write(piece)

    def take(self) -> list[ConsoleLine]:
        """The lines that changed since this was last asked, by number."""
        found = [self._changed[number] for number in sorted(self._changed)]
        self._changed.clear()
        return [_taken(line) for line in found]

    def close(self) -> list[ConsoleLine]:
        """The same, and of what was left out how much it was and the last lines of it."""
        unread, self._unread = self._unread, ""
        if unread:
            self._feed(unread, self._stream, self._now)
        found = self.take()
        first = self._first_left_out
        if first is None:
            return found
        last = [*self._tail, *([self._lines[-1]] if self._lines[-1].text else [])]
        count = self._left_out - len(self._tail)
        if count:
            note = _Line(first.number)
            note.revision, note.timestamp = first.revision, self._now
            note.text = f"[millstream: {count:,} lines are left out here, for there were too many]"
            last.insert(0, note)
        for number, line in enumerate(last, first.number):
            line.number = number
            found.append(_taken(line))
        return found

    def _postpone(self, text: str) -> None:
        """Keep of text that is too much what may be among the last lines, unread until then."""
        self._unread += text
        if len(self._unread) > 2 * _UNREAD:
            start = self._unread.rfind("\n", 0, len(self._unread) - _UNREAD) + 1
            self._left_out += self._unread.count("\n", 0, start)
            self._unread = self._unread[start or _UNREAD :]

    def _write(self, piece: str) -> None:
        if not piece:
            return
        line = self._lines[-1 - self._above]
        if self._column is None and not _SPECIAL.search(piece):
            line.append(piece, self._style)
            self._note(line)
            return
        for token in _TOKEN.finditer(piece):
            self._obey(token)

    def _obey(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        line = self._lines[-1 - self._above]
        if kind == "text":
            self._put(line, token[0])
        elif kind == "final":
            self._control(line, token["final"], token["params"])
        elif token[0] == "\r":
            self._column = 0 if line.text else None
        elif token[0] == "\b":
            self._column = max(0, (line.width if self._column is None else self._column) - 1)

    def _put(self, line: _Line, text: str) -> None:
        if self._column is None:
            line.append(text, self._style)
        else:
            line.overwrite(self._column, text, self._style)
            self._column += len(text)
            if self._column >= line.width:
                self._column = None
        self._note(line)

    def _control(self, line: _Line, final: str, params: str) -> None:
        if final == "m":
            self._set_style(params)
            return
        count = int(params) if params.isdigit() and len(params) < 6 else 0
        column = line.width if self._column is None else self._column
        if final in "ABEF":
            self._move_lines(-max(1, count) if final in "AF" else max(1, count))
            self._column = column if final in "AB" else 0
        elif final in "CDG":
            moved = {"C": column + max(1, count), "D": column - max(1, count), "G": count - 1}
            self._column = min(max(0, moved[final]), LONGEST_LINE)
        elif final == "K":
            start, end = {0: (column, None), 1: (0, column), 2: (0, None)}.get(count, (0, 0))
            line.erase(start, end)
            self._column = column
            self._note(line)
        elif final == "J" and count == 0:
            line.erase(column, None)
            self._note(line)
            for below in list(self._lines)[len(self._lines) - self._above :]:
                below.erase(0, None)
                self._note(below)
        self._settle_column()

    def _settle_column(self) -> None:
        if self._column is not None and self._column == self._lines[-1 - self._above].width:
            self._column = None

    def _set_style(self, params: str) -> None:
        parts = params.split(";")
        while parts and parts[0] in ("", "0"):
            self._style = ""
            parts = parts[1:]
        if parts:
            added = f"\x1b[{';'.join(parts)}m"
            both = self._style + added if not self._style.endswith(added) else self._style
            self._style = both if len(both) <= _LONGEST_STYLE else added

    def _move_lines(self, count: int) -> None:
        self._above = min(max(0, self._above - count), len(self._lines) - 1)

    def _next_line(self) -> None:
        self._note(self._lines[-1 - self._above])
        if self._above:
            self._above -= 1
            self._column = 0
            self._settle_column()
            return
        self._column = None
        done = self._lines[-1]
        self._left -= len(done.text) + 1
        if self._left < 0:
            self._left_out += 1
            self._first_left_out = self._first_left_out or done
            self._tail.append(done)
        self._lines.append(_Line(done.number + 1))

    def _note(self, line: _Line) -> None:
        line.stream, line.timestamp = self._stream, self._now
        if self._left >= 0:
            self._changed[line.number] = line


def _taken(line: _Line) -> ConsoleLine:
    taken = ConsoleLine(line.number, line.shown(), line.stream, line.timestamp, line.revision)
    line.revision += 1
    return taken


def _cells(text: str) -> list[Cell]:
    return list(_styled(text))


def _styled(text: str) -> Iterator[Cell]:
    style, position = "", 0
    for match in _SGR.finditer(text):
        for sign in text[position : match.start()]:
            yield style, sign
        style = "" if match[0] == _RESET else style + match[0]
        position = match.end()
    for sign in text[position:]:
        yield style, sign
