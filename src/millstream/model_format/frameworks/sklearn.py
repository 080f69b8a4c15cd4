"""scikit-learn: an estimator as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sklearn

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_pickle, load_skops
from millstream.model_format.directory import inside
from millstream.model_format.imports import imported_modules
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest
from millstream.model_format.serialize import PICKLE, SKOPS, save_object


def save(
    native: Any,
    directory: Path,
    *,
    serialization_format: str | None = None,
    trusted_types: Sequence[str] | None = None,
    predict_fn: str = "predict",
) -> Saved:
    """Write an estimator, or any object with the method `predict_fn`."""
    saved = save_object(native, directory, serialization_format, trusted_types)
    file = directory / saved.file
    predict = getattr(native, predict_fn, None)
    return Saved(
        flavor={
            "pickled_model": saved.file,
            "sklearn_version": sklearn.__version__,
            "serialization_format": saved.serialization_format,
            "skops_trusted_types": saved.trusted_types,
        },
        pyfunc=predict and {"model_path": saved.file, "predict_fn": predict_fn},
        modules={"sklearn", saved.serialization_format, *imported_modules(file)} - {PICKLE},
        predict=predict,
    )


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **_options: Any) -> Any:
    """The estimator of a model directory, by its own flavor or by the one of pyfunc.

    Models of MLflow 1.x do not say their format: it was pickle.
    """
    name = flavor.get("pickled_model") or flavor.get("model_path") or flavor.get("data")
    if not name:
        raise InvalidParameter(f"the model in {directory} does not say which file it is in")
    path = inside(directory, name)
    if not path.is_file():
        raise InvalidParameter(f"the model in {directory} lacks its file {name!r}")
    kind = flavor.get("serialization_format") or (SKOPS if path.suffix == ".skops" else PICKLE)
    if kind == SKOPS:
        return load_skops(path, flavor.get("skops_trusted_types"), allow_pickle)
    return load_pickle(path, allow_pickle, kind)


class SklearnPredictor:
    """An estimator behind the one interface of all models."""

    def __init__(self, estimator: Any, predict_fn: str) -> None:
        self.sklearn_model = estimator
        self.n_features: int | None = getattr(estimator, "n_features_in_", None)
        self._predict_fn = predict_fn

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """What the estimator's method says; `params` are its keyword arguments."""
        return getattr(self.sklearn_model, self._predict_fn)(data, **(params or {}))

    def get_raw_model(self) -> Any:
        """The estimator."""
        return self.sklearn_model


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> SklearnPredictor:
    """The estimator of a model directory, ready to predict."""
    pyfunc = model.flavors.get("python_function", {})
    estimator = load(directory, model.flavors.get("sklearn") or pyfunc, allow_pickle)
    return SklearnPredictor(estimator, pyfunc.get("predict_fn", "predict"))
