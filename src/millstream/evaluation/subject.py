"""What is evaluated: a model behind any URI, a loaded model, a function, or given predictions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter, NotSupported
from millstream.evaluation.dataset import EvaluationDataset
from millstream.evaluation.resampling import Array
from millstream.integrations.pyfunc import load_model
from millstream.model_format.enforcement import enforce_inputs
from millstream.model_format.pyfunc import PyFuncModel

SKLEARN = "mlflow.sklearn"


class Answers:
    """What a model says of the rows of a dataset.

    `predictions` is a Series; `outputs` all that the model gave, as a DataFrame, for metrics that
    need more of it; `raw` the library's own object and `inputs` what it is asked with.
    """

    def __init__(
        self, predictions: Any, outputs: Any | None = None, raw: Any = None, inputs: Any = None
    ) -> None:
        self.predictions = predictions
        self.outputs = outputs
        self.raw = raw
        self.inputs = inputs
        self.table: Array | None = None
        self.scored = False

    def probabilities(self) -> tuple[Array, Array] | None:
        """The labels and the probabilities (rows, labels), if the model gives them."""
        ask = getattr(self.raw, "predict_proba", None)
        labels = getattr(self.raw, "classes_", None)
        if not callable(ask) or labels is None:
            return None
        found = np.asarray(ask(self.inputs), dtype=float)
        labels = np.asarray(labels)
        if found.ndim != 2 or labels.ndim != 1 or found.shape[1] != len(labels):
            return None
        return labels, found

    def score(self, targets: Any, weights: Array | None) -> float | None:
        """What the method `score` of an estimator of scikit-learn says."""
        if not self.scored or not hasattr(self.raw, "score"):
            return None
        named = {} if weights is None else {"sample_weight": weights}
        return float(self.raw.score(self.inputs, targets.to_numpy(), **named))


class Subject:
    """A model to be asked; `model_id` is the logged model that it is, if it is one."""

    def __init__(self, model: Any, params: Mapping[str, Any] | None = None) -> None:
        self.model = model
        self.model_id: str | None = getattr(model, "model_id", None)
        self._params = None if params is None else dict(params)

    def ask(self, dataset: EvaluationDataset, column: str | None) -> Answers:
        """The model's answers; of several columns, `column` is the prediction."""
        if isinstance(self.model, PyFuncModel):
            return self._ask_pyfunc(dataset, column)
        if hasattr(self.model, "predict"):
            raw = self.model.get_raw_model() if hasattr(self.model, "get_raw_model") else self.model
            answer = self.model.predict(dataset.features)
            found = _answers(answer, column, len(dataset), raw, dataset.features)
            found.scored = _is_estimator(raw)
            return found
        return _answers(self.model(dataset.frame), column, len(dataset))

    def _ask_pyfunc(self, dataset: EvaluationDataset, column: str | None) -> Answers:
        model: PyFuncModel = self.model
        inputs = enforce_inputs(dataset.features, model.metadata.get_input_schema())
        try:
            raw = model.get_raw_model()
        except NotSupported:
            raw = None
        found = _answers(model.infer(inputs, self._params), column, len(dataset), raw, inputs)
        found.scored = model.loader_module == SKLEARN
        return found


def subject(
    model: Any,
    model_config: Mapping[str, Any] | None = None,
    inference_params: Mapping[str, Any] | None = None,
) -> Subject | None:
    """Whatever is to be evaluated; None means given predictions."""
    if model is None:
        return None
    if isinstance(model, str | os.PathLike):
        uri = os.fspath(model)
        if uri.startswith("endpoints:"):
            raise NotSupported(
                f"{uri!r} is a deployments endpoint, which cannot be evaluated by its URI; give a "
                "function that asks it"
            )
        return Subject(load_model(uri, model_config=model_config), inference_params)
    if callable(model) or hasattr(model, "predict"):
        return Subject(model, inference_params)
    raise InvalidParameter(
        "The model argument must be a string URI referring to an MLflow model, an instance of "
        f"`mlflow.pyfunc.PyFuncModel`, or a function; got {type(model).__name__}"
    )


def given_answers(dataset: EvaluationDataset) -> Answers:
    """The predictions that the dataset brings along."""
    if dataset.predictions is None:
        raise InvalidParameter(
            "Either a model or set of predictions must be specified in order to use the default "
            "evaluator: give `model`, or name with `predictions` the column of `data` that has "
            "what the model said"
        )
    return Answers(dataset.predictions)


def _answers(
    answer: Any, column: str | None, rows: int, raw: Any = None, inputs: Any = None
) -> Answers:
    outputs = answer if isinstance(answer, pd.DataFrame) else None
    values = answer
    if outputs is not None:
        values = _column(outputs, column)
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 0 or len(array) != rows:
        raise InvalidParameter(
            f"the model was given {rows} rows and answered with "
            f"{len(array) if array.ndim else 'one value'}"
        )
    found = Answers(None, outputs, raw, inputs)
    if array.ndim == 2 and array.dtype.kind == "f":
        found.table = array
    elif array.ndim == 1:
        found.predictions = pd.Series(array, name="prediction")
    else:
        raise InvalidParameter(
            f"the model must answer with one value for each row, or with the probabilities of the "
            f"labels, but its answer has the shape {array.shape}"
        )
    return found


def _column(outputs: Any, column: str | None) -> Any:
    if column is not None and column in outputs.columns:
        return outputs[column]
    if column is None or outputs.shape[1] == 1:
        return outputs.iloc[:, 0] if outputs.shape[1] == 1 else outputs
    raise InvalidParameter(
        f"the model's answer has no column {column!r}, but {list(outputs.columns)}; name with "
        "`predictions` the one that is the prediction"
    )


def _is_estimator(raw: Any) -> bool:
    return any(kind.__module__ == "sklearn.base" for kind in type(raw).__mro__)
