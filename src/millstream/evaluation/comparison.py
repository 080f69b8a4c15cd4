"""Two models on the same rows: how far apart their metrics are, and whether chance explains it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter
from millstream.evaluation.resampling import Array, Interval, interval
from millstream.evaluation.result import EvaluationResult

DEFAULT_LEVEL = 0.95
COLUMNS = [
    "candidate",
    "baseline",
    "difference",
    "low",
    "high",
    "probability_better",
    "beyond_chance",
]
_GREATER_IS_BETTER = {
    **dict.fromkeys(
        [
            "accuracy_score",
            "recall_score",
            "precision_score",
            "f1_score",
            "roc_auc",
            "precision_recall_auc",
            "r2_score",
            "score",
            "true_positives",
            "true_negatives",
        ],
        True,
    ),
    **dict.fromkeys(
        [
            "log_loss",
            "false_positives",
            "false_negatives",
            "mean_absolute_error",
            "mean_squared_error",
            "root_mean_squared_error",
            "mean_absolute_percentage_error",
            "max_error",
        ],
        False,
    ),
}


def orientation(prefix: str = "") -> dict[str, bool]:
    """Whether more is better, for each built-in metric that has a better side."""
    return {prefix + name: greater for name, greater in _GREATER_IS_BETTER.items()}


def compare(candidate: EvaluationResult, baseline: EvaluationResult) -> Any:
    """The metrics that both have and that have a better side, as a DataFrame by metric.

    `low` and `high` are the interval of the difference, `probability_better` the share of resamples
    of the rows in which the candidate is better; both are NaN unless the two were evaluated on the
    same rows with the same resamples. `beyond_chance` says that the interval does not contain 0.
    """
    known = orientation() | baseline.greater_is_better | candidate.greater_is_better
    names = [name for name in candidate.metrics if name in baseline.metrics and name in known]
    if not names:
        raise InvalidParameter(
            f"the two results share no metric that has a better side: {sorted(candidate.metrics)} "
            f"and {sorted(baseline.metrics)}"
        )
    rows = [_row(name, known[name], candidate, baseline) for name in names]
    return pd.DataFrame(rows, index=pd.Index(names, name="metric"), columns=COLUMNS)


def paired(name: str, candidate: EvaluationResult, baseline: EvaluationResult) -> Array | None:
    """The differences of a metric in each resample that both share; None if they share none."""
    one, other = candidate.replicates.get(name), baseline.replicates.get(name)
    if one is None or other is None or candidate.rows is None or candidate.rows != baseline.rows:
        return None
    return one - other if len(one) == len(other) else None


def difference_interval(
    name: str, candidate: EvaluationResult, baseline: EvaluationResult
) -> Interval | None:
    """The interval of the difference of a metric, if the two results can be paired."""
    differences = paired(name, candidate, baseline)
    if differences is None:
        return None
    known = candidate.intervals.get(name)
    value = candidate.metrics[name] - baseline.metrics[name]
    return interval(differences, value, known.level if known else DEFAULT_LEVEL)


def _row(
    name: str, greater: bool, candidate: EvaluationResult, baseline: EvaluationResult
) -> tuple[Any, ...]:
    value, before = candidate.metrics[name], baseline.metrics[name]
    found = difference_interval(name, candidate, baseline)
    differences = paired(name, candidate, baseline)
    if found is None or differences is None:
        return value, before, value - before, math.nan, math.nan, math.nan, False
    gains = differences if greater else -differences
    probability = float(np.mean(gains > 0) + np.mean(gains == 0) / 2)
    beyond = found.low > 0 or found.high < 0
    return value, before, value - before, found.low, found.high, probability, beyond
