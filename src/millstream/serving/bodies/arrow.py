"""Arrow and Parquet, read with nothing believed and written; loaded for such bodies only."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq

from millstream.serving.bodies.tables import Table
from millstream.serving.errors import BadRequest, TooLarge

_FILE_MAGIC = b"ARROW1\0\0"
_MOST_CELLS = 50_000_000
_CELLS_PER_BYTE = 16
_ALWAYS_FINE = 1_000_000
_MOST_BYTES = 2**30
_WITH_BATCH = {"RecordBatch": 0, "DictionaryBatch": 1}
_BATCH_COMPRESSION = 3


@contextlib.contextmanager
def _explained(form: str) -> Iterator[None]:
    """What pyarrow cannot read is the client's mistake, wherever it comes to light."""
    try:
        yield
    except (pa.ArrowException, OSError, struct.error, ValueError, KeyError, TypeError) as error:
        raise BadRequest(f"Invalid input. The body is no valid {form}: {error}") from None


def read(body: bytes, form: str) -> Any:
    """The table of a body; raises `BadRequest`, and `TooLarge` if it would swell in memory."""
    with _explained(form):
        table = _parquet(body) if form == "parquet" else _stream(body, form)
        table.validate(full=True)  # before any value is touched: offsets come from the client
        return _unpacked(table)


def _stream(body: bytes, form: str) -> Any:
    if form == "arrow-file":
        if not body.startswith(_FILE_MAGIC):
            raise ValueError("it does not start with ARROW1")
        body = body[len(_FILE_MAGIC) :]  # a file is a stream between two marks
    _refuse_compression(body)
    reader = pa.ipc.open_stream(body)
    batches, rows = [], 0
    for batch in reader:
        rows += batch.num_rows
        _check_cells(rows, batch.num_columns, len(body))
        batches.append(batch)
    return pa.Table.from_batches(batches, reader.schema)


def _refuse_compression(body: bytes) -> None:
    """Compressed buffers say themselves how large they become, so they are not read at all."""
    messages = pa.ipc.MessageReader.open_stream(body)
    for message in messages:
        nested = _WITH_BATCH.get(_TYPES.get(message.type, ""))
        if nested is None:
            continue
        metadata = message.metadata.to_pybytes()
        header = _field(metadata, _root(metadata), 2)
        batch = header if not nested or header is None else _field(metadata, header, nested)
        if batch is not None and _field(metadata, batch, _BATCH_COMPRESSION) is not None:
            raise ValueError("its buffers are compressed; write them with compression=None")


_TYPES = {"record batch": "RecordBatch", "dictionary": "DictionaryBatch"}


def _root(flatbuffer: bytes) -> int:
    return int(struct.unpack_from("<I", flatbuffer, 0)[0])


def _field(flatbuffer: bytes, table: int, number: int) -> int | None:
    """Where the table is that a field of a table refers to; None if the field is absent."""
    vtable = table - struct.unpack_from("<i", flatbuffer, table)[0]
    size = struct.unpack_from("<H", flatbuffer, vtable)[0]
    place = 4 + 2 * number
    offset = struct.unpack_from("<H", flatbuffer, vtable + place)[0] if place < size else 0
    if not offset:
        return None
    return int(table + offset + struct.unpack_from("<I", flatbuffer, table + offset)[0])


def _parquet(body: bytes) -> Any:
    """What the file says of itself is looked at first.

    Never ask for the metadata of a column: on a malformed file that ends the process, because
    pyarrow lets an exception of C++ through there, while reading reports it.
    """
    metadata = pq.read_metadata(pa.BufferReader(body))
    schema = metadata.schema
    columns = [schema.column(place) for place in range(metadata.num_columns)]
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    _check_cells(sum(group.num_rows for group in groups), metadata.num_columns, len(body))
    lists = [column.path for column in columns if column.max_repetition_level]
    if lists:
        raise ValueError(f"the columns {lists} hold lists, whose size it does not say; use Arrow")
    size = sum(group.total_byte_size for group in groups)
    if size > _MOST_BYTES:
        raise TooLarge(f"Invalid input. The Parquet body takes {size} bytes once it is read")
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    return pq.ParquetFile(pa.BufferReader(body), read_dictionary=texts).read()


def _check_cells(rows: int, columns: int, size: int) -> None:
    cells = rows * max(columns, 1)
    if cells > min(_MOST_CELLS, _ALWAYS_FINE + _CELLS_PER_BYTE * size):
        raise TooLarge(
            f"Invalid input. {rows} rows of {columns} columns are more than a body of {size} bytes "
            "may stand for; send fewer rows"
        )


def _unpacked(table: Any) -> Any:
    """Plain columns instead of dictionaries, decimals and dates; their size is looked at first."""
    for place, field in enumerate(table.schema):
        kind = field.type
        column = table.column(place)
        if pa.types.is_dictionary(kind):
            _check_dictionary(field.name, column)
            column = column.cast(kind.value_type)
        elif pa.types.is_decimal(kind):
            column = column.cast(pa.float64())
        elif pa.types.is_date(kind):
            column = column.cast(pa.timestamp("ms")).cast(pa.timestamp("ns"))
        elif pa.types.is_timestamp(kind):
            column = column.cast(pa.timestamp("ns", kind.tz)).cast(pa.timestamp("ns"))
        table = table.set_column(place, field.name, column)
    return table


def _check_dictionary(name: str, column: Any) -> None:
    if not (pa.types.is_string(column.type.value_type) or pa.types.is_binary(column.type.value_type)
            or pa.types.is_large_string(column.type.value_type)
            or pa.types.is_large_binary(column.type.value_type)):  # fmt: skip
        return
    size = 0
    for chunk in column.chunks:
        lengths = pc.binary_length(chunk.dictionary).take(chunk.indices)
        size += pc.sum(lengths).as_py() or 0
    if size > _MOST_BYTES:
        raise TooLarge(f"Invalid input. The column {name!r} takes {size} bytes once it is read")


def columns_of(table: Any) -> Table:
    """The columns: arrays of NumPy where that loses nothing, else lists."""
    with _explained("table"):
        columns = [_column(column) for column in table.columns]
        return Table(table.column_names, columns, table.num_rows)


def _column(column: Any) -> Any:
    kind = column.type
    missing = column.null_count
    if pa.types.is_timestamp(kind) or pa.types.is_floating(kind):
        return np.array(column.to_numpy())  # a copy, since what Arrow gives cannot be written to
    if (pa.types.is_integer(kind) or pa.types.is_boolean(kind)) and not missing:
        return np.array(column.to_numpy())
    return column.to_pylist()


def frame_of(table: Any) -> Any:
    """The table as a DataFrame."""
    with _explained("table"):
        return table.to_pandas(ignore_metadata=True)


def write(columns: Mapping[str, list[Any]], form: str) -> bytes | None:
    """Columns in that form; None if the values of one are of several kinds."""
    try:
        table = pa.table(dict(columns))
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return None
    sink = pa.BufferOutputStream()
    if form == "parquet":
        pq.write_table(table, sink)
    else:
        create = pa.ipc.new_stream if form == "arrow-stream" else pa.ipc.new_file
        with create(sink, table.schema) as writer:
            writer.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written
