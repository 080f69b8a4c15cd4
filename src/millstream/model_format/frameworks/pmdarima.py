"""pmdarima: an ARIMA, or a pipeline that ends in one, as a model directory and back."""

from __future__ import annotations

import numbers
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pmdarima

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_pickle
from millstream.model_format.directory import inside
from millstream.model_format.imports import imported_modules
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

_FILE = "model.pmd"


def save(native: Any, directory: Path) -> Saved:
    """Write the model as a pickle, the one format that pmdarima has."""
    (directory / _FILE).write_bytes(pickle.dumps(native, protocol=pickle.DEFAULT_PROTOCOL))
    return Saved(
        flavor={
            "data": _FILE,
            "model_type": type(native).__name__,
            "pmdarima_version": pmdarima.__version__,
        },
        pyfunc={"data": _FILE},
        modules={"pmdarima", *imported_modules(directory / _FILE)},
        predict=PmdarimaPredictor(native).predict,
    )


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **_options: Any) -> Any:
    """The model."""
    return load_pickle(inside(directory, str(flavor.get("data", _FILE))), allow_pickle)


class PmdarimaPredictor:
    """A model of pmdarima behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, data: Any, _params: dict[str, Any] | None = None) -> pd.DataFrame:
        """The forecast that one row of a DataFrame asks for, with the column `yhat`.

        The row's `n_periods` is how far; `X` are the rows of the regressors for these periods. If
        `return_conf_int` is true, the answer has `yhat_lower` and `yhat_upper` too, the interval
        of which `alpha` (0.05) is the error.
        """
        row = _row(data)
        regressors = row.get("X")
        options: dict[str, Any] = {"n_periods": int(row["n_periods"])}
        if regressors is not None:
            options["X"] = np.asarray([*regressors])
        if not row.get("return_conf_int"):
            return pd.DataFrame({"yhat": self._model.predict(**options)})
        error = float(row.get("alpha", 0.05))
        forecast, interval = self._model.predict(**options, return_conf_int=True, alpha=error)
        bounds = {"yhat_lower": interval[:, 0], "yhat_upper": interval[:, 1]}
        return pd.DataFrame({"yhat": forecast, **bounds})

    def get_raw_model(self) -> Any:
        """The model."""
        return self._model


def _row(data: Any) -> dict[str, Any]:
    columns = list(getattr(data, "columns", ()))
    if "n_periods" not in columns:
        raise InvalidParameter(
            "a forecast is asked for with a DataFrame that has the column 'n_periods', the number "
            f"of periods; this {type(data).__name__} has the columns {columns}"
        )
    if len(data) != 1:
        raise InvalidParameter(f"a forecast is asked for with 1 row, not with {len(data)}")
    row = {name: data[name].iloc[0] for name in columns}
    if not isinstance(row["n_periods"], numbers.Integral):
        raise InvalidParameter(f"n_periods must be an integer, not {row['n_periods']!r}")
    return row


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> PmdarimaPredictor:
    """The model of a directory, ready to forecast."""
    flavor = model.flavors.get("pmdarima") or model.flavor("python_function")
    return PmdarimaPredictor(load(directory, flavor, allow_pickle))
