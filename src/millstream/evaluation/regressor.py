"""Evaluates regressors: metrics, residuals, predictions beside what came true."""

from __future__ import annotations

import numpy as np

from millstream.errors import InvalidParameter
from millstream.evaluation.contents import picture
from millstream.evaluation.custom import Setting
from millstream.evaluation.findings import Findings
from millstream.evaluation.regression import point_metrics, statistic
from millstream.evaluation.regressor_figures import predicted_versus_actual, residuals
from millstream.evaluation.resampling import Array, Plan, Statistic


class Regressor:
    """The rows of a regressor: what came true, and what was predicted."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._targets = _numbers(setting.dataset.targets, "targets")
        self._predictions = _numbers(setting.answers.predictions, "predictions")

    @property
    def strata(self) -> Array:
        """All rows are redrawn alike."""
        return np.zeros(len(self._targets), dtype=int)

    @property
    def passes(self) -> int:
        """How many times a resample goes through all rows."""
        return 1

    def measure(self, found: Findings) -> Statistic:
        """Find the metrics; answers with them for any number of resamples."""
        weights = self._setting.weights
        found.metrics |= point_metrics(self._targets, self._predictions, weights)
        score = self._setting.answers.score(self._setting.dataset.targets, weights)
        if score is not None:
            found.metrics["score"] = score
        return statistic(self._targets, self._predictions, weights)

    def complete(self, found: Findings, _replicates: dict[str, Array], _plan: Plan) -> None:
        """What follows from intervals: the score of an estimator is its R²."""
        if "score" in found.metrics:
            found.copy_interval("score", "r2_score")

    def draw(self, found: Findings, plan: Plan) -> None:
        """Add the figures."""
        for name, make in (
            ("residuals_plot", residuals),
            ("predicted_versus_actual_plot", predicted_versus_actual),
        ):
            figure = make(self._targets, self._predictions, plan)
            found.artifacts[name] = picture(name, figure)


def _numbers(values: object, what: str) -> Array:
    if values is None:
        raise InvalidParameter(
            f"a regressor answers with one number for each row; there are no such {what}"
        )
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(
            f"the {what} of a regressor must be numbers: {error}. Is it a classifier?"
        ) from error
    if not np.isfinite(found).all():
        place = int(np.flatnonzero(~np.isfinite(found))[0])
        raise InvalidParameter(
            f"the {what} of a regressor must be finite, but row {place} (counted from 0) has "
            f"{found[place]}"
        )
    return found
