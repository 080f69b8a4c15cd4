"""pandas: a column in the type of the signature, if that loses nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter
from millstream.model_format.schema import ColSpec, DataType
from millstream.model_format.structures import check_value

_MISSING_INTEGERS = (
    " Integers cannot say that a value is missing: declare the column as double in the signature, "
    "or fill the missing values."
)


def column(series: pd.Series[Any], spec: ColSpec, name: Any) -> pd.Series[Any]:
    """The column as the signature wants it; raises `InvalidParameter` if values would change."""
    if not isinstance(spec.type, DataType):
        for value in series.dropna() if not spec.required else series:
            check_value(value, spec.type, f"column {name}", spec.required)
        return series
    converted = _converted(series, spec.type)
    if converted is None:
        source = str(series.dtype)
        target = "<U0" if spec.type is DataType.string else str(spec.type.to_numpy())
        gaps = spec.type in (DataType.integer, DataType.long) and bool(series.isna().any())
        raise InvalidParameter(
            f"Incompatible input types for column {name}. "
            f"Can not safely convert {source} to {target}.{_MISSING_INTEGERS if gaps else ''}"
        )
    return converted


def _converted(series: pd.Series[Any], kind: DataType) -> pd.Series[Any] | None:
    """The column in that type, or None if values would change.

    A column of Python objects that are texts, bytes or truth values stays one, with its None.
    """
    if series.dtype == object:
        if _holds(series, kind):
            return series
        series = series.infer_objects()
    if isinstance(series.dtype, pd.CategoricalDtype):
        # Libraries that know categories need the column as it is.
        return None if _converted(pd.Series(series.cat.categories), kind) is None else series
    if kind in (DataType.string, DataType.binary):
        wanted = "string" if kind is DataType.string else "bytes"
        found = pd.api.types.infer_dtype(series, skipna=True)
        return series if found in (wanted, "empty") else None
    if kind is DataType.datetime:
        return _dates(series)
    if kind is DataType.boolean:
        return series.astype(bool) if _is_boolean(series) else None
    return _number(series, kind)


def _holds(series: pd.Series[Any], kind: DataType) -> bool:
    """Whether the objects may stay; those of a text column may be any, as they may in MLflow."""
    if kind is DataType.string:
        return True
    if kind is DataType.binary:
        return pd.api.types.infer_dtype(series, skipna=True) in ("bytes", "empty")
    if kind is DataType.boolean and series.isna().all():
        return True
    return kind is DataType.boolean and {type(value) for value in series} == {bool, type(None)}


def _dates(series: pd.Series[Any]) -> pd.Series[Any] | None:
    """Dates by the nanosecond; those with a time zone keep it."""
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return series
    kind = pd.api.types.infer_dtype(series, skipna=True)
    if kind not in ("datetime", "date", "datetime64", "empty") and not series.isna().all():
        return None
    dates = pd.to_datetime(series)
    return dates if isinstance(dates.dtype, pd.DatetimeTZDtype) else dates.astype("datetime64[ns]")


def _is_boolean(series: pd.Series[Any]) -> bool:
    return pd.api.types.is_bool_dtype(series) and not series.isna().any()


def _number(series: pd.Series[Any], kind: DataType) -> pd.Series[Any] | None:
    target = np.dtype(kind.to_numpy())
    if series.empty and series.dtype == object:
        return series.astype(target)
    if pd.api.types.infer_dtype(series, skipna=True) == "decimal" and target.kind == "f":
        return series.astype(target)
    if pd.api.types.is_bool_dtype(series) or not pd.api.types.is_numeric_dtype(series):
        empty = series.isna().all() and target.kind == "f"
        return series.astype(target) if empty else None
    source = _numpy_equivalent(series.dtype)
    gaps = bool(series.isna().any())
    if target.kind == "f":
        widens = source.kind in "iu" or source.itemsize <= target.itemsize
        return series.astype(target) if widens else None
    grows = source.kind == target.kind and source.itemsize <= target.itemsize
    unsigned_grows = source.kind == "u" and source.itemsize < target.itemsize
    return series.astype(target) if (grows or unsigned_grows) and not gaps else None


def _numpy_equivalent(dtype: Any) -> np.dtype[Any]:
    """The NumPy dtype behind a nullable one of pandas."""
    numpy_dtype: np.dtype[Any] = np.dtype(getattr(dtype, "numpy_dtype", dtype))
    return numpy_dtype
