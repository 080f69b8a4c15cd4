"""Figures of regressors: residuals, and predictions beside what came true."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from millstream.evaluation import figures as f
from millstream.evaluation.resampling import Array, Plan, ratio, replicate

MOST_POINTS = 5_000
BINS = 12
MOST_BAND_RESAMPLES = 400


def predicted_versus_actual(targets: Array, predictions: Array, plan: Plan) -> Figure:
    """Each row as a point, and the mean of what came true along the predictions."""
    figure, axes = f.canvas("Predicted versus actual", "Predicted", "Actual")
    _points(axes, predictions, targets)
    low = float(min(targets.min(), predictions.min()))
    high = float(max(targets.max(), predictions.max()))
    axes.plot([low, high], [low, high], color=f.QUIET, linewidth=1, linestyle=(0, (2, 3)),
              label="perfect")  # fmt: skip
    _trend(axes, predictions, targets, plan)
    f.legend(axes, loc="upper left")
    return figure


def residuals(targets: Array, predictions: Array, plan: Plan) -> Figure:
    """What came true minus what was predicted, along the predictions, and how it is spread."""
    left = targets - predictions
    figure = f.sheet("Residuals", (7.6, 4.8))
    axes, beside = figure.subplots(1, 2, width_ratios=[4, 1], sharey=True)
    f.quiet(axes, "Predicted", "Actual minus predicted")
    f.quiet(beside, "Rows", "")
    _points(axes, predictions, left)
    axes.axhline(0, color=f.QUIET, linewidth=1, linestyle=(0, (2, 3)))
    _trend(axes, predictions, left, plan)
    beside.hist(left, bins=30, orientation="horizontal", color=f.ACCENT, alpha=0.55)
    f.legend(axes, loc="upper left")
    return figure


def _points(axes: Any, x: Array, y: Array) -> None:
    """At most so many points as the eye resolves, chosen at random."""
    if len(x) > MOST_POINTS:
        chosen = np.random.default_rng(0).choice(len(x), MOST_POINTS, replace=False)
        x, y = x[chosen], y[chosen]
    alpha = float(np.clip(60 / np.sqrt(len(x) + 1) / 10, 0.08, 0.6))
    axes.scatter(x, y, s=14, color=f.ACCENT, alpha=alpha, linewidths=0)


def _trend(axes: Any, x: Array, y: Array, plan: Plan) -> None:
    """The mean of y in bins of x of equally many rows, with its interval."""
    edges = np.unique(np.quantile(x, np.linspace(0, 1, BINS + 1)))
    if len(edges) < 3 or len(x) < 4 * BINS:
        return
    places = np.clip(np.digitize(x, edges[1:-1]), 0, len(edges) - 2)
    inside = np.eye(len(edges) - 1)[places]
    total = inside.sum(axis=0)
    used = total > 0
    middles, means = (ratio(values @ inside, total)[used] for values in (x, y))

    def of(counts: Array) -> dict[str, Array]:
        return {"means": ratio((counts * y) @ inside, counts @ inside)}

    most = MOST_BAND_RESAMPLES if len(x) <= f.MOST_ROWS_OF_BAND else 0
    found = replicate(of, plan._replace(n_bootstrap=min(plan.n_bootstrap, most)), places)
    if found:
        tails = [(1 - plan.level) / 2, (1 + plan.level) / 2]
        low, high = np.nanquantile(found["means"][:, used], tails, axis=0)
        name = f"{plan.level:.0%} interval of the mean"
        axes.fill_between(middles, low, high, color=f.SECOND, alpha=f.BAND, linewidth=0, label=name)
    axes.plot(middles, means, color=f.SECOND, linewidth=f.WIDTH, label="mean of rows nearby")
