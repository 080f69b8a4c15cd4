"""What is to be scored, in chunks: each the body of a request, so that HTTP gives the same."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import msgspec

from millstream.client.extras import load
from millstream.errors import InvalidParameter

JSON, LINES, CSV, PARQUET = "json", "jsonl", "csv", "parquet"
KINDS = (JSON, LINES, CSV, PARQUET)
_ENDINGS = {".csv": CSV, ".jsonl": LINES, ".ndjson": LINES, ".parquet": PARQUET, ".pq": PARQUET}
_MEDIA = {JSON: "application/json", LINES: "application/json", CSV: "text/csv"}
_ARROW = "application/vnd.apache.arrow.stream"
_MOST_RECORD = 64 << 20


class Chunk(msgspec.Struct):
    """Some rows as the body of a request.

    `position` is where the input goes on after them: bytes of a text, rows of Parquet.
    """

    content_type: str
    body: bytes
    rows: int
    position: int


def kind_of(path: str | None) -> str:
    """The kind of a file by its ending; JSON if that says nothing."""
    return _ENDINGS.get(Path(path).suffix.lower(), JSON) if path else JSON


def extent(path: str | None, kind: str) -> int | None:
    """The position at the end of the input; None if nobody knows before."""
    if path is None:
        return None
    if kind == PARQUET:
        return int(_parquet(path).metadata.num_rows)
    return Path(path).stat().st_size


def chunks(path: str | None, kind: str, rows: int, position: int = 0) -> Iterator[Chunk]:
    """The chunks from a position on, of at most so many rows; JSON is one chunk.

    Without a path the standard input is read. What cannot be read raises `InvalidParameter`.
    """
    if kind == PARQUET:
        if path is None:
            raise InvalidParameter("Parquet is read from a file: give --input-path.")
        yield from _batches(path, rows, position)
        return
    with _opened(path) as file:
        if kind == JSON:
            body = file.read()
            if position == 0:
                yield Chunk(_MEDIA[JSON], body, 0, len(body))
        elif kind == CSV:
            yield from _csv(file, rows, position)
        else:
            yield from _lines(file, rows, position)


@contextmanager
def _opened(path: str | None) -> Iterator[IO[bytes]]:
    if path is None:
        if sys.stdin.isatty():
            print("Reading from the terminal; Ctrl-D on an empty line ends it.", file=sys.stderr)
        yield sys.stdin.buffer
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 closed below
    except OSError as error:
        raise InvalidParameter(f"The input {path} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def _csv(file: IO[bytes], rows: int, position: int) -> Iterator[Chunk]:
    records = _records(file)
    header = next(records, b"")
    at = len(header)
    if position > at:
        file.seek(position)
        at = position
    nothing = True
    for batch in _grouped(records, rows):
        text = b"".join(batch)
        at += len(text)
        nothing = False
        yield Chunk(_MEDIA[CSV], header + text, len(batch), at)
    if nothing and position == 0:
        yield Chunk(_MEDIA[CSV], header, 0, at)


def _records(file: IO[bytes]) -> Iterator[bytes]:
    """The records of a CSV file: lines, joined where a quoted field goes over several."""
    parts: list[bytes] = []
    quotes = size = 0
    for line in file:
        parts.append(line)
        quotes += line.count(b'"')
        size += len(line)
        if size > _MOST_RECORD:
            raise InvalidParameter(
                f"A record of the CSV input is longer than {_MOST_RECORD >> 20} MiB: it begins "
                f"with {parts[0][:60]!r}, and its quotes do not end."
            )
        if quotes % 2 == 0:
            yield b"".join(parts)
            parts, quotes, size = [], 0, 0
    if parts:
        yield b"".join(parts)


def _lines(file: IO[bytes], rows: int, position: int) -> Iterator[Chunk]:
    if position:
        file.seek(position)
    at = position
    for batch in _grouped(iter(file), rows):
        at += sum(map(len, batch))
        values = [line.strip() for line in batch if line.strip()]
        if values:
            key = b"dataframe_records" if values[0].startswith(b"{") else b"inputs"
            body = b'{"%b": [%b]}' % (key, b",".join(values))
            yield Chunk(_MEDIA[LINES], body, len(values), at)


def _grouped(items: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    group: list[bytes] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


def _batches(path: str, rows: int, position: int) -> Iterator[Chunk]:
    file = _parquet(path)
    ipc = load("pyarrow.ipc", "reading Parquet")
    at = 0
    for batch in file.iter_batches(batch_size=rows):
        at += batch.num_rows
        if at > position:
            yield Chunk(_ARROW, _stream(ipc, batch), batch.num_rows, at)
    if at == 0:
        yield Chunk(_ARROW, _stream(ipc, file.schema_arrow.empty_table()), 0, 0)


def _stream(ipc: Any, table: Any) -> bytes:
    buffer = BytesIO()
    with ipc.new_stream(buffer, table.schema) as writer:
        writer.write(table)
    return buffer.getvalue()


def _parquet(path: str) -> Any:
    arrow = load("pyarrow", "reading Parquet")
    parquet = load("pyarrow.parquet", "reading Parquet")
    try:
        return parquet.ParquetFile(path)
    except (OSError, arrow.ArrowException) as error:
        raise InvalidParameter(f"The input {path} is no Parquet file: {error}") from error
