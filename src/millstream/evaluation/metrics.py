"""The classic metrics as objects for `extra_metrics` (`millstream.metrics`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn import metrics as sk

from millstream.evaluation import regression
from millstream.evaluation.classification import Classified, classified, point_metrics, statistic
from millstream.evaluation.resampling import Array, Statistic
from millstream.evaluation.values import EvaluationMetric, MetricValue, make_metric

__all__ = [
    "EvaluationMetric",
    "MetricValue",
    "f1_score",
    "mae",
    "make_metric",
    "mape",
    "max_error",
    "mse",
    "precision_score",
    "r2_score",
    "recall_score",
    "rmse",
]


def mae() -> EvaluationMetric:
    """The mean absolute error."""
    return _regression("mean_absolute_error")


def mse() -> EvaluationMetric:
    """The mean squared error."""
    return _regression("mean_squared_error")


def rmse() -> EvaluationMetric:
    """The square root of the mean squared error."""

    def root(predictions: Any, targets: Any, sample_weights: Any = None) -> float:
        return float(
            np.sqrt(sk.mean_squared_error(targets, predictions, sample_weight=sample_weights))
        )

    return _resampled(EvaluationMetric(root, "root_mean_squared_error", False), _of_regressor)


def r2_score() -> EvaluationMetric:
    """The share of the targets' variance that the predictions explain."""
    return _regression("r2_score", greater_is_better=True)


def max_error() -> EvaluationMetric:
    """The largest absolute error."""

    def largest(predictions: Any, targets: Any) -> float:
        return float(sk.max_error(targets, predictions))

    return EvaluationMetric(largest, "max_error", False)


def mape() -> EvaluationMetric:
    """The mean absolute error as a share of the target."""
    return _regression("mean_absolute_percentage_error")


def precision_score() -> EvaluationMetric:
    """The share of right ones among those called positive."""
    return _classification("precision_score")


def recall_score() -> EvaluationMetric:
    """The share of positives that were called so."""
    return _classification("recall_score")


def f1_score() -> EvaluationMetric:
    """The harmonic mean of precision and recall."""
    return _classification("f1_score")


def _regression(name: str, greater_is_better: bool = False) -> EvaluationMetric:
    def of(predictions: Any, targets: Any, sample_weights: Any = None) -> float:
        return float(getattr(sk, name)(targets, predictions, sample_weight=sample_weights))

    return _resampled(EvaluationMetric(of, name, greater_is_better), _of_regressor)


def _classification(name: str) -> EvaluationMetric:
    def of(
        predictions: Any,
        targets: Any,
        sample_weights: Any = None,
        pos_label: Any = None,
        average: str = "weighted",
    ) -> float:
        config = {"pos_label": pos_label, "average": average}
        rows = _classified(np.asarray(targets), np.asarray(predictions), sample_weights, config)
        return point_metrics(rows)[name]

    return _resampled(EvaluationMetric(of, name, True), _of_classifier)


def _resampled(metric: EvaluationMetric, resampled: Callable[..., Statistic]) -> EvaluationMetric:
    metric.resampled = resampled
    return metric


def _of_regressor(
    targets: Array, predictions: Array, weights: Array | None, _config: Mapping[str, Any]
) -> Statistic:
    return regression.statistic(targets.astype(float), predictions.astype(float), weights)


def _of_classifier(
    targets: Array, predictions: Array, weights: Array | None, config: Mapping[str, Any]
) -> Statistic:
    return statistic(_classified(targets, predictions, weights, config))


def _classified(
    targets: Array, predictions: Array, weights: Array | None, config: Mapping[str, Any]
) -> Classified:
    pos_label, average = config.get("pos_label"), config.get("average") or "weighted"
    return classified(targets, predictions, None, weights, pos_label, average)
