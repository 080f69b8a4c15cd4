"""Batches as tables: what a model takes of the columns of a DataFrame, and its answers as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter
from millstream.model_format.schema import Schema, TensorSpec


def model_input(frame: pd.DataFrame, schema: Schema | None) -> Any:
    """The columns as they are, or the array or arrays of a signature of tensors."""
    if schema is None or not schema.is_tensor_spec():
        return frame
    if schema.has_input_names():
        return {spec.name: _array(frame[[spec.name]], spec) for spec in _present(frame, schema)}
    return _array(frame, schema.inputs[0])


def answer_frame(prediction: Any) -> pd.DataFrame:
    """The predictions for a batch, a row each, in columns that are named by texts."""
    if isinstance(prediction, pd.DataFrame):
        frame = prediction
    elif isinstance(prediction, pd.Series):
        frame = prediction.to_frame()
    elif isinstance(prediction, Mapping):
        frame = pd.DataFrame({name: _rows(value) for name, value in prediction.items()})
    elif isinstance(prediction, list) or getattr(prediction, "ndim", 0) == 1:
        frame = pd.DataFrame({"0": pd.Series(_rows(prediction))})
    elif getattr(prediction, "ndim", 0) == 2:
        dense = prediction.toarray() if hasattr(prediction, "toarray") else prediction
        frame = pd.DataFrame(dense)
    elif getattr(prediction, "ndim", 0) > 2:
        frame = pd.DataFrame({"0": pd.Series(list(prediction))})
    else:
        raise InvalidParameter(
            "predictions for a batch must be a DataFrame, Series, array, list or dictionary, not "
            f"{type(prediction).__name__}"
        )
    return frame.rename(columns=str).reset_index(drop=True)


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


def _rows(values: Any) -> Any:
    return list(values) if getattr(values, "ndim", 1) > 1 else values
