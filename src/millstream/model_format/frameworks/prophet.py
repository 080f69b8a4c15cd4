"""Prophet: a forecaster as a model directory and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import prophet
from prophet.serialize import model_from_json, model_to_json

from millstream.model_format.directory import inside
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

_FILE = "model.pr"


def save(native: Any, directory: Path) -> Saved:
    """Write the forecaster as Prophet's JSON, which MLflow's files hold as one JSON text."""
    (directory / _FILE).write_text(json.dumps(model_to_json(native)))
    return Saved(
        flavor={
            "data": _FILE,
            "model_type": type(native).__name__,
            "prophet_version": prophet.__version__,
        },
        pyfunc={"data": _FILE},
        modules={"prophet"},
        predict=native.predict,
    )


def load(directory: Path, flavor: Mapping[str, Any], _allow_pickle: bool, **_options: Any) -> Any:
    """The forecaster."""
    path = inside(directory, str(flavor.get("data", _FILE)))
    return model_from_json(json.loads(path.read_text()))


class ProphetPredictor:
    """A forecaster behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, data: Any, _params: dict[str, Any] | None = None) -> Any:
        """The forecast for a DataFrame with the column `ds`, dates, and the regressors' columns.

        The answer has a row for each, with the columns `yhat`, `trend` and those of each part.
        """
        return self._model.predict(data)

    def get_raw_model(self) -> Any:
        """The forecaster."""
        return self._model


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> ProphetPredictor:
    """The forecaster of a directory, ready to forecast."""
    flavor = model.flavors.get("prophet") or model.flavor("python_function")
    return ProphetPredictor(load(directory, flavor, allow_pickle))
