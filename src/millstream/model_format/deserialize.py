"""The one place that turns the bytes of a model into Python objects.

A pickle may run any code while it is read. Nothing here reads a byte of one when the setting
`allow_pickle` (MILLSTREAM_ALLOW_PICKLE, MLFLOW_ALLOW_PICKLE_DESERIALIZATION) forbids it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import importlib.util
import io
import pickle
import pkgutil
import sys
import threading
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.model_format import apart
from millstream.model_format.imports import modules_of_skops
from millstream.model_format.source_files import SourceLoader

# MLflow's names of what a pickled model may refer to, and ours: so that its models load without it.
_MODELS = "millstream.model_format.python_model"
_OURS = {
    ("mlflow.pyfunc", "PythonModel"): (_MODELS, "PythonModel"),
    ("mlflow.pyfunc.model", "PythonModel"): (_MODELS, "PythonModel"),
    ("mlflow.pyfunc.model", "PythonModelContext"): (_MODELS, "PythonModelContext"),
    ("mlflow.pyfunc.model", "_FunctionPythonModel"): (_MODELS, "FunctionModel"),
    ("mlflow.types.type_hints", "TypeFromExample"): (
        "millstream.model_format.type_hints",
        "TypeFromExample",
    ),
}

# What the code of a model may import as MLflow, where MLflow itself or nothing would be found.
_MODULES = {
    "mlflow": "millstream",
    "mlflow.models": "millstream.integrations.models",
    "mlflow.models.model": "millstream.integrations.models",
    "mlflow.models.signature": "millstream.model_format.signature",
    "mlflow.pyfunc": "millstream.integrations.pyfunc",
    "mlflow.pyfunc.model": _MODELS,
    "mlflow.types": "millstream.model_format.schema",
    "mlflow.types.schema": "millstream.model_format.schema",
    "mlflow.types.type_hints": "millstream.model_format.type_hints",
}
_ONE_AT_A_TIME = threading.RLock()
_SMALL = 16 << 20  # bytes; on its way here a model is in memory four times
_APART_SECONDS = 30


def load_pickle(path: Path, allow_pickle: bool, kind: str = "pickle") -> Any:
    """The object in a file of the formats pickle and cloudpickle."""
    if not allow_pickle:
        raise refuse_pickle(path, kind, "the 'skops' format")
    try:
        with path.open("rb") as file:
            return _Unpickler(file).load()
    except ModuleNotFoundError as error:
        raise NotSupported(
            f"the model needs the module {error.name!r}, which is not installed here; "
            "its requirements.txt names what it was saved with"
        ) from error


def load_shap(path: Path, allow_pickle: bool, model: Any = None) -> Any:
    """The explainer in a file of SHAP's, which is made of pickles.

    `model` stands for the one it explains, where that is not in the file.
    """
    if not allow_pickle:
        raise refuse_pickle(path, "pickle", "another way, as what it explains,")
    loader = None if model is None else lambda _file: model
    explainer = importlib.import_module("shap").Explainer
    # SHAP prints the name of each part.
    with path.open("rb") as file, contextlib.redirect_stdout(sys.stderr):
        return explainer.load(file, model_loader=loader)


def load_torch(path: Path, allow_pickle: bool, **options: Any) -> Any:
    """The module, whole, in a file that `torch.save` pickled; `options` go to `torch.load`."""
    if not allow_pickle:
        raise refuse_pickle(path, "pickle", "the 'pt2' format, or its state_dict alone")
    torch = importlib.import_module("torch")
    options.pop("weights_only", None)
    return torch.load(path, pickle_module=_TORCH_PICKLE, weights_only=False, **options)


def load_skops(
    path: Path,
    trusted_types: Sequence[str] | None,
    allow_pickle: bool,
    known: Sequence[str] = (),
) -> Any:
    """The object in a skops file; of types beyond skops' own only those that were declared.

    The declared types come with the model, so that they count only where pickles would; `known`
    are those that the adapter of its library vouches for.
    """
    read = functools.partial(_read_skops, path, trusted_types, allow_pickle, known)
    if allow_pickle and getattr(_THREAD, "reads_apart", False) and _is_small(path):
        ahead = functools.partial(_import_ahead, path)
        found = apart.bytes_of(lambda: _checked_pickle(read()), _APART_SECONDS, ahead)
        if found is not None:
            return _load_file(io.BytesIO(found))
    return read()


@contextlib.contextmanager
def skops_apart() -> Iterator[None]:
    """Small skops files that this thread reads meanwhile are read in a copy of this process.

    To know which types are safe, skops imports all of scikit-learn: 16 MB that no model needs to
    predict. What the copy hands back is a pickle of its own making; where pickles are forbidden,
    the file is read here after all.
    """
    before = getattr(_THREAD, "reads_apart", False)
    _THREAD.reads_apart = True
    try:
        yield
    finally:
        _THREAD.reads_apart = before


def _is_small(path: Path) -> bool:
    return path.is_file() and path.stat().st_size <= _SMALL


def _checked_pickle(native: Any) -> bytes:
    content = pickle.dumps(native, pickle.HIGHEST_PROTOCOL)
    _load_file(io.BytesIO(content))
    return content


def _import_ahead(path: Path) -> None:
    """Import those parts of scikit-learn that a skops file names, which takes time as well."""
    with contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile):
        for name in set(modules_of_skops(path)):
            if name.startswith("sklearn."):
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)


def _read_skops(
    path: Path, trusted_types: Sequence[str] | None, allow_pickle: bool, known: Sequence[str]
) -> Any:
    skops_io = skops()
    if skops_io is None:
        raise NotSupported(
            "the model is saved in the 'skops' format, and skops is not installed: "
            "run `pip install skops`"
        )
    trusted = [*known, *((trusted_types or []) if allow_pickle else [])]
    refused = sorted(set(skops_io.get_untrusted_types(file=path)) - set(trusted))
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
    return skops_io.load(path, trusted=trusted)


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


def run_code(path: Path, allow_pickle: bool) -> ModuleType:
    """Run a Python file that is a model; what it imports as `mlflow` is this package."""
    if not allow_pickle:
        raise NotSupported(
            f"Running the code of a model is disallowed, but this model is the code in {path.name}."
            " Set MILLSTREAM_ALLOW_PICKLE (or MLFLOW_ALLOW_PICKLE_DESERIALIZATION) to 'true' if "
            "you trust where it comes from",
            "INVALID_PARAMETER_VALUE",
        )
    name = f"code_model_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    loader = SourceLoader(name, str(path))
    spec = importlib.util.spec_from_loader(name, loader)
    if spec is None:
        raise InvalidParameter(f"{str(path)!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and type hints look their module up here
    try:
        with _as_mlflow():
            loader.exec_module(module)
    except MillstreamError:
        raise
    except Exception as error:
        raise InvalidParameter(
            f"Failed to run user code from {path}. Error: {error}. The error above this one in the "
            "traceback says where"
        ) from error
    return module


@contextlib.contextmanager
def _as_mlflow() -> Iterator[None]:
    """Let the names of MLflow be ours meanwhile, unless our drop-in provides them anyway.

    Code saved by MLflow so runs where neither is installed; and where MLflow is, its `set_model`
    would say the model to itself.
    """
    with _ONE_AT_A_TIME:
        found = importlib.util.find_spec("mlflow")
        if found is not None and Path(str(found.origin)).with_name("_names.py").is_file():
            yield
            return
        before = {name: sys.modules.pop(name) for name in _mlflow_modules()}
        sys.modules.update({name: importlib.import_module(m) for name, m in _MODULES.items()})
        try:
            yield
        finally:
            for name in _mlflow_modules():
                del sys.modules[name]
            sys.modules.update(before)


def _mlflow_modules() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] == "mlflow"]


@contextlib.contextmanager
def without_pickles(allow_pickle: bool) -> Iterator[None]:
    """Where pickles are forbidden, none is read meanwhile by this thread, by whatever library.

    Many formats hold a pickle somewhere, or fall back to one. The first name that an unpickler
    looks up raises `NotSupported`; without looking up names a pickle yields plain values only.
    """
    if allow_pickle:
        yield
        return
    _watch_unpicklers()
    before = getattr(_THREAD, "refuses", False)
    _THREAD.refuses = True
    try:
        yield
    finally:
        _THREAD.refuses = before


_THREAD = threading.local()


@functools.cache
def _watch_unpicklers() -> None:
    """Audit hooks stay for good, so that there is one, from the first time it is wanted."""
    sys.addaudithook(_on_event)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class" and getattr(_THREAD, "refuses", False):
        raise NotSupported(
            "Deserializing model using pickle is disallowed, but a file of this model holds a "
            f"pickle that refers to {'.'.join(map(str, arguments))}. Set MILLSTREAM_ALLOW_PICKLE "
            "(or MLFLOW_ALLOW_PICKLE_DESERIALIZATION) to 'true' if you trust where it comes from",
            "INVALID_PARAMETER_VALUE",
        )


def refuse_pickle(path: Path, kind: str, instead: str) -> NotSupported:
    """The error of a pickle where they are forbidden; `instead` is a form that is none."""
    return NotSupported(
        f"Deserializing model using pickle is disallowed, but this model is saved in {kind} "
        f"format ({path.name}), whose loading can run any code. Save it in {instead}, "
        "or set MILLSTREAM_ALLOW_PICKLE (or MLFLOW_ALLOW_PICKLE_DESERIALIZATION) to 'true' if "
        "you trust where it comes from",
        "INVALID_PARAMETER_VALUE",
    )


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
        if (module_name, global_name) == ("cloudpickle.cloudpickle", "subimport"):
            return _import_module
        try:
            return super().find_class(module_name, global_name)
        except (ImportError, AttributeError):
            if module_name.partition(".")[0] != "mlflow":
                raise
            return type(global_name, (_Unknown,), {"__module__": module_name})


def _import_module(name: str) -> ModuleType:
    """A module that a pickle holds: ours, where MLflow is not installed and we have its twin."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        if name not in _MODULES:
            raise
        return importlib.import_module(_MODULES[name])


class _Unknown:
    """Stands for a class of MLflow's that this package does not have.

    Its models carry such objects along, as notes to itself, and predict without them.
    """

    def __new__(cls, *_arguments: object, **_options: object) -> _Unknown:
        return super().__new__(cls)


def _load_file(file: Any, **_options: Any) -> Any:
    return _Unpickler(file).load()


# What `torch.load` takes for a module that can unpickle.
_TORCH_PICKLE = SimpleNamespace(__name__=__name__, Unpickler=_Unpickler, load=_load_file)
