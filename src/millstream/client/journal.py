r"""The journal: what a run logged in one process, on disk before the call that logs it returns.

A journal is an append-only file, one per process and run. It opens with the eight bytes
`MSJRNL1\n`; frames follow:

    length   4 bytes, little endian: the number of bytes of the body
    checksum 4 bytes, little endian: the CRC-32 of the body
    body     one byte for the kind, then MessagePack of the struct of that kind

    kind  struct      meaning
    H     Header      where the rest belongs; always the first frame
    M     Metric      a point of a metric
    E     UpdateRun   the end of the run, after all its points

Points are a set in the store, so a journal may be applied any number of times. The last frame may
be torn when the process died in the middle of a write: readers stop in front of it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from zlib import crc32

import msgspec

from millstream.entities.entity import Entity
from millstream.entities.metrics import Metric
from millstream.entities.runs import UpdateRun
from millstream.errors import InvalidParameter

MAGIC = b"MSJRNL1\n"
SUFFIX = ".journal"

_PREFIX = Struct("<II")
_CHUNK = 1 << 17
_LONGEST_FRAME = 1 << 26
_BINARY = getattr(os, "O_BINARY", 0)
_encode = msgspec.msgpack.Encoder().encode


class Header(Entity):
    """Where a journal belongs. `created` is in ms since 1970-01-01 UTC."""

    tracking_uri: str
    run_id: str
    process_id: int
    created: int


Record = Header | Metric | UpdateRun

_DECODERS: dict[int, msgspec.msgpack.Decoder[Record]] = {
    ord("H"): msgspec.msgpack.Decoder(Header),
    ord("M"): msgspec.msgpack.Decoder(Metric),
    ord("E"): msgspec.msgpack.Decoder(UpdateRun),
}


class Contents(Entity):
    """What a journal holds; `torn` if bytes that are no whole frame follow the last record."""

    header: Header
    records: list[Metric | UpdateRun]
    torn: bool


class JournalClosed(OSError):
    """Nothing can be appended any more; the next point begins another journal."""


class Journal:
    """The open journal of one run: any thread appends, one thread reads what was appended."""

    def __init__(self, folder: Path, tracking_uri: str, run_id: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        now = time.time_ns()
        self.path = folder / f"{run_id}-{os.getpid()}-{now:x}{SUFFIX}"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | _BINARY
        self._lock = threading.Lock()
        self._closed = False
        self._output = os.open(self.path, flags, 0o600)
        self._input = os.open(self.path, os.O_RDONLY | _BINARY)
        header = Header(tracking_uri, run_id, os.getpid(), now // 1_000_000)
        self._written = 0
        self._write(MAGIC + _frame(b"H", header))
        self._read = os.lseek(self._input, self._written, os.SEEK_SET)
        self._unparsed = b""

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._written

    @property
    def pending(self) -> bool:
        """Whether something was appended that `take` has not given yet."""
        return self._read - len(self._unparsed) < self._written

    def append(self, metrics: Sequence[Metric]) -> None:
        """Write points; they survive the death of the process, though not that of the machine."""
        if len(metrics) == 1:
            self._write(_frame(b"M", metrics[0]))
        else:
            self._write(b"".join([_frame(b"M", metric) for metric in metrics]))

    def append_end(self, end: UpdateRun) -> None:
        """Write that the run ended."""
        self._write(_frame(b"E", end))

    def take(self, most: int) -> list[Metric | UpdateRun]:
        """The next records, up to `most`, in the order they were appended."""
        taken: list[Metric | UpdateRun] = []
        while True:
            position = 0
            for end, record in _frames(self._unparsed):
                taken.append(record)  # type: ignore[arg-type]  # the header was skipped at opening
                position = end
                if len(taken) == most:
                    break
            self._unparsed = self._unparsed[position:]
            if len(taken) == most or self._read >= self._written:
                return taken
            more = os.read(self._input, min(_CHUNK, self._written - self._read))
            self._read += len(more)
            self._unparsed += more

    def retire(self, *, remove: bool) -> bool:
        """Close the file (and remove it) unless something came meanwhile; says whether it did."""
        with self._lock:
            if self.pending:
                return False
            self._close()
        if remove:
            self.path.unlink(missing_ok=True)
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
                os.ftruncate(self._output, self._written)  # or what comes later is unreadable
                raise
            self._written += written


def read(path: Path) -> Contents:
    """Read a journal, whoever wrote it; raises `InvalidParameter` if the file is none."""
    content = path.read_bytes()
    if not content.startswith(MAGIC):
        raise InvalidParameter(f"'{path}' is not a journal: it does not begin with {MAGIC!r}")
    found = list(_frames(content[len(MAGIC) :]))
    header = found[0][1] if found else None
    if not isinstance(header, Header):
        raise InvalidParameter(f"'{path}' is a journal without its header")
    records = [record for _, record in found if not isinstance(record, Header)]
    return Contents(header, records, len(MAGIC) + found[-1][0] < len(content))


def _frame(kind: bytes, record: Record) -> bytes:
    body = kind + _encode(record)
    return _PREFIX.pack(len(body), crc32(body)) + body


def _frames(content: bytes) -> Iterator[tuple[int, Record]]:
    """Each whole frame's end and record, up to the first that is not whole."""
    position, size = 0, len(content)
    while position + _PREFIX.size <= size:
        length, checksum = _PREFIX.unpack_from(content, position)
        start = position + _PREFIX.size
        position = start + length
        if length == 0 or length > _LONGEST_FRAME or position > size:
            return
        body = content[start:position]
        decoder = _DECODERS.get(body[0])
        if crc32(body) != checksum or decoder is None:
            return
        yield position, decoder.decode(body[1:])
