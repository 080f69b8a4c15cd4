"""Python objects to the bytes of a model: skops where the types permit, else cloudpickle."""

from __future__ import annotations

import importlib
import io
import logging
import pickle
import pkgutil
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import skops
from millstream.model_format.imports import modules_of_code
from millstream.model_format.python_model import FunctionModel, PythonModel, PythonModelContext
from millstream.model_format.type_hints import TypeFromExample

SKOPS = "skops"
CLOUDPICKLE = "cloudpickle"
PICKLE = "pickle"
FORMATS = (SKOPS, PICKLE, CLOUDPICKLE)

_UNTRUSTED = "Untrusted types found in the file"
_EXPLAINED = (
    "The saved sklearn model references untrusted types. If you are sure loading these types is "
    "safe, set the 'skops_trusted_types' parameter when calling 'log_model' or 'save_model' to the "
    "list of trusted types. Root error: {}"
)

_logger = logging.getLogger("millstream.models")

# Written under MLflow's names, so that a model loads with MLflow as well as with this package.
_PUBLIC_NAMES: dict[object, str] = {
    PythonModel: "mlflow.pyfunc.model:PythonModel",
    FunctionModel: "mlflow.pyfunc.model:_FunctionPythonModel",
    PythonModelContext: "mlflow.pyfunc.model:PythonModelContext",
    TypeFromExample: "mlflow.types.type_hints:TypeFromExample",
}


class Serialized(msgspec.Struct, frozen=True):
    """What was written: the file's name, its format, and the types that skops has to be told."""

    file: str
    serialization_format: str
    trusted_types: list[str] | None = None


def save_object(
    value: Any,
    directory: Path,
    serialization_format: str | None = None,
    trusted_types: Sequence[str] | None = None,
) -> Serialized:
    """Write the object as `model.skops` or `model.pkl`.

    Without a format, skops is tried first, and cloudpickle used, with a warning, where skops is
    missing or would refuse to load what it wrote: a training script must not lose its model.
    """
    if serialization_format not in (None, *FORMATS):
        raise InvalidParameter(
            f"Unrecognized serialization format: {serialization_format}. Please specify one of "
            f"the following supported formats: {list(FORMATS)}."
        )
    if serialization_format in (None, SKOPS):
        refusal = _save_skops(value, directory / "model.skops", trusted_types)
        if refusal is None:
            declared = list(trusted_types) if trusted_types else None
            return Serialized("model.skops", SKOPS, declared)
        (directory / "model.skops").unlink(missing_ok=True)
        if serialization_format == SKOPS:
            untrusted = refusal.startswith(_UNTRUSTED)
            raise InvalidParameter(_EXPLAINED.format(refusal) if untrusted else refusal)
        _logger.warning(
            "The model is saved as a pickle, whose loading can run any code, since %s", refusal
        )
    dump = _pickle if serialization_format == PICKLE else pickle_by_value
    (directory / "model.pkl").write_bytes(dump(value))
    return Serialized("model.pkl", serialization_format or CLOUDPICKLE)


def _save_skops(value: Any, path: Path, trusted_types: Sequence[str] | None) -> str | None:
    """Write a skops file; answers with why that is of no use, or None."""
    skops_io = skops()
    if skops_io is None:
        return "skops is not installed (`pip install skops`)"
    try:
        skops_io.dump(value, path)
        unknown = sorted(set(skops_io.get_untrusted_types(file=path)) - set(trusted_types or []))
    except Exception as error:  # noqa: BLE001 - skops fails in many ways on types it does not know
        return f"skops cannot write {type(value).__name__}: {error}"
    return f"{_UNTRUSTED}: {unknown}." if unknown else None


def _pickle(value: Any) -> bytes:
    return pickle.dumps(value, protocol=pickle.DEFAULT_PROTOCOL)


def pickle_by_value(value: Any, modules: set[str] | None = None) -> bytes:
    """The object as a pickle that contains what is defined in the script or notebook itself.

    The names of the modules that the code in it imports, or has as variables, join `modules`.
    """
    names = set() if modules is None else modules
    try:
        cloudpickle = importlib.import_module("cloudpickle")
    except ImportError:
        _logger.warning(
            "cloudpickle is not installed (`pip install cloudpickle`): what the training script "
            "defines itself must be importable where the model is loaded"
        )
        return _pickle(value)

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc, name-defined]  # known at run time only
        def reducer_override(self, obj: Any) -> Any:
            name = _PUBLIC_NAMES.get(obj) if isinstance(obj, (type, TypeVar)) else None
            if name is not None:
                return pkgutil.resolve_name, (name,)
            if isinstance(obj, types.ModuleType):
                names.add(obj.__name__)
            elif isinstance(obj, types.CodeType):
                names.update(modules_of_code(obj))
            return super().reducer_override(obj)

    buffer = io.BytesIO()
    Pickler(buffer, protocol=pickle.DEFAULT_PROTOCOL).dump(value)
    return buffer.getvalue()
