"""XGBoost: a Booster or a model of its scikit-learn interface as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xgboost

from millstream.errors import InvalidParameter
from millstream.model_format.directory import inside
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

_BOOSTER = "xgboost.core.Booster"


def save(native: Any, directory: Path, *, model_format: str = "ubj") -> Saved:
    """Write the model in XGBoost's own format, which holds no Python objects."""
    file = f"model.{model_format}"
    native.save_model(directory / file)
    kind = type(native)
    return Saved(
        flavor={
            "data": file,
            "model_class": f"{kind.__module__}.{kind.__name__}",
            "model_format": model_format,
            "xgb_version": xgboost.__version__,
        },
        pyfunc={"data": file},
        modules={"xgboost"} if isinstance(native, xgboost.Booster) else {"xgboost", "sklearn"},
        predict=lambda data, **params: XGBoostPredictor(native).predict(data, params),
    )


def load(directory: Path, flavor: Mapping[str, Any], _allow_pickle: bool, **_options: Any) -> Any:
    """The model, of the class it had; models older than MLflow 1.22 were always Boosters."""
    path = inside(directory, str(flavor.get("data", "model.xgb")))
    name = str(flavor.get("model_class") or _BOOSTER)
    kind = getattr(xgboost, name.rpartition(".")[2], None)
    if not name.startswith("xgboost.") or not isinstance(kind, type):
        raise InvalidParameter(
            f"the model in {directory} is of the class {name!r}, which XGBoost "
            f"{xgboost.__version__} does not have"
        )
    model = kind()
    model.load_model(path)
    return model


class XGBoostPredictor:
    """A model of XGBoost behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self._model = model
        booster = isinstance(model, xgboost.Booster)
        self.n_features: int | None = (
            model.num_features() if booster else getattr(model, "n_features_in_", None)
        )
        self._categorical = _categorical(model if booster else model.get_booster())

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """What the model says; `params` are the keyword arguments of its `predict`.

        In columns that the model learnt as categories, texts are categories.
        """
        if hasattr(data, "select_dtypes") and self._categorical:
            texts = data.select_dtypes(include=["object", "string"]).columns
            data = data.astype({name: "category" for name in texts if name in self._categorical})
        if isinstance(self._model, xgboost.Booster) and not isinstance(data, xgboost.DMatrix):
            data = xgboost.DMatrix(data, enable_categorical=True)
        return self._model.predict(data, **(params or {}))

    def get_raw_model(self) -> Any:
        """The Booster or model."""
        return self._model


def _categorical(booster: xgboost.Booster) -> set[str]:
    """The columns that are categories, of a Booster that remembers which there were.

    Before XGBoost 3.1 none did, and a text would become whatever number is its turn.
    """
    if not hasattr(booster, "get_categories"):
        return set()
    pairs = zip(booster.feature_names or [], booster.feature_types or [], strict=False)
    return {name for name, kind in pairs if kind == "c"}


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> XGBoostPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("xgboost") or model.flavor("python_function")
    return XGBoostPredictor(load(directory, flavor, allow_pickle))
