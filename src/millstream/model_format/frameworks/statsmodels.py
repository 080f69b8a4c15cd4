"""statsmodels: the results of a fit as a model directory and back."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels
from statsmodels.tsa.base.tsa_model import TimeSeriesModel

from millstream.errors import InvalidParameter
from millstream.model_format.deserialize import load_pickle
from millstream.model_format.directory import inside
from millstream.model_format.imports import imported_modules
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

_FILE = "model.statsmodels"


def save(native: Any, directory: Path, *, remove_data: bool = False) -> Saved:
    """Write the results of a fit in statsmodels' own format, which is a pickle.

    With `remove_data` the file is without the training data; the object in memory keeps them.
    """
    written = copy.deepcopy(native) if remove_data else native
    written.save(str(directory / _FILE), remove_data=remove_data)
    predicts = hasattr(native, "predict")
    return Saved(
        flavor={"data": _FILE, "statsmodels_version": statsmodels.__version__},
        pyfunc={"data": _FILE} if predicts else None,
        modules={"statsmodels", *imported_modules(directory / _FILE)},
        predict=(lambda data, **params: StatsmodelsPredictor(native).predict(data, params))
        if predicts
        else None,
    )


def load(directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **_options: Any) -> Any:
    """The results of the fit."""
    return load_pickle(inside(directory, str(flavor.get("data", _FILE))), allow_pickle)


class StatsmodelsPredictor:
    """The results of a fit behind the one interface of all models."""

    def __init__(self, results: Any) -> None:
        self._results = results
        self._of_time = isinstance(getattr(results, "model", None), TimeSeriesModel)

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """What the results say of rows, or of the time from `start` to `end`.

        Time series take one row with these columns: positions, dates or texts. The columns `exog`
        (a list of rows) and `dynamic` may be there too. `params` are further keyword arguments of
        the results' `predict`.
        """
        if self._of_time:
            return self._results.predict(**_times(data), **(params or {}))
        return self._results.predict(data, **(params or {}))

    def get_raw_model(self) -> Any:
        """The results of the fit."""
        return self._results


def _times(data: Any) -> dict[str, Any]:
    columns = list(getattr(data, "columns", ()))
    if len(data) != 1 or not {"start", "end"} <= {*columns}:
        raise InvalidParameter(
            "a time series is predicted from a DataFrame of exactly one row with the columns "
            f"'start' and 'end', not from {len(data)} rows with the columns {columns}"
        )
    row = {name: data[name].iloc[0] for name in columns}
    wanted = {name: row[name] for name in ("start", "end", "dynamic") if name in row}
    if row.get("exog") is not None:
        wanted["exog"] = np.asarray([*row["exog"]], dtype=float)
    return wanted


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> StatsmodelsPredictor:
    """The results of a directory, ready to predict."""
    flavor = model.flavors.get("statsmodels") or model.flavor("python_function")
    return StatsmodelsPredictor(load(directory, flavor, allow_pickle))
