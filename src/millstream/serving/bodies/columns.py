"""Bodies for models that take columns: a DataFrame with the names and types of the signature."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import ModuleType
from typing import Any

import numpy as np

from millstream.model_format.adapters import adapter
from millstream.model_format.schema import ColSpec, Schema
from millstream.model_format.value_types import DataType
from millstream.serving.bodies.csv import read_texts
from millstream.serving.bodies.nested import block
from millstream.serving.bodies.numeric_columns import NumericColumns
from millstream.serving.bodies.scalars import DTYPES, Unfit, array_of, objects
from millstream.serving.bodies.structured import depth, value_of
from millstream.serving.bodies.tables import Table, check_width, plain
from millstream.serving.errors import (
    BadRequest,
    SchemaMismatch,
    expected_and_got,
    incompatible,
    kind_of,
)
from millstream.serving.request import Request

_SCALAR = (str, bytes, int, float, bool, type(None))
_NUMBERS = {float, int, type(None)}
_MOST_ORDERS = 64


class ColumnInputs:
    """What a body says, as a DataFrame."""

    def __init__(self, schema: Schema) -> None:
        adapter("tabular")  # says what to install if pandas is missing
        self._frames: ModuleType = importlib.import_module("millstream.serving.bodies.dataframes")
        self._specs: list[ColSpec] = list(schema)
        self._by_name: dict[str, ColSpec] = schema.input_dict() if schema.has_input_names() else {}
        self._names: list[str] | None = list(self._by_name) or None
        self._schema = repr(schema)
        self._numeric = NumericColumns.of([spec.type for spec in self._specs])
        self._labels = self._frames.index_of(self._names) if self._names else None
        self._kind = (self._names and tuple(self._names), tuple(repr(s.type) for s in self._specs))
        self._orders: dict[tuple[str, ...], list[int] | None] = {}

    @property
    def data_columns(self) -> list[str] | None:
        """The names that rows under `data` get: the signature knows them."""
        return None

    @property
    def rows_type(self) -> Any:
        """The type of rows that `quick` takes, for a decoder; None if there is no quick way."""
        return None if self._numeric is None else list[list[float | None]]

    def knows(self, name: str) -> bool:
        """Whether there is a column of that name."""
        return name in self._by_name

    def quick(self, rows: list[Any], columns: list[str] | None = None) -> Request | None:
        """The request of rows that a typed decoder read; None if anything about them is unusual."""
        array = block(rows) if rows else None
        if array is None or self._numeric is None:
            return None
        if columns is not None and columns != self._names:
            order = self._order(columns)
            if order is None or array.shape[1] != len(columns):
                return None
            array = array[:, order]
        if array.ndim != 2 or array.shape[1] != len(self._specs):
            return None
        data = self._numeric.frame(array, self._labels, self._frames)
        return None if data is None else Request(data, None, len(rows), True, self._kind)

    def _order(self, columns: Iterable[str]) -> list[int] | None:
        """Where the columns of the signature are among others; None if it is not that simple."""
        key = tuple(columns)
        if key not in self._orders:
            simple = self._names and len(set(key)) == len(key) and set(self._names) <= set(key)
            if len(self._orders) >= _MOST_ORDERS:
                self._orders.clear()
            self._orders[key] = [key.index(name) for name in self._names or ()] if simple else None
        return self._orders[key]

    def of_value(self, value: Any) -> Request:
        """The request of `inputs` or `instances`.

        An object of columns or of one row, a list of objects, a list of rows, or the values of the
        only column.
        """
        if isinstance(value, Mapping):
            return self.of_mapping(value)
        if isinstance(value, _SCALAR) and len(self._specs) == 1:
            value = [value]
        if not isinstance(value, list):
            raise self._mismatch(
                f"Model is missing inputs {self._labels_wanted()}: the input is one "
                f"{kind_of(value)}, and must be an object of columns or a list of objects."
            )
        if value and all(isinstance(row, Mapping) for row in value):
            return self.of_table(Table.of_records(value, self._by_name or None))
        if self._is_only_column(value):
            return self.of_table(Table(self._names, [value], len(value)))
        return self.of_rows(value)

    def _is_only_column(self, values: list[Any]) -> bool:
        if len(self._specs) != 1:
            return False
        wanted = depth(self._specs[0].type)
        return not values or _depth_of(values) <= wanted + 1

    def of_mapping(self, value: Mapping[str, Any]) -> Request:
        """The request of an object: columns as lists, or one row of values."""
        if not self._names and value:
            raise BadRequest(
                "Invalid input. Failed to parse input data. This model takes columns without "
                f"names: a list of values or of rows, not an object with the keys {list(value)}."
            )
        self._check_names(list(value))
        known = {name: item for name, item in value.items() if name in self._by_name}
        if known and not any(self._is_column(name, item) for name, item in known.items()):
            return self.of_table(Table.of_records([value], self._by_name))
        lengths = {name: len(item) for name, item in known.items() if isinstance(item, list)}
        for name, item in known.items():
            if not isinstance(item, list):
                raise BadRequest(
                    f"Invalid input. Column {name}: {expected_and_got('a list of values', item)}"
                )
        if len(set(lengths.values())) > 1:
            raise BadRequest(
                "Invalid input. The length of values for each input/column name are not the same: "
                f"{lengths}"
            )
        rows = next(iter(lengths.values()), 0)
        return self.of_table(Table(list(known), list(known.values()), rows))

    def _is_column(self, name: str, item: Any) -> bool:
        """Whether this is a list of values, and no value."""
        return isinstance(item, list) and _depth_of(item) > depth(self._by_name[name].type)

    def of_records(self, records: Any) -> Request:
        """The request of a list of objects, which need not have the keys of optional columns."""
        request = self._quick_records(records)
        return request or self.of_table(Table.of_records(records, self._by_name or None))

    def _quick_records(self, records: Any) -> Request | None:
        """The request of objects that all have all columns, which are numbers; else None."""
        if self._numeric is None or not self._names or not isinstance(records, list):
            return None
        try:
            rows = [[record[name] for name in self._names] for record in records]
        except (KeyError, TypeError):
            return None
        plain = set(map(type, chain.from_iterable(rows))) <= _NUMBERS
        return self.quick(rows) if plain else None

    def of_texts(self, table: Table) -> Request:
        """The request of a table whose cells are text, as in CSV; empty ones are missing."""
        names = table.names or []
        kinds = {name: spec.type for name, spec in self._by_name.items()}
        if not self._by_name:
            kinds = dict(zip(names, (spec.type for spec in self._specs), strict=False))
        columns = [
            read_texts(cells, kinds[name]) if name in kinds else cells
            for name, cells in zip(names, table.columns, strict=True)
        ]
        return self.of_table(Table(names, columns, table.rows))

    def of_rows(self, rows: Any) -> Request:
        """The request of rows whose values stand in the order of the signature."""
        names = self._names or [str(place) for place in range(len(self._specs))]
        table = Table.of_rows(rows, names, "the model takes")
        return self.of_table(Table(self._names, table.columns, table.rows))

    def of_table(self, table: Table) -> Request:
        """The request of a table, whose columns may stand in any order and be too many."""
        if not self._names:
            return self._by_place(table)
        if table.names is None:
            check_width(len(table.columns), self._names, "the model takes")
            table = Table(self._names, table.columns, table.rows)
        if not table.rows and not table.names:  # nothing was sent, so nothing is missing
            table = Table(self._names, [[] for _ in self._names], 0)
        self._check_names(table.names or [])
        present = [spec for spec in self._specs if spec.name in (table.names or ())]
        columns = {spec.name: self._column(spec, table.column(str(spec.name))) for spec in present}
        return self._request({n: c for n, c in columns.items() if c is not None}, table.rows)

    def _by_place(self, table: Table) -> Request:
        found, wanted = len(table.columns), len(self._specs)
        if found < wanted:
            raise self._mismatch(
                f"Model inference is missing inputs. The model signature declares {wanted} inputs "
                f"but the provided value only has {found} inputs."
            )
        labels: list[Any] = table.names or [*range(wanted)]
        triples = zip(labels, self._specs, table.columns, strict=False)
        columns = {label: self._column(spec, values, label) for label, spec, values in triples}
        return self._request({n: c for n, c in columns.items() if c is not None}, table.rows)

    def _request(self, columns: Mapping[Any, Any], rows: int) -> Request:
        frame = self._frames.frame_of_columns(columns, rows)
        kind = self._kind
        if len(columns) != len(self._specs) or self._numeric is None or not self._names:
            kind = self._frames.kind_of(frame)
        return Request(frame, None, rows, True, kind)

    def _check_names(self, names: Sequence[str]) -> None:
        twice = [name for name in self._by_name if names.count(name) > 1]
        if twice:
            raise BadRequest(f"Invalid input. The columns {twice} are given more than once.")
        missing = [spec.name for spec in self._specs if spec.required and spec.name not in names]
        if missing:
            extra = [name for name in names if name not in self._by_name]
            note = f" Note that there were extra inputs: {extra}." if extra else ""
            if extra and len(extra) == len(names):
                note += " None of the columns that were sent is one of the model's."
            raise self._mismatch(f"Model is missing inputs {missing}.{note}")

    def _column(self, spec: ColSpec, values: Any, label: object = None) -> Any:
        """The values in the type of the column; None if it may be absent and is."""
        listed = plain(values) if isinstance(values, np.ndarray) else values
        if not spec.required and _cannot_be_missing(spec) and all(v is None for v in listed):
            return None
        try:
            return self._typed(spec, values, listed)
        except Unfit as error:
            name = spec.name if label is None else label
            raise incompatible(
                f"column {name}", _type_name(spec), f"row {error.position}", error.expected,
                error.value,
            ) from None  # fmt: skip

    def _typed(self, spec: ColSpec, values: Any, listed: list[Any]) -> Any:
        kind = spec.type
        if not isinstance(kind, DataType):
            return objects([_structured(spec, row, value) for row, value in enumerate(listed)])
        dtype = DTYPES[kind]
        if isinstance(values, np.ndarray) and _widens(values.dtype, dtype):
            return values.astype(dtype, copy=False)
        if kind is DataType.string:
            _check_text(listed)
            return self._frames.text(listed)
        if kind is DataType.binary and not spec.required:
            present = [b"" if value is None else value for value in listed]
            pairs = zip(array_of(present, dtype), listed, strict=True)
            return objects([None if value is None else decoded for decoded, value in pairs])
        if kind is DataType.datetime:
            return self._dates(listed)
        return array_of(listed, dtype)

    def _dates(self, values: list[Any]) -> Any:
        try:
            return array_of(values, "datetime64[ns]")
        except Unfit as error:
            if not all(value is None or isinstance(value, str) for value in values):
                raise
            try:
                return self._frames.dates(values)
            except (ValueError, OverflowError):  # OutOfBoundsDatetime is a ValueError
                raise error from None

    def _labels_wanted(self) -> list[Any]:
        return self._names or list(range(len(self._specs)))

    def _mismatch(self, reason: str) -> SchemaMismatch:
        return SchemaMismatch(
            f"Failed to enforce schema of data with schema '{self._schema}'. Error: {reason}"
        )


def _widens(source: np.dtype[Any], target: str) -> bool:
    """Whether NumPy may convert without looking at the values; text and objects are looked at."""
    return np.dtype(target).kind not in "US" and bool(np.can_cast(source, target, "safe"))


def _structured(spec: ColSpec, row: int, value: Any) -> Any:
    if value is None and not spec.required:
        return None
    try:
        return value_of(value, spec.type)
    except Unfit as error:
        error.position = row
        raise


def _check_text(values: Iterable[Any]) -> None:
    for position, value in enumerate(values):
        if not isinstance(value, _SCALAR):
            raise Unfit("text", value, position)


def _cannot_be_missing(spec: ColSpec) -> bool:
    return spec.type in (DataType.integer, DataType.long, DataType.boolean)


def _type_name(spec: ColSpec) -> str:
    return DTYPES[spec.type] if isinstance(spec.type, DataType) else repr(spec.type)


def _depth_of(value: Any) -> int:
    """How many lists lie in each other, seen at the first values."""
    found = 0
    while isinstance(value, list):
        found += 1
        value = next((item for item in value if item is not None), None)
    return found
