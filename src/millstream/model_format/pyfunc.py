"""Any model behind one interface: `predict`, with inputs held against the signature."""

from __future__ import annotations

import inspect
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format import code_model, deserialize, directory
from millstream.model_format.adapters import adapter
from millstream.model_format.enforcement import enforce_inputs
from millstream.model_format.flavors import FLAVORS
from millstream.model_format.manifest import Manifest
from millstream.model_format.python_model import PythonModelRunner

FLAVOR = "python_function"

# MLflow's loader modules, and the adapters that read the same files.
_ADAPTERS = {
    **{flavor.loader_module: flavor.adapter for flavor in FLAVORS.values()},
    "mlflow.pyfunc.model": "pyfunc",
}


class PyFuncModel:
    """A loaded model."""

    def __init__(
        self,
        model_meta: Manifest,
        model_impl: Any,
        predict_fn: str = "predict",
        predict_stream_fn: str | None = None,
        model_id: str | None = None,
        path: Path | None = None,
    ) -> None:
        if not hasattr(model_impl, predict_fn):
            raise InvalidParameter(f"Model implementation is missing required {predict_fn} method.")
        self._model_meta = model_meta
        self._model_impl = model_impl
        self._predict_fn = predict_fn
        self._predict_stream_fn = predict_stream_fn
        self._model_id = model_id
        self._path = path
        self._takes_params: dict[str, bool] = {}

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The predictions for the data, which is first held against the signature."""
        return self.infer(self._enforced(data), params)

    def predict_stream(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The predictions one by one, of a model that offers them."""
        if self._predict_stream_fn is None:
            raise NotSupported("This model does not support predict_stream method.")
        return self._ask(self._predict_stream_fn, self._enforced(data), params)

    def infer(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The predictions for data that were held against the signature before.

        `params` are checked and filled with the defaults of the signature.
        """
        return self._ask(self._predict_fn, data, params)

    def _enforced(self, data: Any) -> Any:
        """A model with a type hint holds its input against that itself, whoever calls it."""
        if self._model_meta.is_signature_from_type_hint and self.input_hint is not None:
            return data
        return enforce_inputs(data, self._model_meta.get_input_schema())

    def _in_form_of_example(self, data: Any) -> Any:
        """The rows as a list, for a model whose hint says so by an example that is a list."""
        info = self._model_meta.saved_input_example_info or {}
        listed = self._model_meta.type_hint_from_example and info.get("type") == "json_object"
        if not listed or not hasattr(data, "to_dict") or not hasattr(data, "columns"):
            return data
        schema = self._model_meta.get_input_schema()
        if schema is not None and not schema.has_input_names():
            return data.iloc[:, 0].tolist()
        return data.to_dict(orient="records")

    @property
    def input_hint(self) -> Any:
        """The type hint that the input of a Python model is held against; None if there is none."""
        return getattr(self._model_impl, "hint", None)

    def _ask(self, method: str, data: Any, params: dict[str, Any] | None) -> Any:
        if params is not None and not isinstance(params, Mapping):
            raise InvalidParameter(
                f"Parameters must be a dictionary. Got type '{type(params).__name__}'."
            )
        data = self._in_form_of_example(data)
        answer = getattr(self._model_impl, method)
        schema = self._model_meta.get_params_schema()
        if schema is None:
            return answer(data)
        if method not in self._takes_params:
            self._takes_params[method] = "params" in inspect.signature(answer).parameters
        filled = schema.fill(params)
        return answer(data, params=filled) if self._takes_params[method] else answer(data)

    def unwrap_python_model(self) -> Any:
        """The object or function that the user saved as a Python model."""
        if isinstance(self._model_impl, PythonModelRunner):
            return self._model_impl.python_model
        raise InvalidParameter("Unable to retrieve base model object from pyfunc.")

    @property
    def n_features(self) -> int | None:
        """The number of columns that the library's object takes, if it says so."""
        found: int | None = getattr(self._model_impl, "n_features", None)
        return found

    def get_raw_model(self) -> Any:
        """The library's own object behind this interface."""
        if hasattr(self._model_impl, "get_raw_model"):
            return self._model_impl.get_raw_model()
        raise NotSupported("`get_raw_model` is not implemented by the underlying model")

    @property
    def metadata(self) -> Manifest:
        """What MLmodel says."""
        return self._model_meta

    @property
    def model_config(self) -> dict[str, Any]:
        """The configuration that the model was loaded with."""
        if isinstance(self._model_impl, PythonModelRunner):
            return self._model_impl.context.model_config
        return dict(self._model_meta.flavors.get(FLAVOR, {}).get("config") or {})

    @property
    def loader_module(self) -> str | None:
        """The name of the module that loads the model."""
        found: str | None = self._model_meta.flavors.get(FLAVOR, {}).get("loader_module")
        return found

    @property
    def model_id(self) -> str | None:
        """The logged model this is, if it is one."""
        return self._model_id

    @property
    def input_example(self) -> Any:
        """The example that the model was saved with, if any."""
        if self._path is None:
            return None
        return self._model_meta.load_input_example(str(self._path))

    def __repr__(self) -> str:
        lines = ["mlflow.pyfunc.loaded_model:"]
        if self._model_meta.artifact_path:
            lines.append(f"  artifact_path: {self._model_meta.artifact_path}")
        lines.append(f"  flavor: {self.loader_module}")
        if self._model_meta.run_id:
            lines.append(f"  run_id: {self._model_meta.run_id}")
        return "\n".join(lines) + "\n"


def add_to_model(
    model: Manifest,
    loader_module: str,
    data: str | None = None,
    code: str | None = None,
    conda_env: str | None = None,
    python_env: str | None = None,
    model_config: dict[str, Any] | None = None,
    model_code_path: str | None = None,
    **others: Any,
) -> Manifest:
    """Describe in the manifest how the model is loaded behind this interface."""
    from_environment = {"conda": conda_env, "virtualenv": python_env}
    parts = {"data": data, "code": code, "config": model_config, "model_code_path": model_code_path}
    return model.add_flavor(
        FLAVOR,
        loader_module=loader_module,
        python_version=platform.python_version(),
        env={name: file for name, file in from_environment.items() if file},
        **{key: value for key, value in parts.items() if value is not None},
        **others,
    )


def _do_nothing() -> None:
    pass


def load(
    path: Path,
    allow_pickle: bool,
    model_config: Mapping[str, Any] | None = None,
    imported: Callable[[], object] = _do_nothing,
) -> PyFuncModel:
    """The model of a directory whose files are those that were saved.

    `imported` is called when the library of the model is there, and nothing of the model yet.
    """
    model = Manifest.verify(path)
    flavor = model.flavor(FLAVOR)
    directory.add_code_to_path(path, flavor)
    loader = flavor.get("loader_module")
    if loader == code_model.LOADER:
        predictor: Any = code_model.load_predictor(
            path, model, allow_pickle, dict(model_config or {})
        )
    elif loader in _ADAPTERS:
        library = adapter(_ADAPTERS[loader])
        imported()
        predictor = library.load_predictor(path, model, allow_pickle, dict(model_config or {}))
    else:
        predictor = _load_with(str(loader), path, model, allow_pickle)
    offers = getattr(predictor, "streams", hasattr(predictor, "predict_stream"))
    streams = "predict_stream" if offers else None
    return PyFuncModel(model, predictor, "predict", streams, model.model_id, path)


def _load_with(loader: str, path: Path, model: Manifest, allow_pickle: bool) -> Any:
    """The object that a module of the user's, or of another library, makes of the directory."""
    flavor, known = model.flavor(FLAVOR), set(model.flavors) - {FLAVOR}
    if loader.startswith("mlflow."):
        raise NotSupported(
            f"the model in {path} has the flavors {sorted(known)}, and {loader!r}, which loads it, "
            f"is not supported; supported are {sorted([*_ADAPTERS, code_model.LOADER])} and models "
            "with a loader module of their own"
        )
    module: ModuleType = deserialize.import_loader(loader, allow_pickle)
    data = flavor.get("data")
    return module._load_pyfunc(str(directory.inside(path, data) if data else path))
