"""Models written in Python by the user, as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cloudpickle

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_pickle
from millstream.model_format.imports import foreign, imported_modules
from millstream.model_format.manifest import Manifest
from millstream.model_format.python_model import (
    PythonModel,
    PythonModelRunner,
    as_model,
    runner,
)
from millstream.model_format.serialize import pickle_by_value
from millstream.model_format.source_files import inside

FILE = "python_model.pkl"


def save_python_model(
    python_model: PythonModel, directory: Path
) -> tuple[dict[str, Any], set[str]]:
    """Write the model; answers with its keys in python_function, and the modules it needs."""
    modules: set[str] = set()
    (directory / FILE).write_bytes(pickle_by_value(python_model, modules))
    needed = {"cloudpickle", *foreign(modules), *imported_modules(directory / FILE)}
    return {"python_model": FILE, "cloudpickle_version": cloudpickle.__version__}, needed


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, config: Mapping[str, Any]
) -> PythonModelRunner:
    """The user's model, its artifacts found and its context loaded."""
    flavor = model.flavor("python_function")
    if not flavor.get("python_model"):
        raise InvalidParameter(f"the model in {directory} does not say which file it is in")
    loaded = load_pickle(inside(directory, flavor["python_model"]), allow_pickle, "cloudpickle")
    settings = {**(flavor.get("config") or {}), **config}
    # An object of a class of MLflow's own, where that is installed, is as good.
    python_model = loaded if hasattr(loaded, "predict") else as_model(loaded)
    return runner(python_model, directory, flavor, settings)
