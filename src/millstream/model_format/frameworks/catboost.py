"""CatBoost: a model as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import catboost

from millstream.errors import InvalidParameter
from millstream.model_format.directory import inside
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

_CLASSES = {
    kind.__name__: kind
    for kind in (
        catboost.CatBoost,
        catboost.CatBoostClassifier,
        catboost.CatBoostRanker,
        catboost.CatBoostRegressor,
    )
}
# CatBoost writes further formats and reads none of them.
_FORMATS = ("cbm", "json", "onnx", "coreml")


def save(native: Any, directory: Path, *, format: str = "cbm", **options: Any) -> Saved:
    """Write the model in CatBoost's own format; `options` are those of its `save_model`."""
    if format not in _FORMATS:
        raise InvalidParameter(
            f"a model in the format {format!r} cannot be loaded by CatBoost again; use one of "
            f"{list(_FORMATS)}"
        )
    native.save_model(str(directory / "model.cb"), format=format, **options)
    return Saved(
        flavor={
            "data": "model.cb",
            "model_type": _class_name(native),
            "save_format": format,
            "catboost_version": catboost.__version__,
        },
        pyfunc={"data": "model.cb"},
        modules={"catboost"},
        predict=native.predict,
    )


def _class_name(native: Any) -> str:
    """The name of its class, or of the one of CatBoost's that a class of the user's is made of."""
    names = (kind.__name__ for kind in type(native).__mro__)
    return next((name for name in names if name in _CLASSES), "CatBoost")


def load(directory: Path, flavor: Mapping[str, Any], _allow_pickle: bool, **_options: Any) -> Any:
    """The model, of the class it had."""
    path = inside(directory, str(flavor.get("data", "model.cb")))
    name = flavor.get("model_type", "CatBoost")
    if name not in _CLASSES:
        raise InvalidParameter(
            f"the model in {directory} is of the class {name!r}; CatBoost has {sorted(_CLASSES)}"
        )
    model = _CLASSES[name]()
    model.load_model(str(path), format=str(flavor.get("save_format", "cbm")))
    return model


class CatBoostPredictor:
    """A model of CatBoost behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.n_features: int | None = len(model.feature_names_ or []) or None

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """What the model says; `params` are the keyword arguments of its `predict`."""
        return self._model.predict(data, **(params or {}))

    def get_raw_model(self) -> Any:
        """The model."""
        return self._model


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> CatBoostPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("catboost") or model.flavor("python_function")
    return CatBoostPredictor(load(directory, flavor, allow_pickle))
