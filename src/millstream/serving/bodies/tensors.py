"""Bodies for models that take tensors: nested lists in the dtype and shape of the signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from millstream.model_format.schema import Schema, TensorSpec
from millstream.model_format.value_types import DataType
from millstream.serving.bodies.csv import read_texts
from millstream.serving.bodies.nested import (
    Ragged,
    block,
    flattened,
    place_in,
    row_type,
    spoken,
)
from millstream.serving.bodies.scalars import Array, Unfit, array_of, objects
from millstream.serving.bodies.tables import Table, listed, stacked
from millstream.serving.errors import BadRequest, SchemaMismatch, expected_and_got, incompatible
from millstream.serving.request import Request

_LEAVES: dict[str, Any] = {"f": float | None, "i": int, "u": int, "b": bool}
_MOST_QUICK_DIMENSIONS = 6


class TensorInputs:
    """What a body says, as arrays; several tensors have names, a single one may have."""

    def __init__(self, schema: Schema) -> None:
        self._specs: list[TensorSpec] = list(schema)
        self._named = schema.has_input_names()
        self._schema = repr(schema)
        first = self._specs[0]
        self._only = None if self._named else first
        self._dtype = np.dtype(first.dtype_name)
        self._shape = first.shape
        self._bulk = self._dtype == np.float64 and len(first.shape) == 2
        self._kind = (str(self._dtype), first.shape[1:])
        self._fixed = -1 not in first.shape[1:]

    @property
    def data_columns(self) -> list[str] | None:
        """The names that rows under `data` get: the signature knows them."""
        return None

    @property
    def rows_type(self) -> Any:
        """The type of rows that `quick` takes, for a decoder; None if there is no quick way."""
        quick = self._only and 0 < len(self._shape) <= _MOST_QUICK_DIMENSIONS
        kind = _LEAVES.get(self._dtype.kind) if quick else None
        if kind is None:
            return None
        for number in reversed(self._shape[1:]):
            kind = row_type(kind, number)
        return row_type(kind, -1)

    def quick(self, rows: list[Any], columns: list[str] | None = None) -> Request | None:
        """The request of rows that a typed decoder read; None if anything about them is unusual."""
        if columns is not None and rows and len(columns) != len(rows[0]):
            return None
        quickest = block if self._bulk and rows else self._array
        array = quickest(rows)
        if array is None or not self._fits(array.shape):
            return None
        kind = self._kind if self._fixed else (self._kind[0], array.shape[1:])
        return Request(array, None, len(rows), True, kind)

    def _array(self, rows: list[Any]) -> Array | None:
        try:
            with np.errstate(over="raise"):
                return np.array(rows, dtype=self._dtype)
        except (ValueError, OverflowError, TypeError, FloatingPointError):
            return None

    def _fits(self, shape: Sequence[int], spec: Sequence[int] | None = None) -> bool:
        wanted = self._shape if spec is None else spec
        return len(shape) == len(wanted) and all(
            want in (-1, found) for want, found in zip(wanted, shape, strict=True)
        )

    def of_value(self, value: Any) -> Request:
        """The request of `inputs` or `instances`: nested lists, or an object of them by name."""
        if self._only is not None:
            if isinstance(value, Mapping):
                raise BadRequest(
                    "Invalid input. Failed to parse input data. This model takes one tensor "
                    f"without a name: nested lists of the shape {self._shape}, not an object with "
                    f"the keys {list(value)}."
                )
            return self._request(self._tensor(value, self._only))
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            return self.of_records(value)
        if not isinstance(value, Mapping):
            if len(self._specs) > 1:
                raise BadRequest(
                    "Invalid input. This model takes several tensors by name: an object with the "
                    f"keys {self._names()}, {expected_and_got('an object', value)}"
                )
            value = {self._specs[0].name: value}
        return self._by_name(value)

    def of_records(self, records: Any) -> Request:
        """The request of rows that name their values; several tensors are found by their names."""
        if self._only is not None:
            return self.of_table(Table.of_records(records))
        if not isinstance(records, list) or not all(isinstance(row, Mapping) for row in records):
            Table.of_records(records)  # raises
        for row, record in enumerate(records):
            lacking = [name for name in self._names() if name not in record]
            if lacking:
                raise BadRequest(
                    "Invalid input. The length of values for each input/column name are not the "
                    f"same: row {row} lacks {lacking}."
                )
        return self._by_name({name: [record[name] for record in records] for name in self._names()})

    def of_table(self, table: Table) -> Request:
        """The request of a table: its columns are the tensors by name, or side by side the one."""
        if self._named and table.names is not None:
            columns = zip(table.names, table.columns, strict=True)
            return self._by_name({name: listed(column) for name, column in columns})
        spec = self._specs[0]
        array = stacked(table.columns)
        dtype = np.dtype(spec.dtype_name)
        if array is not None and array.dtype == dtype and self._fits(array.shape, spec.shape):
            return self.of_array(array)
        columns_side_by_side = [listed(column) for column in table.columns]
        rows = [list(row) for row in zip(*columns_side_by_side, strict=True)]
        if not rows:
            return self.of_array(np.empty((0, len(table.columns)), dtype=spec.dtype_name))
        return self.of_value(rows)

    def of_texts(self, table: Table) -> Request:
        """The request of a table whose cells are text, as in CSV; empty ones are missing."""
        kind = DataType.string if self._dtype.kind in "UO" else DataType.double
        columns = [read_texts(cells, kind) for cells in table.columns]
        return self.of_table(Table(table.names, columns, table.rows))

    def of_rows(self, rows: Any) -> Request:
        """The request of `data`: nested lists of the only tensor."""
        return self.of_value(rows)

    def of_array(self, array: Array) -> Request:
        """The request of an array that has the dtype of the only tensor."""
        spec = self._specs[0]
        self._check_shape(array.shape, spec)
        return self._request(array if self._only else {spec.name: array})

    def of_arrays(self, arrays: Mapping[str, Array]) -> Request:
        """The request of arrays by name; a single one may have any name."""
        if len(arrays) == 1 and len(self._specs) == 1:
            array = self._cast(next(iter(arrays.values())), self._specs[0])
            return self.of_array(array)
        if self._only is not None:
            raise BadRequest(f"the model takes one tensor, the inputs are {list(arrays)}")
        wanted = {str(spec.name): spec for spec in self._specs}
        return self._by_name(
            {n: self._cast(a, wanted[n]) if n in wanted else a for n, a in arrays.items()}
        )

    def _cast(self, array: Array, spec: TensorSpec) -> Array:
        if array.dtype == np.dtype(spec.dtype_name):
            return array
        if spec.dtype_name != "object" and np.can_cast(array.dtype, spec.dtype_name, "safe"):
            return array.astype(spec.dtype_name)
        if not array.size:
            return np.empty(array.shape, dtype=spec.dtype_name)
        converted: Array = self._converted(array.tolist(), spec)
        return converted

    def _by_name(self, values: Mapping[str, Any]) -> Request:
        missing = [name for name in self._names() if name not in values]
        if missing:
            extra = [name for name in values if name not in self._names()]
            note = f" Note that there were extra inputs: {extra}." if extra else ""
            raise self._mismatch(f"Model is missing inputs {missing}.{note}")
        return self._request(
            {str(spec.name): self._tensor(values[str(spec.name)], spec) for spec in self._specs}
        )

    def _tensor(self, value: Any, spec: TensorSpec) -> Array:
        array = value if isinstance(value, np.ndarray) else self._converted(value, spec)
        self._check_shape(array.shape, spec)
        return array

    def _converted(self, value: Any, spec: TensorSpec) -> Array:
        named = "" if spec.name is None else f" '{spec.name}'"
        if value == [] and spec.shape and spec.shape[0] in (-1, 0):  # no rows have no width
            return np.empty([0, *(max(size, 0) for size in spec.shape[1:])], dtype=spec.dtype_name)
        if spec.dtype_name == "object" and isinstance(value, list) and len(spec.shape) == 1:
            return objects(value)
        try:
            leaves, shape = flattened(value)
            self._check_shape(shape, spec)
            return array_of(leaves, spec.dtype_name).reshape(shape)
        except Unfit as error:
            place = spoken(place_in(shape, error.position))
            raise incompatible(
                f"the tensor{named}", spec.dtype_name, place, error.expected, error.value
            ) from None
        except Ragged as error:
            raise BadRequest(f"Invalid input. {error.told(f'the tensor{named}')}") from None

    def _check_shape(self, shape: tuple[int, ...], spec: TensorSpec) -> None:
        if self._fits(shape, spec.shape):
            return
        of = "" if spec.name is None else f" '{spec.name}'"
        told = ""
        if len(shape) == len(spec.shape) == 2:
            told = f" Row 0 has {shape[1]} values, the model takes {spec.shape[1]}."
        elif len(shape) + 1 == len(spec.shape):
            told = " One row is a list within a list: [[…]]."
        raise self._mismatch(
            f"Shape of input{of} {shape} does not match expected shape {spec.shape}.{told}"
        )

    def _request(self, data: Any) -> Request:
        arrays = list(data.values()) if isinstance(data, dict) else [data]
        rows = {len(array) if array.ndim else 1 for array in arrays}
        kind: Any = None
        if len(rows) == 1 and all(array.ndim for array in arrays):
            kind = tuple((str(array.dtype), array.shape[1:]) for array in arrays)
            kind = kind if isinstance(data, dict) else kind[0]
        return Request(data, None, max(rows), True, kind)

    def _names(self) -> list[str]:
        return [str(spec.name) for spec in self._specs]

    def _mismatch(self, reason: str) -> SchemaMismatch:
        return SchemaMismatch(
            f"Failed to enforce schema of data with schema '{self._schema}'. Error: {reason}"
        )
