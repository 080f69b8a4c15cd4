"""A session of ONNX Runtime behind the one interface of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from onnxruntime import InferenceSession

from millstream.errors import InvalidParameter

_DTYPES = {
    "tensor(float16)": "float16",
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    **{f"tensor({name})": name for name in ("int8", "int16", "int32", "int64", "bool")},
    **{f"tensor({name})": name for name in ("uint8", "uint16", "uint32", "uint64")},
}


class OnnxPredictor:
    """A session of ONNX Runtime behind the one interface of all models."""

    def __init__(self, ready: InferenceSession) -> None:
        self._session = ready
        self._inputs = {one.name: one for one in ready.get_inputs()}
        self._outputs = [one.name for one in ready.get_outputs()]
        shape = next(iter(self._inputs.values())).shape if len(self._inputs) == 1 else []
        columns = shape[1] if len(shape) == 2 else None
        self.n_features: int | None = columns if isinstance(columns, int) else None

    def predict(self, data: Any, _params: dict[str, Any] | None = None) -> Any:
        """The outputs for the inputs: a DataFrame for a DataFrame, else arrays by name.

        A DataFrame is the only input, or has a column for each; an array is the only input, a
        dictionary has each by its name. In the DataFrame of outputs arrays are flat, as those of
        MLflow, or lists for each row where they would have unequal lengths.
        """
        feeds = {name: self._fitted(name, value) for name, value in self._feeds(data).items()}
        answers = self._session.run(self._outputs, feeds)
        if hasattr(data, "columns"):  # its class, so that arrays are predicted without pandas
            return type(data)(dict(zip(self._outputs, _columns(answers), strict=True)))
        return dict(zip(self._outputs, answers, strict=True))

    def get_raw_model(self) -> InferenceSession:
        """The session."""
        return self._session

    def _feeds(self, data: Any) -> Mapping[str, Any]:
        if isinstance(data, Mapping):
            return data
        columns = list(getattr(data, "columns", ()))
        if not isinstance(data, np.ndarray) and not columns:
            raise InvalidParameter(
                "an ONNX model takes a DataFrame, an array or a dictionary of arrays, not "
                f"{type(data).__name__}"
            )
        if len(self._inputs) == 1:
            only = next(iter(self._inputs))
            return {only: data.to_numpy() if columns else data}
        missing = [name for name in self._inputs if name not in columns]
        if missing:
            raise InvalidParameter(
                f"the model has the inputs {list(self._inputs)}, and the data, a "
                f"{type(data).__name__}, lack {missing}: give a DataFrame with a column for each, "
                "or a dictionary of arrays"
            )
        return {name: data[name].to_numpy() for name in self._inputs}

    def _fitted(self, name: str, value: Any) -> Any:
        """The array in the type and, if it is a single column, the rank that the input has."""
        array = np.asarray(value)
        wanted = self._inputs.get(name)
        if wanted is None:
            raise InvalidParameter(f"the model has the inputs {list(self._inputs)}, not {name!r}")
        if len(wanted.shape) == 2 and array.ndim == 1:
            array = array.reshape(-1, 1)
        elif len(wanted.shape) == 1 and array.ndim == 2 and array.shape[1] == 1:
            array = array.ravel()
        target = _DTYPES.get(wanted.type)
        if target is not None and _fits(array.dtype, np.dtype(target)):
            return array.astype(target, copy=False)
        return array.astype(object) if array.dtype.kind == "U" else array


def _fits(found: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    """Whether values may be converted: to any float, and to what holds them all."""
    return (found.kind in "fiu" and wanted.kind == "f") or np.can_cast(found, wanted)


def _columns(answers: list[Any]) -> list[Any]:
    flat = [one if isinstance(one, list) else one.ravel() for one in answers]
    if len({len(one) for one in flat}) == 1:
        return flat
    return [one if isinstance(one, list) or one.ndim == 1 else one.tolist() for one in answers]
