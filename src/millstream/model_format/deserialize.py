"""The one place that turns the bytes of a model into Python objects.

A pickle may run any code while it is read. Nothing here reads a byte of one when the setting
`allow_pickle` (MILLSTREAM_ALLOW_PICKLE, MLFLOW_ALLOW_PICKLE_DESERIALIZATION) forbids it.
"""

from __future__ import annotations

import importlib
import pickle
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from millstream.errors import InvalidParameter, NotSupported

# MLflow's names of what a pickled model may refer to, and ours: so that its models load without it.
_MODELS = "millstream.model_format.python_model"
_OURS = {
    ("mlflow.pyfunc", "PythonModel"): (_MODELS, "PythonModel"),
    ("mlflow.pyfunc.model", "PythonModel"): (_MODELS, "PythonModel"),
    ("mlflow.pyfunc.model", "PythonModelContext"): (_MODELS, "PythonModelContext"),
    ("mlflow.pyfunc.model", "_FunctionPythonModel"): (_MODELS, "FunctionModel"),
}


def load_pickle(path: Path, allow_pickle: bool, kind: str = "pickle") -> Any:
    """The object in a file of the formats pickle and cloudpickle."""
    if not allow_pickle:
        raise NotSupported(
            f"Deserializing model using pickle is disallowed, but this model is saved in {kind} "
            f"format ({path.name}), whose loading can run any code. Save it in the 'skops' format, "
            "or set MILLSTREAM_ALLOW_PICKLE (or MLFLOW_ALLOW_PICKLE_DESERIALIZATION) to 'true' if "
            "you trust where it comes from",
            "INVALID_PARAMETER_VALUE",
        )
    try:
        with path.open("rb") as file:
            return _Unpickler(file).load()
    except ModuleNotFoundError as error:
        raise NotSupported(
            f"the model needs the module {error.name!r}, which is not installed here; "
            "its requirements.txt names what it was saved with"
        ) from error


def load_skops(path: Path, trusted_types: Sequence[str] | None, allow_pickle: bool) -> Any:
    """The object in a skops file; of types beyond skops' own only those that were declared.

    The declared types come with the model, so that they count only where pickles would.
    """
    skops_io = skops()
    if skops_io is None:
        raise NotSupported(
            "the model is saved in the 'skops' format, and skops is not installed: "
            "run `pip install skops`"
        )
    declared = list(trusted_types or [])
    unknown = skops_io.get_untrusted_types(file=path)
    refused = sorted(set(unknown) - set(declared if allow_pickle else []))
    if refused:
        hint = (
            "save it again with them in skops_trusted_types"
            if allow_pickle
            else "set MILLSTREAM_ALLOW_PICKLE to 'true' to accept the types that the model declares"
        )
        raise InvalidParameter(
            f"the model contains objects of types that are not known to be safe: {refused}. If you "
            f"trust where it comes from, {hint}"
        )
    return skops_io.load(path, trusted=declared if allow_pickle else [])


def skops() -> ModuleType | None:
    """The module `skops.io`; None if it is not installed."""
    try:
        return importlib.import_module("skops.io")
    except ImportError:
        return None


def import_loader(name: str, allow_pickle: bool) -> ModuleType:
    """The module of a model that brings its own loader."""
    if not allow_pickle:
        raise NotSupported(
            f"the model is loaded by a module of its own, {name!r}, which can run any code, and "
            "MILLSTREAM_ALLOW_PICKLE forbids that"
        )
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise NotSupported(
            f"the model is loaded by the module {name!r}, which cannot be imported: {error}"
        ) from error


def resolve(name: str) -> Any:
    """The object named `module:name` in a model, ours in place of MLflow's."""
    module, _, attribute = name.partition(":")
    module, attribute = _OURS.get((module, attribute), (module, attribute))
    return pkgutil.resolve_name(f"{module}:{attribute}")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) == ("pkgutil", "resolve_name"):
            return resolve
        if (module_name, global_name) in _OURS:
            return resolve(f"{module_name}:{global_name}")
        try:
            return super().find_class(module_name, global_name)
        except (ImportError, AttributeError):
            if module_name.partition(".")[0] != "mlflow":
                raise
            return type(global_name, (_Unknown,), {"__module__": module_name})


class _Unknown:
    """Stands for a class of MLflow's that this package does not have.

    Its models carry such objects along, as notes to itself, and predict without them.
    """

    def __new__(cls, *_arguments: object, **_options: object) -> _Unknown:
        return super().__new__(cls)
