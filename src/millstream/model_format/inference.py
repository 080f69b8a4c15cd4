"""From values to the schema that describes them, without loading the library they come from."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.schema import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec
from millstream.model_format.value_types import (
    AnyType,
    Array,
    DataType,
    Map,
    Object,
    Property,
    ValueType,
)

_INTEGER_HINT = (
    "the inferred signature has integer columns ({columns}), and integers cannot say that a value "
    "is missing: if values may be missing at prediction, declare these columns as double"
)


class CannotInfer(InvalidParameter):
    """The value is of a kind that no schema describes."""


def infer_schema(value: Any) -> Schema:
    """The schema of a DataFrame, Series, array, sparse matrix, dictionary, list or scalar."""
    if _is_frame(value):
        return _of_frame(value)
    if _is_series(value):
        kind, required = _column_type(value)
        name = None if value.name is None else str(value.name)
        return Schema([ColSpec(kind, name, required)])
    if _is_array(value) or _is_sparse(value):
        return Schema([_tensor(value)])
    if isinstance(value, Mapping):
        return _of_mapping(value)
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        properties = _properties(value)
        return Schema([ColSpec(p.dtype, p.name, p.required) for p in properties])
    if isinstance(value, list):
        return Schema([ColSpec(_type_of_all(value)[0] if value else DataType.string)])
    return Schema([ColSpec(_type_of(value))])


def column_of(array: Any) -> Schema:
    """An array of one dimension as a column without a name."""
    kind = dtype_type(array.dtype)
    return Schema([ColSpec(_type_of_all(array.tolist())[0] if kind is None else kind)])


def infer_param_schema(params: Mapping[str, Any]) -> ParamSchema:
    """The names, types and shapes of the given values, which become the defaults."""
    if not isinstance(params, Mapping):
        raise InvalidParameter(f"Expected parameters to be dict, got {type(params).__name__}")
    return ParamSchema([_param(str(name), value) for name, value in params.items()])


def _param(name: str, value: Any) -> ParamSpec:
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, (list, tuple)):
        if not plain:
            raise InvalidParameter(f"the param {name!r} is an empty list, whose type nobody sees")
        return ParamSpec(name, _type_of_all(plain)[0], list(plain), (-1,))
    return ParamSpec(name, _type_of(plain), plain)


def _comes_from(value: Any, library: str) -> bool:
    return any(kind.__module__.partition(".")[0] == library for kind in type(value).__mro__)


def _is_frame(value: Any) -> bool:
    return _comes_from(value, "pandas") and hasattr(value, "columns") and hasattr(value, "dtypes")


def _is_series(value: Any) -> bool:
    return _comes_from(value, "pandas") and hasattr(value, "isna") and hasattr(value, "name")


def _is_array(value: Any) -> bool:
    return _comes_from(value, "numpy") and getattr(value, "ndim", 0) > 0


def _is_sparse(value: Any) -> bool:
    return _comes_from(value, "scipy") and hasattr(value, "tocsr") and hasattr(value, "dtype")


def _tensor(value: Any, name: str | None = None) -> TensorSpec:
    if value.dtype.kind == "O":
        raise CannotInfer("the type of an array of Python objects cannot be seen")
    return TensorSpec(value.dtype, (-1, *value.shape[1:]), name)


def _of_frame(frame: Any) -> Schema:
    if not len(frame.columns):
        raise CannotInfer("a DataFrame without columns has no schema")
    columns = [
        ColSpec(kind, str(name), required)
        for name in frame.columns
        for kind, required in [_column_type(frame[name])]
    ]
    whole = [column.name for column in columns if column.type in (DataType.integer, DataType.long)]
    if whole:
        warnings.warn(_INTEGER_HINT.format(columns=", ".join(map(str, whole))), stacklevel=4)
    return Schema(columns)


def _of_mapping(value: Mapping[Any, Any]) -> Schema:
    if not value:
        raise CannotInfer("an empty dictionary has no schema")
    if any(not isinstance(key, str) for key in value):
        raise CannotInfer("the keys of a dictionary must be texts to be names of columns")
    if all(_is_array(item) for item in value.values()):
        return Schema([_tensor(item, key) for key, item in value.items()])
    return Schema(
        [
            ColSpec(AnyType() if item is None else _type_of(item), key, required=item is not None)
            for key, item in value.items()
        ]
    )


def _column_type(series: Any) -> tuple[ValueType, bool]:
    missing = bool(series.isna().any())
    dtype = series.dtype
    kind = dtype_type(dtype)
    if kind is None:
        found, missing_inside = _type_of_all(series.dropna().tolist())
        return found, not (missing or missing_inside)
    return kind, not missing


def dtype_type(dtype: Any) -> DataType | None:
    """The scalar type of a NumPy or pandas dtype; None for Python objects."""
    name = str(getattr(dtype, "name", dtype)).lower()
    if name == "category":
        return dtype_type(dtype.categories.dtype) or DataType.string
    if getattr(dtype, "kind", None) == "U" or name.startswith("str"):
        return DataType.string
    if getattr(dtype, "kind", None) == "S":
        return DataType.binary
    if name.startswith("datetime64"):
        return DataType.datetime
    if name in ("bool", "boolean"):
        return DataType.boolean
    if name in ("int8", "int16", "int32", "uint8", "uint16"):
        return DataType.integer
    if name in ("int64", "uint32"):
        return DataType.long
    if name in ("float16", "float32"):
        return DataType.float
    if name in ("float64",):
        return DataType.double
    if name == "object":
        return None
    raise CannotInfer(f"values of the type {name} are not part of a signature")


def _type_of(value: Any) -> ValueType:
    if isinstance(value, Mapping):
        return Object(_properties([value])) if value else Map(AnyType())
    if isinstance(value, list) or _is_array(value):
        return Array(_type_of_all(value)[0] if len(value) else AnyType())
    if _comes_from(value, "numpy") and hasattr(value, "dtype"):
        return dtype_type(value.dtype) or AnyType()
    for kind, found in _PYTHON:
        if isinstance(value, kind):
            return found
    raise CannotInfer(f"values of the type {type(value).__name__} are not part of a signature")


_PYTHON: tuple[tuple[Any, DataType], ...] = (
    (bool, DataType.boolean),
    (int, DataType.long),
    (float, DataType.double),
    (str, DataType.string),
    ((bytes, bytearray), DataType.binary),
    (datetime.date, DataType.datetime),
)


def _type_of_all(values: Iterable[Any]) -> tuple[ValueType, bool]:
    """The one type of several values, and whether some are missing."""
    every = list(values)
    present = [value for value in every if value is not None]
    if not present:
        return AnyType(), bool(every)
    missing = len(present) < len(every)
    if all(isinstance(value, Mapping) and value for value in present):
        return Object(_properties(present)), missing
    kinds = {_type_of(value) for value in present}
    if len(kinds) == 1:
        return kinds.pop(), missing
    if kinds <= {DataType.long, DataType.double}:
        return DataType.double, missing
    return AnyType(), missing


def _properties(values: list[Mapping[str, Any]]) -> list[Property]:
    """The keys of several dictionaries, in the order seen; what one lacks is not required."""
    names = list(dict.fromkeys(str(key) for value in values for key in value))
    properties = []
    for name in names:
        found = [value[name] for value in values if name in value]
        kind, missing = _type_of_all(found)
        properties.append(Property(name, kind, not missing and len(found) == len(values)))
    return properties
