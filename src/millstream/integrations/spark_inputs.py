"""The columns that Spark gives a function, as a batch that the model's signature describes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Row

from millstream.errors import InvalidParameter
from millstream.model_format.schema import Schema, TensorSpec


def batch_of(columns: tuple[Any, ...], schema: Schema | None) -> Any:
    """The batch: a DataFrame, or the array or arrays of a signature of tensors.

    One struct gives its fields as columns. Columns beside each other have the names of the
    signature in its order, else "0", "1", ….
    """
    frame = _frame(columns, schema)
    if schema is None or not schema.is_tensor_spec():
        return frame
    if schema.has_input_names():
        return {spec.name: _array(frame[[spec.name]], spec) for spec in _present(frame, schema)}
    return _array(frame, schema.inputs[0])


def _frame(columns: tuple[Any, ...], schema: Schema | None) -> pd.DataFrame:
    first = columns[0]
    if len(columns) == 1 and isinstance(first, pd.DataFrame) and not _is_value(first, schema):
        return pd.DataFrame({name: _plain(first[name]) for name in first.columns})
    names = _names(len(columns), schema)
    pairs = zip(names, columns, strict=False)
    return pd.DataFrame({name: _plain(column) for name, column in pairs})


def _is_value(frame: pd.DataFrame, schema: Schema | None) -> bool:
    """Whether a struct is the value of the one column that the model takes."""
    if schema is None or not schema.has_input_names() or len(schema) != 1:
        return False
    return schema.inputs[0].name not in frame.columns


def _names(count: int, schema: Schema | None) -> list[str]:
    if schema is None or not schema.has_input_names():
        return [str(place) for place in range(count)]
    required = len(schema.required_input_names())
    if count < required:
        raise InvalidParameter(
            f"Model input is missing columns. Expected {required} input columns "
            f"{schema.required_input_names()}, but the model received only {count} unnamed input "
            "columns (since the columns were passed unnamed they are expected to be in the order "
            "specified by the schema)."
        )
    return [str(name) for name in schema.input_names()]


def _plain(column: Any) -> Any:
    """A column with dictionaries in place of Spark's rows."""
    if isinstance(column, pd.DataFrame):
        return pd.Series(column.to_dict(orient="records"), index=column.index)
    if column.dtype == object:
        return column.map(_value)
    return column


def _value(value: Any) -> Any:
    if isinstance(value, Row):
        return {name: _value(inner) for name, inner in value.asDict().items()}
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    return value


def _present(frame: pd.DataFrame, schema: Schema) -> list[TensorSpec]:
    missing = [name for name in schema.input_names() if name not in frame.columns]
    if missing:
        raise InvalidParameter(f"Model is missing inputs {missing}.")
    return list(schema)


def _array(frame: pd.DataFrame, spec: TensorSpec) -> Any:
    """Arrays of one column stacked, or columns of numbers beside each other, in its shape."""
    names = list(frame.columns)
    try:
        if len(names) == 1 and not _is_scalar(frame[names[0]]):
            values = np.stack([np.asarray(value, dtype=spec.type) for value in frame[names[0]]])
        else:
            values = frame.to_numpy(dtype=spec.type)
        return values.reshape((len(frame), *spec.shape[1:]))
    except (ValueError, TypeError) as error:
        raise InvalidParameter(
            f"the columns {names} do not make a tensor {spec!r}: {error}"
        ) from error


def _is_scalar(column: Any) -> bool:
    return not any(isinstance(value, (list, np.ndarray)) for value in column)
