"""pandas: DataFrames out of whatever was given, held against a signature of columns."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter
from millstream.model_format.frameworks.tabular_columns import column
from millstream.model_format.schema import DataType, Schema

_SCALARS = (str, bytes, int, float, bool, datetime.date, np.generic)


def pandas_dtype(name: str) -> Any:
    """The dtype of a column that holds values of the NumPy type of that name."""
    return np.dtype("object") if name in ("str", "bytes") else np.dtype(name)


def frame_from_split(split: Mapping[str, Any]) -> pd.DataFrame:
    """The DataFrame of its `columns`, `data` and, if present, `index`."""
    return pd.DataFrame(**{str(key): value for key, value in split.items()})


def frame_from_records(records: Any) -> pd.DataFrame:
    """The DataFrame of a list of dictionaries."""
    return pd.DataFrame(records)


def from_json(data: Any, schema: Schema) -> Any:
    """Data out of JSON with the columns in the types of the signature, as far as they go.

    Texts become dates and bytes, and numbers what the signature has. Structures stay.
    """
    if not schema.has_input_names() and not isinstance(data, pd.DataFrame):
        return data
    frame = _frame(data, schema).copy()
    named = schema.has_input_names()
    pairs = schema.input_dict() if named else dict(zip(frame.columns, schema, strict=False))
    for name, spec in pairs.items():
        if name in frame.columns:
            frame[name] = _out_of_json(frame[name], spec.type)
    return frame


def _out_of_json(series: pd.Series[Any], kind: Any) -> pd.Series[Any]:
    if kind is DataType.datetime:
        return pd.to_datetime(series)
    if kind is DataType.binary:
        return series.map(lambda text: base64.b64decode(text) if isinstance(text, str) else text)
    if kind in (DataType.double, DataType.float):
        return series.astype(kind.to_numpy())
    if kind in (DataType.long, DataType.integer) and not series.isna().any():
        converted = series.astype(kind.to_numpy())
        return converted if (converted == series).all() else series
    return series


def enforce_columns(data: Any, schema: Schema) -> pd.DataFrame:
    """A DataFrame with the columns of the signature, in its order and types.

    Columns that the signature does not name are dropped. What is missing or cannot be converted
    without loss raises `InvalidParameter`.
    """
    try:
        frame = _frame(data, schema)
    except (ValueError, TypeError) as error:  # columns of different lengths, for example
        raise InvalidParameter(f"the input makes no table: {error}") from error
    repeated = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    if repeated:
        raise InvalidParameter(f"the input has several columns of the names {repeated}")
    if not schema.has_input_names():
        return _by_place(frame, schema)
    missing = [name for name in schema.required_input_names() if name not in frame.columns]
    if missing:
        extra = [name for name in frame.columns if name not in schema.input_names()]
        note = f" Note that there were extra inputs: {extra}." if extra else ""
        raise InvalidParameter(f"Model is missing inputs {missing}.{note}")
    present = [spec for spec in schema if spec.name in frame.columns]
    return pd.DataFrame(
        {spec.name: column(frame[spec.name], spec, spec.name) for spec in present},
        index=frame.index,
    )


def _by_place(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    found, wanted = len(frame.columns), len(schema)
    if found < wanted:
        raise InvalidParameter(
            f"Model inference is missing inputs. The model signature declares {wanted} inputs  "
            f"but the provided value only has {found} inputs. Note: the inputs were not named in "
            "the signature so we can only verify their count."
        )
    pairs = zip(frame.columns, schema, strict=False)
    return pd.DataFrame(
        {name: column(frame[name], spec, name) for name, spec in pairs}, index=frame.index
    )


def _frame(data: Any, schema: Schema) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, pd.Series):
        return data.to_frame()
    if isinstance(data, Mapping):
        structured = any(not isinstance(spec.type, DataType) for spec in schema)
        one_row = structured or all(
            value is None or isinstance(value, _SCALARS) for value in data.values()
        )
        return pd.DataFrame([dict(data)] if one_row else dict(data))
    if isinstance(data, _SCALARS):
        return pd.DataFrame([data])
    if isinstance(data, (list, np.ndarray)):
        return pd.DataFrame(data)
    raise InvalidParameter(f"Expected input to be DataFrame. Found: {type(data).__name__}")
