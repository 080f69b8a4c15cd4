"""What a worker and a scoring process say to each other: over pipes, tables as Arrow."""

from __future__ import annotations

from typing import IO, Any

import msgspec
import pyarrow as pa

from millstream.errors import InvalidParameter
from millstream.integrations.worker_model import WorkerModel

_SIZE = 8  # bytes before each message that say its length


class Start(msgspec.Struct, frozen=True, tag=True):
    """The first message: the folder of the model, and what is told of it."""

    directory: str
    model: WorkerModel


class Batch(msgspec.Struct, frozen=True, tag=True):
    """Rows, or the answers to them: a table in Arrow's form of streams."""

    table: bytes


class Failure(msgspec.Struct, frozen=True, tag=True):
    """What was wrong with the last message, as an error of MLflow's wire."""

    message: str
    error_code: str


Message = Start | Batch | Failure


def write(stream: IO[bytes], message: Message) -> None:
    """Send a message."""
    body = msgspec.msgpack.encode(message)
    stream.write(len(body).to_bytes(_SIZE, "big"))
    stream.write(body)
    stream.flush()


def read(stream: IO[bytes]) -> Message | None:
    """The next message; None if the other side has ended."""
    size = stream.read(_SIZE)
    body = stream.read(int.from_bytes(size, "big")) if len(size) == _SIZE else b""
    return msgspec.msgpack.decode(body, type=Message) if body else None


def batch(frame: Any) -> Batch:
    """A DataFrame as a message; columns that Arrow has no type for raise `InvalidParameter`."""
    try:
        table = pa.Table.from_pandas(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InvalidParameter(
            f"the columns {list(frame.columns)} cannot cross to another environment, since Arrow "
            f"has no type for their values: {error}"
        ) from error
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return Batch(sink.getvalue().to_pybytes())


def frame(message: Batch) -> Any:
    """The DataFrame of a message."""
    return pa.ipc.open_stream(message.table).read_all().to_pandas()
