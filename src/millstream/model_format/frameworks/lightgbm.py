"""LightGBM: a Booster or a model of its scikit-learn interface as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightgbm

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_pickle, load_skops
from millstream.model_format.directory import inside
from millstream.model_format.imports import imported_modules
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest
from millstream.model_format.serialize import PICKLE, SKOPS, Serialized, save_object

_BOOSTER = "lightgbm.basic.Booster"

# skops does not know these; none of them runs code when it is restored.
_TYPES = [
    "collections.OrderedDict",
    _BOOSTER,
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMModel",
    "lightgbm.sklearn.LGBMRanker",
    "lightgbm.sklearn.LGBMRegressor",
]


def save(
    native: Any,
    directory: Path,
    *,
    serialization_format: str | None = None,
    trusted_types: Sequence[str] | None = None,
    **booster_options: Any,
) -> Saved:
    """Write a Booster in LightGBM's own format, which is text, and other models as skops.

    `booster_options` go to the `save_model` of a Booster.
    """
    booster = isinstance(native, lightgbm.Booster)
    types = sorted({*_TYPES, *(trusted_types or [])})
    if booster:
        native.save_model(directory / "model.lgb", **booster_options)
        saved = Serialized("model.lgb", serialization_format or SKOPS, types)
        modules = {"lightgbm"}
    else:
        saved = save_object(native, directory, serialization_format, types)
        found = imported_modules(directory / saved.file)
        modules = {"lightgbm", "sklearn", saved.serialization_format, *found} - {PICKLE}
    return Saved(
        flavor={
            "data": saved.file,
            "model_class": f"{type(native).__module__}.{type(native).__name__}",
            "lgb_version": lightgbm.__version__,
            "serialization_format": saved.serialization_format,
            "skops_trusted_types": saved.trusted_types,
        },
        pyfunc={"data": saved.file},
        modules=modules,
        predict=lambda data, **params: LightGBMPredictor(native).predict(data, params),
    )


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **_options: Any) -> Any:
    """The model, of the class it had; models of MLflow before 1.23 were always Boosters."""
    path = inside(directory, str(flavor.get("data", "model.lgb")))
    if not path.is_file():
        raise InvalidParameter(f"the model in {directory} lacks its file {path.name!r}")
    if path.suffix == ".lgb" or flavor.get("model_class") == _BOOSTER:
        return lightgbm.Booster(model_file=path)
    kind = flavor.get("serialization_format") or (SKOPS if path.suffix == ".skops" else PICKLE)
    if kind == SKOPS:
        return load_skops(path, flavor.get("skops_trusted_types"), allow_pickle, _TYPES)
    return load_pickle(path, allow_pickle, kind)


class LightGBMPredictor:
    """A model of LightGBM behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self._model = model
        booster = model if isinstance(model, lightgbm.Booster) else model.booster_
        self.n_features: int | None = booster.num_feature()
        self._categorical = bool(booster.pandas_categorical)

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """What the model says; `params` are the keyword arguments of its `predict`.

        For a model that learnt from categories, texts are categories.
        """
        if self._categorical and hasattr(data, "select_dtypes"):
            texts = data.select_dtypes(include=["object", "string"]).columns
            data = data.astype(dict.fromkeys(texts, "category"))
        return self._model.predict(data, **(params or {}))

    def get_raw_model(self) -> Any:
        """The Booster or model."""
        return self._model


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> LightGBMPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("lightgbm") or model.flavor("python_function")
    return LightGBMPredictor(load(directory, flavor, allow_pickle))
