"""SHAP: an explainer, with the model it explains, as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shap
from sklearn.base import BaseEstimator

from millstream.model_format import pyfunc
from millstream.model_format.deserialize import load_pickle, load_shap
from millstream.model_format.directory import finish, inside
from millstream.model_format.environment import CONDA, PYTHON_ENV, environment
from millstream.model_format.flavors import FLAVORS
from millstream.model_format.imports import imported_modules, modules_of_pickles
from millstream.model_format.interface import Saved, flavor_adapter
from millstream.model_format.manifest import Manifest
from millstream.model_format.serialize import CLOUDPICKLE, pickle_by_value

_FILE = "explainer.shap"
_PICKLE = "explainer.pkl"
_UNDERLYING = "underlying_model"
_SKLEARN = "sklearn"

# What SHAP itself can read again; of the others it writes files that it cannot read.
_READABLE = (
    shap.explainers.Exact,
    shap.explainers.Linear,
    shap.explainers.Partition,
    shap.explainers.Permutation,
    shap.KernelExplainer,
)


def save(native: Any, directory: Path, *, serialize_model: bool = True) -> Saved:
    """Write the explainer in SHAP's own format where SHAP can read that, else as a pickle.

    With `serialize_model` an estimator of scikit-learn that it explains is kept as a model of its
    own in the directory, outside of the pickles.
    """
    own = type(native) in _READABLE
    method = _method_of_estimator(native) if own and serialize_model else None
    file = _FILE if own else _PICKLE
    modules = {"shap"}
    if method is not None:
        modules |= _save_underlying(method, directory / _UNDERLYING)
    if own:
        with (directory / file).open("wb") as opened:
            native.save(opened, **({"model_saver": False} if method else {}))
        modules |= modules_of_pickles(directory / file)
    else:
        content = pickle_by_value(native)
        (directory / file).write_bytes(content)
        modules |= {CLOUDPICKLE, *imported_modules(directory / file)}
    underlying = (_SKLEARN if method else "unknown") if serialize_model else None
    keys = {} if own else {"serialization_format": CLOUDPICKLE}
    return Saved(
        flavor={
            "shap_version": shap.__version__,
            "serialized_explainer": file,
            "underlying_model_flavor": underlying,
            **keys,
        },
        pyfunc={"model_path": file, "underlying_model_flavor": underlying, **keys},
        modules=modules,
        predict=ShapPredictor(native).predict,
    )


def _method_of_estimator(native: Any) -> Any:
    """The method that is explained, if it is one of an estimator of scikit-learn."""
    explained = getattr(native.model, "inner_model", None)
    return explained if isinstance(getattr(explained, "__self__", None), BaseEstimator) else None


def _save_underlying(method: Any, directory: Path) -> set[str]:
    """Write the estimator as a model; answers with the modules that it needs."""
    directory.mkdir()
    adapter = flavor_adapter(_SKLEARN)
    saved = adapter.save(method.__self__, directory, predict_fn=method.__name__)
    model = Manifest().add_flavor(_SKLEARN, **saved.flavor, code=None)
    loader = FLAVORS[_SKLEARN].loader_module
    keys = saved.pyfunc or {}
    pyfunc.add_to_model(model, loader, conda_env=CONDA, python_env=PYTHON_ENV, **keys)
    finish(directory, model, environment(saved.modules))
    return saved.modules


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **_options: Any) -> Any:
    """The explainer."""
    name = flavor.get("serialized_explainer") or flavor.get("model_path") or _FILE
    path = inside(directory, str(name))
    if flavor.get("serialization_format") == CLOUDPICKLE:
        return load_pickle(path, allow_pickle, CLOUDPICKLE)
    underlying = flavor.get("underlying_model_flavor")
    if underlying not in FLAVORS:
        return load_shap(path, allow_pickle)
    model = Manifest.read(directory / _UNDERLYING)
    if underlying == _SKLEARN:
        adapter = flavor_adapter(_SKLEARN)
        predictor = adapter.load_predictor(directory / _UNDERLYING, model, allow_pickle, {})
        return load_shap(path, allow_pickle, _explained(predictor, model))
    keys = model.flavor(underlying)
    native = flavor_adapter(underlying).load(directory / _UNDERLYING, keys, allow_pickle)
    return load_shap(path, allow_pickle, shap.models.Model(native))


def _explained(predictor: Any, model: Manifest) -> shap.models.Model:
    """The method of the estimator again, so that the explainer can be saved again."""
    name = model.flavor(pyfunc.FLAVOR).get("predict_fn", "predict")
    return shap.models.Model(getattr(predictor.get_raw_model(), name))


class ShapPredictor:
    """An explainer behind the one interface of all models."""

    def __init__(self, explainer: Any) -> None:
        self._explainer = explainer

    def predict(self, data: Any, _params: dict[str, Any] | None = None) -> Any:
        """The SHAP values: an array of rows by features, by outputs if there are several."""
        return self._explainer(data).values

    def get_raw_model(self) -> Any:
        """The explainer."""
        return self._explainer


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> ShapPredictor:
    """The explainer of a directory, ready to explain."""
    flavor = model.flavors.get("shap") or model.flavor("python_function")
    return ShapPredictor(load(directory, flavor, allow_pickle))
