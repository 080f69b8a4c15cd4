"""ONNX: a model of that format as a model directory and back, predicting with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx

from millstream.errors import InvalidParameter
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.onnx_predictor import OnnxPredictor
from millstream.model_format.frameworks.onnx_session import PROVIDERS, session, session_options
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

_FILE = "model.onnx"


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


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> OnnxPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("onnx") or model.flavor("python_function")
    path = inside(directory, str(flavor.get("data", _FILE)))
    return OnnxPredictor(session(path, flavor, allow_pickle))
