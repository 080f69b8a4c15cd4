"""NumPy: dtypes by name, and inputs held against a signature of tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from millstream.errors import InvalidParameter
from millstream.model_format.schema import Schema, TensorSpec, dtype_name

_WANTED = (
    "This model contains a tensor-based model signature with {names} input names, which suggests "
    "{wanted}, but an input of type {found} was found."
)


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The dtype of that name."""
    return np.dtype(name)


def array(value: Any, dtype: str | None = None) -> np.ndarray[Any, Any]:
    """Nested lists as an array."""
    return np.asarray(value, dtype=dtype)


def from_json(data: Any, schema: Schema) -> Any:
    """Lists as arrays of the dtypes of the signature; one dictionary where tensors have names."""
    if hasattr(data, "to_numpy") or not isinstance(data, (list, Mapping, np.ndarray)):
        return data
    if not schema.has_input_names():
        return np.asarray(data, dtype=schema.inputs[0].type)
    if isinstance(data, np.ndarray):
        return data
    if isinstance(data, list):
        names = data[0] if data else {}
        data = {name: [row[name] for row in data] for name in names}
    types = {spec.name: spec.type for spec in schema}
    return {name: np.asarray(value, dtype=types.get(name)) for name, value in data.items()}


def enforce_tensors(data: Any, schema: Schema) -> Any:
    """The data if its shapes and dtypes are those of the signature; else `InvalidParameter`.

    A DataFrame becomes an array, or a dictionary of arrays if the tensors have names.
    """
    if schema.has_input_names():
        return _named(data, schema)
    spec = schema.inputs[0]
    if hasattr(data, "columns") and hasattr(data, "to_numpy"):
        data = data.to_numpy()
        if len(spec.shape) == 1 and data.shape[1:] == (1,):
            data = data[:, 0]
    elif hasattr(data, "to_numpy"):  # a Series
        data = data.to_numpy()
    if not isinstance(data, np.ndarray) and not hasattr(data, "tocsr"):
        wanted = "a numpy array input or a pandas dataframe input with proper column values"
        raise InvalidParameter(_WANTED.format(names="no", wanted=wanted, found=type(data)))
    return _checked(data, spec)


def _named(data: Any, schema: Schema) -> dict[str, Any]:
    if not isinstance(data, Mapping) and not hasattr(data, "columns"):
        wanted = "a dictionary of input name to numpy array or a pandas DataFrame"
        raise InvalidParameter(_WANTED.format(names="named", wanted=wanted, found=type(data)))
    missing = [name for name in schema.input_names() if name not in data]
    if missing:
        raise InvalidParameter(f"Model is missing inputs {missing}.")
    framed = not isinstance(data, Mapping)
    return {
        spec.name: _checked(_column(data[spec.name], spec) if framed else data[spec.name], spec)
        for spec in schema
    }


def _column(series: Any, spec: TensorSpec) -> np.ndarray[Any, Any]:
    return np.asarray(series.tolist(), dtype=spec.type)


def _checked(value: Any, spec: TensorSpec) -> Any:
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        raise InvalidParameter(f"Expected numpy.ndarray, got '{type(value)}'")
    shape = tuple(value.shape)
    fits = len(shape) == len(spec.shape) and all(
        wanted in (-1, found) for wanted, found in zip(spec.shape, shape, strict=True)
    )
    if not fits:
        raise InvalidParameter(
            f"Shape of input {shape} does not match expected shape {spec.shape}."
        )
    if dtype_name(value.dtype) != spec.dtype_name:
        raise InvalidParameter(
            f"dtype of input {value.dtype} does not match expected dtype {spec.dtype_name}"
        )
    return value
