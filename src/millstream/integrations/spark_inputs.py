"""The columns that Spark gives a function, as a batch that the model's signature describes."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pyspark.sql import Row

from millstream.errors import InvalidParameter
from millstream.model_format.schema import Schema


def batch_of(columns: tuple[Any, ...], schema: Schema | None) -> pd.DataFrame:
    """The batch as a DataFrame.

    One struct gives its fields as columns. Columns beside each other have the names of the
    signature in its order, else "0", "1", ….
    """
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
