"""CSV as columns of text, and the values that text stands for."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec

from millstream.model_format.value_types import DataType, ValueType
from millstream.serving.bodies.tables import Table
from millstream.serving.errors import BadRequest

_MISSING = {"", "na", "n/a", "nan", "null", "none", "<na>", "#n/a"}


def parse(body: bytes) -> Table:
    """The columns under the names of the first line; raises `BadRequest` with the row."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(f"byte {error.start} is no UTF-8 ({error.reason})") from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [line for line in lines if line]
    except csv.Error as error:
        raise _invalid(f"line {lines.line_num}: {error}") from None
    if not rows:
        raise _invalid("the body is empty; the first line must name the columns")
    names, *cells = rows
    for number, row in enumerate(cells):
        if len(row) != len(names):
            raise _invalid(
                f"row {number} has {len(row)} values, the first line names {len(names)} columns: "
                f"{', '.join(names)}"
            )
    columns = [list(column) for column in zip(*cells, strict=True)] or [[] for _ in names]
    return Table(names, columns, len(cells))


def read_texts(cells: Sequence[Any], kind: ValueType) -> list[Any]:
    """What cells of text stand for in a column of that type.

    Empty cells are missing; where it is no text, so are NA, null and the like. Lists and objects
    are written as JSON.
    """
    if kind is DataType.string:
        return [cell or None for cell in cells]
    present = [None if cell.strip().lower() in _MISSING else cell for cell in cells]
    if isinstance(kind, DataType):
        return present
    return [cell if cell is None else _structure(cell) for cell in present]


def _structure(cell: str) -> Any:
    try:
        return msgspec.json.decode(cell)
    except (msgspec.DecodeError, RecursionError):
        return cell  # text, which is refused if the type is not `any`


def _invalid(reason: str) -> BadRequest:
    return BadRequest(
        "Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid "
        f"CSV-formatted table. Error: '{reason}'"
    )
