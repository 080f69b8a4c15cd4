"""Bodies for models without a signature: arrays and DataFrames as the body has them."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from millstream.errors import NotSupported
from millstream.model_format.adapters import adapter
from millstream.model_format.value_types import DataType
from millstream.serving.bodies.csv import read_texts
from millstream.serving.bodies.nested import Ragged, block, flattened, row_type
from millstream.serving.bodies.scalars import Array, Unfit, array_of, objects
from millstream.serving.bodies.tables import Table, listed, stacked
from millstream.serving.errors import BadRequest, SchemaMismatch, kind_of
from millstream.serving.request import Request

_EXACT = 2**53  # float64 holds all whole numbers up to here
_NUMBERS = {int, float, bool}
_MOST_DIMENSIONS = 32


class UnsignedInputs:
    """What a body says, held only against the number of features that the model itself knows.

    `n_features` and `names` are what the library's object was fitted on, None where it does not
    say. An object that was fitted on arrays gets arrays, also where a body has columns.
    """

    def __init__(self, n_features: int | None, names: list[str] | None) -> None:
        self._n_features = n_features
        self._names = names
        self._on_arrays = n_features is not None and names is None

    @property
    def on_arrays(self) -> bool:
        """Whether the model was fitted on arrays, as far as it says."""
        return self._on_arrays

    @property
    def data_columns(self) -> list[str] | None:
        """The names that rows under `data` get: those the model was fitted on."""
        return self._names

    @property
    def rows_type(self) -> Any:
        """The type of rows that `quick` takes, for a decoder; None if there is no quick way."""
        if self._n_features is None:
            return None
        return row_type(row_type(float, self._n_features), -1)

    def quick(self, rows: list[Any], columns: list[str] | None = None) -> Request | None:
        """The request of rows that a typed decoder read; None if anything about them is unusual."""
        array = block(rows) if rows else None
        if array is None or array.shape[1] != self._n_features:
            return None
        if columns is not None and len(columns) != array.shape[1]:
            return None
        if float(np.abs(array).max(initial=0.0)) >= _EXACT:
            return None  # whole numbers that float64 may not hold
        if columns is None or self._on_arrays:
            return _request(array)
        frames = self._dataframes()
        frame = frames.frame_of_block(array, frames.index_of(columns))
        return Request(frame, None, len(rows), True, frames.kind_of(frame))

    def of_value(self, value: Any) -> Request:
        """The request of `inputs` or `instances`: an array, an object of arrays, or a list."""
        data = _converted(value)
        if isinstance(data, np.ndarray):
            self._check(data)
            return _request(data)
        return Request(data, None, _rows_of(data))

    def of_arrays(self, arrays: Mapping[str, Array]) -> Request:
        """The request of arrays by name; a single one may have any name."""
        if len(arrays) > 1:
            return Request(dict(arrays), None, _rows_of(dict(arrays)))
        array = next(iter(arrays.values()))
        self._check(array)
        return _request(array)

    def of_instances(self, records: list[Mapping[str, Any]]) -> Request:
        """The request of `instances` as objects: an array for each name."""
        names = list(dict.fromkeys(name for record in records for name in record))
        for row, record in enumerate(records):
            lacking = [name for name in names if name not in record]
            if lacking:
                raise BadRequest(
                    "Invalid input. The length of values for each input/column name are not the "
                    f"same: row {row} lacks {lacking}."
                )
        return self.of_value({name: [record[name] for record in records] for name in names})

    def of_rows(self, rows: Any) -> Request:
        """The request of `data`: an array, or a DataFrame if the model knows names of columns."""
        table = Table.of_rows(rows, None, "row 0 has")
        if table.rows:
            self._check_width(len(table.columns))
        elif self._n_features is not None:
            return _request(np.empty((0, self._n_features)))
        if self._names is None:
            return self.of_value(rows)
        return self._framed(rows, self._names)

    def of_records(self, records: Any) -> Request:
        """The request of a list of objects: a DataFrame."""
        return self.of_table(Table.of_records(records))

    def of_texts(self, table: Table) -> Request:
        """The request of a table whose cells are text, as in CSV, for a model that takes numbers.

        Raises `Unfit` if they are no numbers.
        """
        self._check_width(len(table.columns))
        columns = [array_of(read_texts(c, DataType.double), "float64") for c in table.columns]
        return self.of_table(Table(table.names, columns, table.rows))

    def of_table(self, table: Table) -> Request:
        """The request of a table: a DataFrame, or an array where the model was fitted on arrays."""
        if self._on_arrays:
            self._check_width(len(table.columns))
            array = stacked(table.columns)
            if array is not None:
                return _request(array)
        rows = [list(row) for row in zip(*map(listed, table.columns), strict=True)]
        if self._on_arrays:
            return _request(np.empty((0, len(table.columns)))) if not rows else self.of_value(rows)
        if any(isinstance(column, np.ndarray) for column in table.columns):
            return self._columnar(table)
        return self._framed(rows, table.names)

    def of_frame(self, frame: Any) -> Request:
        """The request of a DataFrame that a library read."""
        if self._on_arrays:
            self._check_width(frame.shape[1])
            return _request(frame.to_numpy())
        return Request(frame, None, len(frame), True, self._dataframes().kind_of(frame))

    def of_csv(self, body: bytes) -> Request:
        """The request of CSV as pandas reads it, which sees the types by itself."""
        frames = self._dataframes()
        try:
            return self.of_frame(frames.frame_of_csv(body))
        except ValueError as error:  # all errors of pandas' readers are
            raise BadRequest(
                "Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid "
                f"CSV-formatted table. Error: '{error}'"
            ) from None

    def _framed(self, rows: list[Any], names: list[str] | None) -> Request:
        frames = self._dataframes()
        frame = frames.frame_of_rows(rows, names)
        return Request(frame, None, len(rows), True, frames.kind_of(frame))

    def _columnar(self, table: Table) -> Request:
        frames = self._dataframes()
        labels: Any = range(len(table.columns)) if table.names is None else table.names
        frame = frames.frame_of_columns(dict(zip(labels, table.columns, strict=True)), table.rows)
        return Request(frame, None, table.rows, True, frames.kind_of(frame))

    def _dataframes(self) -> ModuleType:
        try:
            adapter("tabular")
        except NotSupported as error:
            raise BadRequest(f"Invalid input. Columns cannot be read: {error.message}") from error
        return importlib.import_module("millstream.serving.bodies.dataframes")

    def _check(self, array: Array) -> None:
        wanted = self._n_features
        if wanted is None:
            return
        if array.ndim == 1 and array.size:
            raise SchemaMismatch(
                f"Invalid input. A list of {array.size} values is no row: one row is a list within "
                f"a list, [[…]], and the model takes {self._wanted()}"
            )
        if array.ndim == 2 and len(array):
            self._check_width(array.shape[1])

    def _check_width(self, width: int) -> None:
        if self._n_features is not None and width != self._n_features:
            raise SchemaMismatch(
                f"Invalid input. row 0 has {width} values, the model takes {self._wanted()}"
            )

    def _wanted(self) -> str:
        names = f": {', '.join(self._names)}" if self._names else " in each row"
        return f"{self._n_features}{names}"


def _request(array: Array) -> Request:
    rows = len(array) if array.ndim else 1
    kind = (array.dtype.str, array.shape[1:]) if array.ndim else None
    return Request(array, None, rows, True, kind)


def _rows_of(data: Any) -> int:
    if isinstance(data, list):
        return len(data)
    first = next(iter(data.values()), None) if isinstance(data, dict) else None
    return len(first) if isinstance(first, np.ndarray) and first.ndim else 1


def _converted(value: Any) -> Any:
    """Arrays instead of lists, below objects and beside them."""
    if isinstance(value, Mapping):
        return {name: _converted(item) for name, item in value.items()}
    if isinstance(value, list) and (not value or any(isinstance(item, Mapping) for item in value)):
        return [_converted(item) for item in value]
    return _array(value)


def _array(value: Any) -> Array:
    try:
        leaves, shape = flattened(value)
    except Ragged as error:
        raise BadRequest(f"Invalid input. {error.told('the input')}") from None
    if len(shape) > _MOST_DIMENSIONS:
        raise BadRequest(
            f"Invalid input. Lists lie in each other {len(shape)} times, at most "
            f"{_MOST_DIMENSIONS} times is possible. Got {kind_of(value)}."
        )
    kinds = set(map(type, leaves))
    array = np.array(leaves) if kinds <= _NUMBERS and leaves else objects(leaves)
    if kinds == {str}:
        with contextlib.suppress(Unfit):  # text that is no array of text stays an array of objects
            array = array_of(leaves, "str")
    if not leaves:
        array = np.empty(0)
    return array.reshape(shape)
