"""ONNX: a model of that format as a model directory and back, predicting with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime import InferenceSession

from millstream.errors import InvalidParameter
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.onnx_session import PROVIDERS, session, session_options
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

_FILE = "model.onnx"
_DTYPES = {
    "tensor(float16)": "float16",
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    **{f"tensor({name})": name for name in ("int8", "int16", "int32", "int64", "bool")},
    **{f"tensor({name})": name for name in ("uint8", "uint16", "uint32", "uint64")},
}


def save(
    native: Any,
    directory: Path,
    *,
    onnx_execution_providers: Sequence[Any] | None = None,
    onnx_session_options: Mapping[str, Any] | None = None,
    save_as_external_data: bool = True,
) -> Saved:
    """Write the model; with `save_as_external_data` its large weights into a file of their own."""
    session_options(onnx_session_options, allow_config=True)
    path = directory / _FILE
    if save_as_external_data:
        written = onnx.ModelProto()
        written.CopyFrom(native)  # onnx takes the weights out of what it writes
        onnx.save_model(written, path, save_as_external_data=True, location=f"{_FILE}.data")
    else:
        onnx.save_model(native, path)
    try:
        onnx.checker.check_model(str(path))
    except onnx.checker.ValidationError as error:
        raise InvalidParameter(f"the ONNX model is not valid: {error}") from error
    flavor = {
        "data": _FILE,
        "onnx_version": onnx.__version__,
        "providers": list(onnx_execution_providers or PROVIDERS),
        "onnx_session_options": dict(onnx_session_options) if onnx_session_options else None,
    }

    def predict(data: Any, **_params: Any) -> Any:
        return OnnxPredictor(session(path, flavor, allow_pickle=True)).predict(data)

    return Saved(flavor, {"data": _FILE}, {"onnx", "onnxruntime"}, predict)


def load(directory: Path, flavor: Mapping[str, Any], _allow_pickle: bool, **_options: Any) -> Any:
    """The model as an `onnx.ModelProto`, its weights included."""
    return onnx.load(inside(directory, str(flavor.get("data", _FILE))))


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


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> OnnxPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("onnx") or model.flavor("python_function")
    path = inside(directory, str(flavor.get("data", _FILE)))
    return OnnxPredictor(session(path, flavor, allow_pickle))
