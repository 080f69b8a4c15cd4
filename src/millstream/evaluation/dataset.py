"""The rows that a model is evaluated on: features, targets, perhaps predictions and weights."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from millstream.client.data import api as described
from millstream.errors import InvalidParameter
from millstream.evaluation.resampling import Array
from millstream.integrations.model_files import local_path

MOST_SPARK_ROWS = 10_000

_READERS: dict[str, Callable[[Path], Any]] = {
    ".csv": pd.read_csv,
    ".json": pd.read_json,
    ".parquet": pd.read_parquet,
}


class EvaluationDataset:
    """Rows ready to be evaluated.

    `features` is a DataFrame, or the array that was given; `targets` and `predictions` are Series
    or None; `described` is what is logged of it.
    """

    def __init__(
        self,
        features: Any,
        targets: Any | None,
        predictions: Any | None,
        described: described.Dataset,
        *,
        targets_name: str = "target",
        predictions_name: str | None = None,
        path: str | None = None,
        whole: Any | None = None,
    ) -> None:
        self.features = features
        self.targets = targets
        self.predictions = predictions
        self.described = described
        self.targets_name = targets_name
        self.predictions_name = predictions_name
        self.path = path
        self._whole = whole

    def __len__(self) -> int:
        return len(self.features)

    @property
    def frame(self) -> Any:
        """The features as a DataFrame; those of an array are named feature_1 and so on."""
        if isinstance(self.features, pd.DataFrame):
            return self.features
        return _framed(self.features, None)

    @property
    def table(self) -> Any:
        """Everything that was given, as a new DataFrame: for tables of results by row."""
        whole = self.frame if self._whole is None else self._whole
        return whole.reset_index(drop=True).copy()

    @property
    def features_data(self) -> Any:
        """MLflow's name of the features, for evaluators written for it."""
        return self.features

    @property
    def labels_data(self) -> Any:
        """MLflow's name of the targets, as an array."""
        return None if self.targets is None else self.targets.to_numpy()

    @property
    def predictions_data(self) -> Any:
        """MLflow's name of the predictions, as an array."""
        return None if self.predictions is None else self.predictions.to_numpy()

    @property
    def feature_names(self) -> list[str]:
        """The names of the columns of the features."""
        return [str(name) for name in self.frame.columns]

    @property
    def name(self) -> str:
        """The name of the dataset that is logged."""
        return self.described.name

    @property
    def hash(self) -> str:
        """The digest of the dataset that is logged."""
        return self.described.digest


def read(
    data: Any,
    targets: Any | None = None,
    predictions: str | None = None,
    *,
    feature_names: Sequence[str] | None = None,
    dataset_path: str | None = None,
    excluded: Sequence[str] = (),
    modelled: bool = True,
) -> EvaluationDataset:
    """The rows of whatever describes them; what does not fit raises `InvalidParameter`.

    `modelled` says that a model makes the predictions; columns `excluded` are no features.
    """
    if dataset_path is not None and '"' in dataset_path:
        raise InvalidParameter(
            f'`dataset_path` must not contain double quotes (") : {dataset_path}'
        )
    if isinstance(data, str | os.PathLike):
        dataset_path = dataset_path or os.fspath(data)
        data = described.from_pandas(_read_file(data), source=os.fspath(data))
    elif hasattr(data, "toPandas"):
        data = data.limit(MOST_SPARK_ROWS).toPandas()
    known = data if hasattr(data, "to_dict") and hasattr(data, "digest") else None
    if known is not None:
        targets = targets if targets is not None else getattr(known, "targets", None)
        predictions = predictions or getattr(known, "predictions", None)
        data = known.df if hasattr(known, "df") else known.features
    if isinstance(data, pd.DataFrame):
        found = _of_frame(data, targets, predictions, feature_names, excluded, modelled, known)
    else:
        found = _of_array(data, targets, predictions, feature_names, known)
    found.path = dataset_path
    _check(found)
    return found


def _of_frame(
    frame: Any,
    targets: Any | None,
    predictions: str | None,
    feature_names: Sequence[str] | None,
    excluded: Sequence[str],
    modelled: bool,
    known: Any | None,
) -> EvaluationDataset:
    labels = targets if isinstance(targets, str) else None
    given = None if modelled and predictions not in frame.columns else predictions
    for role, column in (("targets", labels), ("predictions", given)):
        if column is not None and column not in frame.columns:
            raise InvalidParameter(
                f"The specified pandas DataFrame does not contain the specified {role} column "
                f"'{column}'. Its columns are {list(frame.columns)}."
            )
    _check_features(frame, feature_names)
    others = {labels, given, *excluded}
    names = feature_names or [column for column in frame.columns if column not in others]
    own = known or described.from_pandas(frame, targets=labels, predictions=given, name=None)
    return EvaluationDataset(
        frame[list(names)],
        _series(frame[labels] if labels is not None else targets, "target"),
        None if given is None else _series(frame[given], "prediction"),
        own,
        targets_name=labels or "target",
        predictions_name=predictions,
        whole=frame,
    )


def _of_array(
    data: Any,
    targets: Any | None,
    predictions: str | None,
    feature_names: Sequence[str] | None,
    known: Any | None,
) -> EvaluationDataset:
    if data is None or isinstance(data, dict) or np.ndim(data) == 0:
        raise InvalidParameter(
            "`data` must be a DataFrame, an array, a list, a dataset (see millstream.data) or the "
            f"path of a .csv, .json or .parquet file, not {type(data).__name__}"
        )
    if isinstance(targets, str):
        raise InvalidParameter(
            f"`targets` names a column ({targets!r}), but `data` is an array without names; give "
            "the targets as an array"
        )
    array = np.asarray(data)
    features = array if feature_names is None else _framed(array, feature_names)
    labels = None if targets is None else np.asarray(targets)
    own = known or described.from_numpy(array, targets=labels)
    return EvaluationDataset(
        features, _series(labels, "target"), None, own, predictions_name=predictions
    )


def _framed(array: Array, names: Sequence[str] | None) -> Any:
    table = array.reshape(len(array), -1)
    chosen = list(names or (f"feature_{index + 1}" for index in range(table.shape[1])))
    if len(chosen) != table.shape[1]:
        raise InvalidParameter(
            f"`feature_names` has {len(chosen)} names, but the data has {table.shape[1]} columns"
        )
    return pd.DataFrame(table, columns=chosen)


def _series(values: Any | None, name: str) -> Any:
    if values is None:
        return None
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InvalidParameter(
            f"the {name}s must be one value for each row, but have the shape {array.shape}"
        )
    return pd.Series(array, name=name)


def _check_features(frame: Any, names: Sequence[str] | None) -> None:
    missing = [name for name in names or [] if name not in frame.columns]
    if missing:
        raise InvalidParameter(
            f"`feature_names` has columns that the data does not have: {missing}. Its columns are "
            f"{list(frame.columns)}."
        )


def _check(dataset: EvaluationDataset) -> None:
    if len(dataset) == 0:
        raise InvalidParameter("the data to evaluate on has no rows")
    for name, values in (("target", dataset.targets), ("prediction", dataset.predictions)):
        if values is None:
            continue
        if len(values) != len(dataset):
            raise InvalidParameter(
                f"there are {len(values)} {name}s for {len(dataset)} rows of features"
            )
        missing = values.isna()
        if missing.any():
            raise InvalidParameter(
                f"{int(missing.sum())} of {len(values)} rows have no {name}, first the row "
                f"{int(missing.to_numpy().argmax())} (counted from 0); leave them out"
            )


def _read_file(path: str | os.PathLike[str]) -> Any:
    local = local_path(path)
    reader = _READERS.get(local.suffix.lower())
    if reader is None:
        raise InvalidParameter(
            f"data is read from files of the kinds {sorted(_READERS)}, not from {local.name!r}"
        )
    return reader(local)
