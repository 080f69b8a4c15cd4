"""scikit-learn: an estimator as a model directory and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sklearn

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_pickle, load_skops
from millstream.model_format.directory import inside
from millstream.model_format.manifest import Manifest
from millstream.model_format.serialize import PICKLE, SKOPS, save_object

FLAVOR = "sklearn"
LOADER_MODULE = "mlflow.sklearn"


def save_estimator(
    estimator: Any,
    directory: Path,
    model: Manifest,
    *,
    serialization_format: str | None = None,
    trusted_types: Sequence[str] | None = None,
    code: str | None = None,
) -> tuple[Path, str]:
    """Write the estimator and describe it in the manifest.

    The answer is the file it is in, and the library that the format needs.
    """
    saved = save_object(estimator, directory, serialization_format, trusted_types)
    model.add_flavor(
        FLAVOR,
        pickled_model=saved.file,
        sklearn_version=sklearn.__version__,
        serialization_format=saved.serialization_format,
        code=code,
        skops_trusted_types=saved.trusted_types,
    )
    return directory / saved.file, saved.serialization_format


def load_estimator(directory: Path, flavor: dict[str, Any], allow_pickle: bool) -> Any:
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
        self._predict_fn = predict_fn

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """What the estimator's method says; `params` are its keyword arguments."""
        return getattr(self.sklearn_model, self._predict_fn)(data, **(params or {}))

    def get_raw_model(self) -> Any:
        """The estimator."""
        return self.sklearn_model


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: dict[str, Any]
) -> SklearnPredictor:
    """The estimator of a model directory, ready to predict."""
    pyfunc = model.flavors.get("python_function", {})
    flavor = model.flavors.get(FLAVOR) or pyfunc
    estimator = load_estimator(directory, flavor, allow_pickle)
    return SklearnPredictor(estimator, pyfunc.get("predict_fn", "predict"))
