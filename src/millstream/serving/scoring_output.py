"""Predictions on their way out, chunk by chunk; a file is complete or not there at all."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec

from millstream.client.extras import load
from millstream.errors import InvalidParameter, InvalidState
from millstream.serving.payloads import Request, encode
from millstream.serving.scoring_input import JSON, LINES

_START, _END = b'{"predictions": [', b"]}"
_ARROW = "application/vnd.apache.arrow.stream"


class Progress(msgspec.Struct):
    """How far a scoring has come: what of the output is good, and where the input goes on.

    `of` tells one scoring from another: model, input, options.
    """

    of: dict[str, Any]
    rows: int = 0
    size: int = 0
    position: int = 0


class Form(Protocol):
    """One form of output, as bytes that are written one after the other."""

    def chunk(self, predictions: Any, request: Request, *, first: bool) -> bytes:
        """The bytes of some predictions; `first` says that nothing was written before."""

    def end(self, *, empty: bool) -> bytes:
        """The bytes after the last; `empty` says that there were none before."""


class OneObject:
    """The JSON object of MLflow's, its list of predictions put together."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def chunk(self, predictions: Any, request: Request, *, first: bool) -> bytes:
        """The list's inner part; or the answer as it is where there is only one."""
        body, _ = encode(predictions, request)
        if self._whole:
            return body
        inner = json_list(body)
        if request.rows and not inner.strip():
            raise InvalidState(f"The model has no prediction for {request.rows} rows of input.")
        return (_START if first else b",") + inner

    def end(self, *, empty: bool) -> bytes:
        """What closes the list."""
        if self._whole:
            return b""
        return (_START if empty else b"") + _END


class Lines:
    """A line of JSON for each row."""

    def chunk(self, predictions: Any, request: Request, *, first: bool) -> bytes:
        """The lines of some rows."""
        del first
        body, _ = encode(predictions, request)
        values = json.loads(b"[" + json_list(body) + b"]")
        return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values).encode()

    def end(self, *, empty: bool) -> bytes:
        """Nothing."""
        del empty
        return b""


class Table:
    """CSV with a header."""

    def chunk(self, predictions: Any, request: Request, *, first: bool) -> bytes:
        """The records of some rows, after the header if they are the first."""
        body, kind = encode(predictions, request, "text/csv")
        if not kind.startswith(b"text/csv"):
            raise InvalidState("The predictions of this model are no table: write them as JSON.")
        return body if first else body.partition(b"\n")[2]

    def end(self, *, empty: bool) -> bytes:
        """Nothing."""
        del empty
        return b""


def json_list(body: bytes) -> bytes:
    """What is between the brackets of `{"predictions": […]}`."""
    key, _, value = body.strip().partition(b":")
    inner = value.strip()[:-1].strip()
    if key.strip() != b'{"predictions"' or inner[:1] != b"[" or inner[-1:] != b"]":
        raise InvalidState(
            "The model's answer is not a list with a prediction for each row, and so cannot be put "
            "together from chunks: give the input as one JSON object."
        )
    return inner[1:-1]


def form(kind: str, *, whole: bool) -> Form:
    """The form of a kind of output; `whole` says that there is only one chunk."""
    if kind == JSON:
        return OneObject(whole=whole)
    return Lines() if kind == LINES else Table()


class Stream:
    """Output to the standard output."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._empty = True

    def write(self, predictions: Any, request: Request, position: int) -> None:
        """Write the predictions of a chunk."""
        del position
        self._put(self._form.chunk(predictions, request, first=self._empty))
        self._empty = False

    def finish(self) -> None:
        """Write what comes last."""
        self._put(self._form.end(empty=self._empty))

    def close(self) -> None:
        """Nothing: the standard output stays open."""

    def _put(self, content: bytes) -> None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


class ResumableFile:
    """Output to a file, which another process can go on with should this one be killed.

    It grows as `NAME.partial`, with `NAME.progress` beside it, and gets its name at the end.
    """

    def __init__(self, path: Path, form: Form, progress: Progress) -> None:
        self._path = path
        self._form = form
        self._partial, self._state = partial(path), state(path)
        self._progress = progress
        self._file: IO[bytes] = _open(self._partial)
        self._file.truncate(progress.size)
        self._file.seek(progress.size)

    def write(self, predictions: Any, request: Request, position: int) -> None:
        """Write the predictions of a chunk, and then that they are written."""
        known = self._progress
        content = self._form.chunk(predictions, request, first=known.size == 0)
        self._file.write(content)
        self._file.flush()
        os.fsync(self._file.fileno())
        known.rows += request.rows
        known.size += len(content)
        known.position = position
        _replace(self._state, msgspec.json.encode(known))

    def finish(self) -> None:
        """Write what comes last, and give the file its name."""
        self._file.write(self._form.end(empty=self._progress.size == 0))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.replace(self._path)
        self._state.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave the file, finished or not."""
        self._file.close()


class ParquetFile:
    """Output as Parquet, a row group for each chunk; it cannot be gone on with."""

    def __init__(self, path: Path) -> None:
        self._path = path
        load("pyarrow", "writing Parquet")
        self._ipc = load("pyarrow.ipc", "writing Parquet")
        self._parquet = load("pyarrow.parquet", "writing Parquet")
        self._writer: Any = None
        _open(partial(path)).close()

    def write(self, predictions: Any, request: Request, position: int) -> None:
        """Write the predictions of a chunk."""
        del position
        body, kind = encode(predictions, request, _ARROW)
        if not kind.startswith(_ARROW.encode()):
            raise InvalidState("The predictions of this model are no table: write them as JSON.")
        table = self._ipc.open_stream(BytesIO(body)).read_all()
        if self._writer is None:
            self._writer = self._parquet.ParquetWriter(partial(self._path), table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def finish(self) -> None:
        """Write what comes last, and give the file its name."""
        self.close()
        partial(self._path).replace(self._path)

    def close(self) -> None:
        """Leave the file, finished or not."""
        if self._writer is not None:
            self._writer.close()


def partial(path: Path) -> Path:
    """Where an output grows until it is complete."""
    return path.with_name(f"{path.name}.partial")


def state(path: Path) -> Path:
    """Where it is written how far that is."""
    return path.with_name(f"{path.name}.progress")


def found_progress(path: Path, of: dict[str, Any]) -> Progress | None:
    """How far an earlier scoring came; None if there was none.

    One of another model or input, or with other options, raises `InvalidState`.
    """
    try:
        progress = msgspec.json.decode(state(path).read_bytes(), type=Progress)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise InvalidState(f"{state(path)} cannot be read: {error}. {_ANEW}") from error
    changed = [key for key in of if of[key] != progress.of.get(key)]
    if changed:
        raise InvalidState(f"{path} cannot be resumed: {_and(changed)} changed since. {_ANEW}")
    if not partial(path).exists() or partial(path).stat().st_size < progress.size:
        raise InvalidState(f"{partial(path)} is shorter than {state(path)} says. {_ANEW}")
    return progress


_ANEW = "Begin anew by leaving out --resume."


def _and(names: Iterable[str]) -> str:
    return " and ".join(name.replace("_", " ") for name in names)


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("r+b" if path.exists() else "w+b")
    except OSError as error:
        raise InvalidParameter(f"{path} cannot be written: {error.strerror}.") from error


def _replace(path: Path, content: bytes) -> None:
    written = path.with_name(f"{path.name}.new")
    with written.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
