"""DataFrames out of what bodies say; loaded only for models and bodies that have columns."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray[Any, Any]

_THREE_NUMBERS = re.compile(r"\D*\d+\D+\d+\D+\d+")


def index_of(names: Sequence[str]) -> pd.Index[Any]:
    """Names of columns, to be made once and used for each request."""
    return pd.Index(list(names))


def frame_of_block(block: Array, columns: pd.Index[Any] | None) -> pd.DataFrame:
    """An array of two dimensions as a DataFrame, without a copy."""
    return pd.DataFrame(block, columns=columns, copy=False)


def frame_of_columns(columns: Mapping[Any, Any], rows: int) -> pd.DataFrame:
    """Columns by label, of any dtypes."""
    return pd.DataFrame(dict(columns), index=pd.RangeIndex(rows), copy=False)


def frame_of_rows(rows: list[Any], columns: Sequence[str] | None) -> pd.DataFrame:
    """Rows as pandas reads them, which sees the types by itself."""
    if columns is not None and not rows:
        return pd.DataFrame(columns=list(columns))
    return pd.DataFrame(rows, columns=None if columns is None else list(columns))


def frame_of_csv(body: bytes) -> pd.DataFrame:
    """CSV as pandas reads it; raises `ValueError`."""
    return pd.read_csv(io.BytesIO(body))


def text(values: Sequence[Any]) -> Any:
    """Texts, some of which may be missing, in the dtype that pandas gives them."""
    textual = all(value is None or isinstance(value, str) for value in values)
    return pd.Series(values, dtype=None if textual else object)


def dates(values: Sequence[Any]) -> Array:
    """Points in time in any of the forms that pandas understands; raises `ValueError`.

    What has no three numbers is refused, because pandas knows words such as "today".
    """
    moments = []
    for value in values:
        if isinstance(value, str) and not _THREE_NUMBERS.match(value):
            raise ValueError(f"{value!r} is no date")
        moment = pd.Timestamp(value)
        if not pd.isna(moment) and moment.tz is not None:
            moment = moment.tz_convert(None)
        moments.append(moment if pd.isna(moment) else moment.as_unit("ns"))  # or out of bounds
    return np.array([moment.to_datetime64() for moment in moments], dtype="datetime64[ns]")


def kind_of(frame: pd.DataFrame) -> tuple[Any, ...] | None:
    """What frames must have in common to be joined."""
    if not frame.columns.is_unique:
        return None
    return tuple(frame.columns), tuple(map(str, frame.dtypes))
