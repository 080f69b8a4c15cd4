"""Metrics of regressors, at once for many weightings of the rows, and from scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn import metrics as sk

from millstream.evaluation.resampling import Array, Statistic, ratio

SMALLEST = float(np.finfo(np.float64).eps)


def point_metrics(targets: Array, predictions: Array, weights: Array | None) -> dict[str, float]:
    """The metrics of the rows under MLflow's names; `max_error` knows no weights."""
    given = {"sample_weight": weights}
    squared = sk.mean_squared_error(targets, predictions, **given)
    total = targets.sum() if weights is None else (weights * targets).sum()
    found = {
        "example_count": len(targets),
        "mean_absolute_error": sk.mean_absolute_error(targets, predictions, **given),
        "mean_squared_error": squared,
        "root_mean_squared_error": np.sqrt(squared),
        "sum_on_target": total,
        "mean_on_target": np.average(targets, weights=weights),
        "r2_score": sk.r2_score(targets, predictions, **given) if len(targets) > 1 else np.nan,
        "max_error": sk.max_error(targets, predictions),
        "mean_absolute_percentage_error": sk.mean_absolute_percentage_error(
            targets, predictions, **given
        ),
    }
    return {name: value if type(value) is int else float(value) for name, value in found.items()}


def statistic(targets: Array, predictions: Array, weights: Array | None) -> Statistic:
    """The same of any number of resamples.

    `max_error` is left out: resamples say nothing about errors beyond the largest one seen.
    """
    own = np.ones(len(targets)) if weights is None else weights
    errors = predictions - targets
    centre = targets.mean()
    centred = targets - centre
    relative = np.abs(errors) / np.maximum(np.abs(targets), SMALLEST)
    columns = [np.ones(len(targets)), np.abs(errors), errors**2, centred, centred**2, relative]
    table = np.stack(columns, axis=1) * own[:, None]

    def of(counts: Array) -> dict[str, Array]:
        sums = counts @ table
        total, absolute, squared, offset, spread, percentage = sums.T
        variation = spread - ratio(offset**2, total)
        return {
            "mean_absolute_error": ratio(absolute, total),
            "mean_squared_error": ratio(squared, total),
            "root_mean_squared_error": np.sqrt(ratio(squared, total)),
            "sum_on_target": offset + centre * total,
            "mean_on_target": centre + ratio(offset, total),
            "r2_score": 1 - ratio(squared, np.where(variation > 0, variation, 0.0)),
            "mean_absolute_percentage_error": ratio(percentage, total),
        }

    return of
