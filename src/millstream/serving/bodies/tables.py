"""Rows and columns of a body, before they are held against a signature."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from millstream.serving.bodies.scalars import Array
from millstream.serving.errors import BadRequest, TooLarge, expected_and_got, kind_of

_ALWAYS_FINE = 1_000_000
_MOST_GROWTH = 20
_SPLIT_KEYS = {"columns", "data", "index"}


class Table(msgspec.Struct):
    """Columns side by side.

    `names` is None where columns are known by their place only. `columns` are lists of Python
    values, or arrays of NumPy with one dimension; all have `rows` values.
    """

    names: list[str] | None
    columns: list[Any]
    rows: int

    @classmethod
    def of_rows(cls, rows: Any, names: list[str] | None = None, width: str = "") -> Table:
        """Rows as lists of equal length; `width` says in errors where a length comes from."""
        if not isinstance(rows, list):
            raise BadRequest(
                f"Invalid input. The rows must be a list of lists. Got {kind_of(rows)}."
            )
        count = None if names is None else len(names)
        for number, row in enumerate(rows):
            if not isinstance(row, list):
                hint = " One row is a list within a list: [[…]]." if number == 0 else ""
                wrong = expected_and_got("a list of values", row)
                raise BadRequest(f"Invalid input. row {number}: {wrong}{hint}")
            count = len(row) if count is None else count
            if len(row) != count:
                check_width(len(row), names or count, width or "row 0 has", number)
        columns = [list(column) for column in zip(*rows, strict=True)]
        return cls(names, columns or [[] for _ in range(count or 0)], len(rows))

    @classmethod
    def of_split(cls, split: Any) -> Table:
        """The form `{"columns": […], "data": [[…]], "index": […]}`, whose index is not kept."""
        if not isinstance(split, Mapping):
            raise BadRequest(
                f"Invalid input. Dataframe split format must be a dictionary. Got {kind_of(split)}."
            )
        if "data" not in split or set(split) - _SPLIT_KEYS:
            raise BadRequest(
                "Invalid input. Dataframe split format must have 'data' field and optionally "
                f"'columns' and 'index' fields. Got {sorted(map(str, split))}."
            )
        columns, index = split.get("columns"), split.get("index")
        names = None
        if columns is not None:
            if not isinstance(columns, list) or not all(map(_is_name, columns)):
                raise _no_split("columns must be a list of names, not", columns)
            names = [str(name) for name in columns]
        if not isinstance(split["data"], list):
            raise _no_split("data must be a list of rows, not", split["data"])
        table = cls.of_rows(split["data"], names, "there are columns for")
        if index is not None and (not isinstance(index, list) or len(index) != table.rows):
            raise _no_split(f"index must be a list of {table.rows} labels, not", index)
        return table

    @classmethod
    def of_records(cls, records: Any, wanted: Collection[str] | None = None) -> Table:
        """A list of objects; what one of them lacks is None.

        Of columns that are not `wanted` only the names are kept. Raises `TooLarge` if objects with
        ever new keys would make a table that is much larger than they are.
        """
        if not isinstance(records, list):
            raise BadRequest(
                "Invalid input. Dataframe records format must be a list of records. "
                f"Got {kind_of(records)}."
            )
        for row, record in enumerate(records):
            if not isinstance(record, Mapping):
                raise BadRequest(
                    "Invalid input. Dataframe records format must be a list of records. "
                    f"row {row}: {expected_and_got('an object', record)}"
                )
        names = list(dict.fromkeys(name for record in records for name in record))
        if wanted is None:
            _check_size(len(names) * len(records), sum(map(len, records)))
        nothing = [None] * len(records)
        columns = [
            [record.get(name) for record in records]
            if wanted is None or name in wanted
            else nothing
            for name in names
        ]
        return cls([str(name) for name in names], columns, len(records))

    def column(self, name: str) -> Any:
        """The values under a name that exists."""
        assert self.names is not None  # noqa: S101  # the caller asked for names before
        return self.columns[self.names.index(name)]


def _check_size(cells: int, given: int) -> None:
    if cells > max(_ALWAYS_FINE, _MOST_GROWTH * given):
        raise TooLarge(
            f"Invalid input. {given} values under ever new keys would make a table of {cells}; "
            "give all rows the same keys"
        )


def check_width(found: int, wanted: list[str] | int, whose: str, row: int = 0) -> None:
    """Raise `BadRequest` unless a row has so many values, or one for each name."""
    count, names = (wanted, "") if isinstance(wanted, int) else (len(wanted), ", ".join(wanted))
    if found != count:
        told = f": {names}" if names else ""
        raise BadRequest(f"Invalid input. row {row} has {found} values, {whose} {count}{told}")


def _is_name(label: Any) -> bool:
    return isinstance(label, (str, int, float))


def _no_split(reason: str, value: Any) -> BadRequest:
    return BadRequest(
        "Invalid input. Provided dataframe_split field is not a valid dataframe representation in "
        f"'split' format. Error: '{reason} {kind_of(value)}'"
    )


def listed(column: Any) -> list[Any]:
    """A column as plain Python values, lists inside included."""
    if not isinstance(column, np.ndarray):
        return list(column)
    return [value.tolist() if hasattr(value, "tolist") else value for value in plain(column)]


def plain(array: Array) -> list[Any]:
    """The values of a column as Python has them."""
    if array.dtype.kind == "M":
        # Nanoseconds would come out as integers, and pass where the signature wants a number.
        array = array.astype("datetime64[us]")
    values: list[Any] = array.tolist()
    return values


def stacked(columns: Sequence[Any]) -> Array | None:
    """Arrays side by side as one; None if some are lists, or points in time beside numbers."""
    if not columns or not all(isinstance(column, np.ndarray) for column in columns):
        return None
    if len({column.dtype.kind == "M" for column in columns}) > 1:
        return None
    return np.column_stack(columns)
