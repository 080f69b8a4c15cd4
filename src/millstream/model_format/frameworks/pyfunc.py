"""Models written in Python by the user, as a model directory and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cloudpickle

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_pickle
from millstream.model_format.directory import inside
from millstream.model_format.manifest import Manifest
from millstream.model_format.python_model import (
    FunctionModel,
    PythonModel,
    PythonModelContext,
    PythonModelRunner,
)
from millstream.model_format.serialize import pickle_by_value

FILE = "python_model.pkl"


def save_python_model(
    python_model: PythonModel | Callable[..., Any], directory: Path
) -> dict[str, Any]:
    """Write the model; answers with the keys that say so in the flavor python_function."""
    (directory / FILE).write_bytes(pickle_by_value(as_model(python_model)))
    return {"python_model": FILE, "cloudpickle_version": cloudpickle.__version__}


def as_model(python_model: PythonModel | Callable[..., Any]) -> PythonModel:
    """The model, or the function as one; anything else raises `InvalidParameter`."""
    if isinstance(python_model, PythonModel):
        if type(python_model).predict is PythonModel.predict:
            raise InvalidParameter(f"{type(python_model).__name__} must define `predict`")
        return python_model
    if callable(python_model) and not isinstance(python_model, type):
        return FunctionModel(python_model)
    raise InvalidParameter(
        "`python_model` must be an instance of PythonModel or a function that takes the input, "
        f"not {python_model!r}"
    )


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, config: Mapping[str, Any]
) -> PythonModelRunner:
    """The user's model, its artifacts found and its context loaded."""
    flavor = model.flavor("python_function")
    if not flavor.get("python_model"):
        raise InvalidParameter(f"the model in {directory} does not say which file it is in")
    loaded = load_pickle(inside(directory, flavor["python_model"]), allow_pickle, "cloudpickle")
    artifacts = {
        name: str(inside(directory, entry["path"]))
        for name, entry in (flavor.get("artifacts") or {}).items()
    }
    settings = {**(flavor.get("config") or {}), **config}
    return PythonModelRunner(as_model(loaded), PythonModelContext(artifacts, settings))
