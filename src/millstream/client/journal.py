r"""The journal: what a run logged in one process, on disk before the call that logs it returns.

A journal is an append-only file of one process and run, which begins another when it has become
large. It opens with the eight bytes `MSJRNL3\n`; frames follow:

    length   4 bytes, little endian: the number of bytes of the body
    checksum 4 bytes, little endian: the CRC-32 of the body
    body     one byte for the kind, then MessagePack of the struct of that kind

The kinds are those of `client.records`; the first frame is always the header. Files that runs
log stand beside it, in a folder of its name and `.files`. Journals of versions 1 and 2 (`MSJRNL1\n`
and `MSJRNL2\n`) have fewer kinds and are read alike.

A record may be applied any number of times. The last frame may be torn when the process died in
the middle of a write: readers stop in front of it, as they do in front of damage.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from struct import Struct
from zlib import crc32

import msgspec

from millstream.client.journal_locks import hold
from millstream.client.records import (
    CODES,
    DECODERS,
    Frame,
    Header,
    Mark,
    PlainPoint,
    Points,
    Record,
)
from millstream.entities.entity import Entity
from millstream.entities.metrics import Metric
from millstream.errors import InvalidParameter
from millstream.machine import Machine

MAGIC = b"MSJRNL3\n"
MAGICS = (b"MSJRNL1\n", b"MSJRNL2\n", MAGIC)
SUFFIX = ".journal"
FILES = ".files"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_PREFIX = Struct("<II")
_CHUNK = 1 << 17
_LONGEST_FRAME = 1 << 26
_BINARY = getattr(os, "O_BINARY", 0)
_encode = msgspec.msgpack.Encoder().encode
_prefix = _PREFIX.pack


class Contents(Entity):
    """What a journal holds, from a position on.

    The first `applied` of the records are known to have arrived where the journal belongs. The
    last one ends at `end`; `damage` counts the bytes behind it that are no whole frame.
    """

    header: Header
    records: list[Record]
    applied: int
    end: int
    damage: int

    @property
    def torn(self) -> bool:
        """Whether bytes that are no whole frame follow the last record."""
        return self.damage > 0


class JournalClosed(OSError):
    """Nothing can be appended any more; the next record begins another journal."""


class Journal:
    """The open journal of one run: any thread appends, one thread reads what was appended."""

    def __init__(
        self, folder: Path, tracking_uri: str, run_id: str, artifact_root: str | None = None
    ) -> None:
        if not is_id(run_id):
            raise InvalidParameter(
                f"'{run_id}' is no id, so that nothing can be kept for it: ids have letters, "
                "digits, '-', '_' and '.', and begin with none of the last three"
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        now = time.time_ns()
        self.path = folder / f"{run_id}-{os.getpid()}-{now:x}{SUFFIX}"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | _BINARY
        self._lock = threading.RLock()  # a signal's handler may log while this thread does
        self._closed = False
        self._output = os.open(self.path, flags, 0o600)
        hold(self._output)
        self._input = os.open(self.path, os.O_RDONLY | _BINARY)
        header = Header(
            tracking_uri, run_id, os.getpid(), now // 1_000_000, this_host(), artifact_root
        )
        self.size = 0
        """How many bytes were written."""
        try:
            self._write(MAGIC + _frame(header))
        except OSError:  # without its header it would be no journal to anybody
            self._close()
            self.path.unlink(missing_ok=True)
            raise
        self._read = os.lseek(self._input, self.size, os.SEEK_SET)
        self._unparsed = b""
        self.refused = False
        """Whether the store did not want something of it, for which it is kept."""

    @property
    def files(self) -> Path:
        """The folder of the files that belong to it, which need not exist."""
        return files_of(self.path)

    @property
    def position(self) -> int:
        """How much of the file `take` has given."""
        return self._read - len(self._unparsed)

    @property
    def pending(self) -> bool:
        """Whether something was appended that `take` has not given yet."""
        return self._read - len(self._unparsed) < self.size

    def append(self, records: Iterable[Record]) -> None:
        """Write records; they survive the death of the process, though not that of the machine."""
        self._write(b"".join([_frame(record) for record in records]))

    def append_point(self, point: PlainPoint) -> None:
        """Write one point, which is what a loop waits for."""
        body = b"N" + _encode(point)
        frame = _prefix(len(body), crc32(body)) + body
        length = len(frame)
        with self._lock:
            if not self._closed:
                if os.write(self._output, frame) == length:
                    self.size += length  # calls nothing, so that no handler comes in between
                    return
                os.ftruncate(self._output, self.size)
        self._write(frame)

    def adopt(self, file: Path) -> None:
        """Move a file to those that belong to this journal."""
        self.files.mkdir(mode=0o700, exist_ok=True)
        file.replace(self.files / file.name)

    def mark(self) -> None:
        """Note that all that `take` gave has arrived."""
        self._write(_frame(Mark(self.position)))

    def take(self, most: int) -> list[Record]:
        """The next records in the order they were appended, until they hold `most` points."""
        taken: list[Record] = []
        weight = 0
        while True:
            position = 0
            for end, record in _frames(self._unparsed):
                position = end
                if not isinstance(record, Mark | Header):
                    taken.append(record)
                    weight += len(record) if isinstance(record, Points) else 1
                    if weight >= most:
                        break
            self._unparsed = self._unparsed[position:]
            if weight >= most or self._read >= self.size:
                return taken
            more = os.read(self._input, min(_CHUNK, self.size - self._read))
            if not more:
                return taken
            self._read += len(more)
            self._unparsed += more

    def retire(self, *, remove: bool) -> bool:
        """Close the file (and remove it) unless something came meanwhile; says whether it did."""
        with self._lock:
            if self.pending:
                return False
            self._close()
        if remove:
            discard(self.path)
        return True

    def close(self) -> None:
        """Close the file and leave it, whatever it still holds."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            os.close(self._output)
            os.close(self._input)

    def _write(self, frames: bytes) -> None:
        with self._lock:
            if self._closed:
                raise JournalClosed(f"the journal '{self.path}' is closed")
            written = 0
            try:
                while written < len(frames):
                    written += os.write(self._output, frames[written:] if written else frames)
            except OSError:
                os.ftruncate(self._output, self.size)  # or what comes later is unreadable
                raise
            self.size += written


def read(path: Path, start: int = 0) -> Contents:
    """Read a journal, or what was appended behind a position; whoever wrote it.

    Raises `InvalidParameter` if the file is none.
    """
    with path.open("rb") as file:
        head = file.read(_CHUNK)
        header, begin = _opening(path, head)
        position = max(start, begin)
        file.seek(position)
        content = file.read()
    found = list(_frames(content))
    records = [(position + end, record) for end, record in found]
    marks = [record.position for _, record in records if isinstance(record, Mark)]
    mark = marks[-1] if marks else 0
    kept = [(at, item) for at, item in records if not isinstance(item, Mark | Header)]
    end = position + (found[-1][0] if found else 0)
    return Contents(
        header,
        [item for _, item in kept],
        sum(at <= mark for at, _ in kept),
        end,
        position + len(content) - end,
    )


def header_of(path: Path) -> Header:
    """The header of a journal; raises `InvalidParameter` if the file is none."""
    with path.open("rb") as file:
        return _opening(path, file.read(_CHUNK))[0]


def is_left_behind(header: Header) -> bool:
    """Whether the process that wrote a journal was one of this machine and is gone."""
    return header.host == this_host() and not _exists(header.process_id)


def is_of_running_process(header: Header) -> bool:
    """Whether a process of this machine has the number of the one that wrote a journal."""
    return header.host in ("", this_host()) and _exists(header.process_id)


def is_id(text: str) -> bool:
    """Whether a text can be the id of what a journal is of, and part of the name of a file."""
    return _NAME.fullmatch(text) is not None


def found_in(place: Path) -> list[Path]:
    """The journal that a path is, or those of a folder or its folder `journal`, oldest first."""
    if place.is_file():
        return [place]
    found = [*place.glob(f"*{SUFFIX}"), *place.glob(f"journal/*{SUFFIX}")]
    return sorted(found, key=lambda path: (_begun(path), path.name))


def is_of(path: Path, run_id: str) -> bool:
    """Whether a journal is of a run, as its name says."""
    return path.name.rsplit("-", 2)[0] == run_id


def files_of(path: Path) -> Path:
    """The folder of the files that belong to the journal at a path."""
    return path.with_name(path.name + FILES)


def discard(path: Path) -> None:
    """Remove a journal with its files; the absent is no error."""
    path.unlink(missing_ok=True)
    files = files_of(path)
    if files.is_dir():
        shutil.rmtree(files, ignore_errors=True)


def this_host() -> str:
    """The name of this machine; empty where processes are not told apart by it."""
    return os.uname().nodename if hasattr(os, "uname") else ""


def _exists(process_id: int) -> bool:
    if os.name == "nt":  # there, signal 0 ends a process
        return True
    machine = Machine()
    return not machine.is_gone(process_id, machine.process_start(process_id) or 0)


def _begun(path: Path) -> int:
    """When a journal was begun, as its name says; 0 if it was given another name."""
    try:
        return int(path.stem.rpartition("-")[2], 16)
    except ValueError:
        return 0


def _opening(path: Path, head: bytes) -> tuple[Header, int]:
    """The header and where the records begin."""
    if head[: len(MAGIC)] not in MAGICS:
        raise InvalidParameter(f"'{path}' is not a journal: it does not begin with {MAGIC!r}")
    for end, record in _frames(head[len(MAGIC) :]):
        if isinstance(record, Header):
            return record, len(MAGIC) + end
        break
    raise InvalidParameter(f"'{path}' is a journal without its header")


def _frame(record: Frame) -> bytes:
    body = CODES[type(record)] + _encode(record)
    return _PREFIX.pack(len(body), crc32(body)) + body


def _frames(content: bytes) -> Iterator[tuple[int, Frame]]:
    """Each whole frame's end and record, up to the first that is not whole."""
    position, size = 0, len(content)
    while position + _PREFIX.size <= size:
        length, checksum = _PREFIX.unpack_from(content, position)
        start = position + _PREFIX.size
        position = start + length
        if length == 0 or length > _LONGEST_FRAME or position > size:
            return
        body = content[start:position]
        decoder = DECODERS.get(body[0])
        if crc32(body) != checksum or decoder is None:
            return
        record = decoder.decode(body[1:])
        yield position, Metric(*record) if isinstance(record, tuple) else record
