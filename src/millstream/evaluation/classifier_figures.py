"""Figures of classifiers: confusion, ROC, precision and recall, lift, calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from sklearn import metrics as sk

from millstream.evaluation import figures as f
from millstream.evaluation import ranking
from millstream.evaluation.classification import Classified
from millstream.evaluation.ranking import Counts, Ranking
from millstream.evaluation.resampling import Array, Plan, ratio, replicate

GRID = np.linspace(0, 1, 101)
LIFT_GRID = np.linspace(0.01, 1, 100)
BINS = 10
MOST_BAND_RESAMPLES = 200
MOST_LABELS_WRITTEN = 12
MOST_LABELS_NAMED = 40
_BLUES = LinearSegmentedColormap.from_list("share", ["#ffffff", "#cfe3f1", f.ACCENT])

Heights = Callable[[Counts, Array], Array]


def confusion(rows: Classified) -> Figure:
    """Counts of rows by what they are and what they were called; the shade is the share."""
    places = rows.used
    counts = sk.confusion_matrix(rows.targets, rows.predictions, labels=places)
    shares = ratio(counts, counts.sum(axis=1, keepdims=True), 0.0)
    side = float(np.clip(2.6 + 0.55 * len(places), 4.2, 12))
    figure, axes = f.canvas("Confusion matrix", "Predicted", "Actual", (side + 0.8, side))
    image = axes.imshow(shares, cmap=_BLUES, vmin=0, vmax=1)
    axes.grid(visible=False)
    if len(places) <= MOST_LABELS_NAMED:
        names = [f.shortened(label) for label in rows.labels[places]]
        crowded = max(map(len, names)) > 6 or len(names) > MOST_LABELS_WRITTEN
        axes.set_xticks(range(len(names)), names, rotation=45 if crowded else 0)
        axes.set_yticks(range(len(names)), names)
    if len(places) <= MOST_LABELS_WRITTEN:
        for (down, across), count in np.ndenumerate(counts):
            share = shares[down, across]
            colour = "white" if share > 0.6 else f.INK
            axes.text(across, down, f"{count:,}\n{share:.0%}", ha="center", va="center",
                      fontsize=9, color=colour, linespacing=1.4)  # fmt: skip
    bar = figure.colorbar(image, ax=axes, fraction=0.045, pad=0.03)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=f.QUIET, labelsize=8, length=0)
    bar.set_label("Share of the actual label", color=f.QUIET, fontsize=9)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def roc(rows: Classified, labels: Sequence[int], plan: Plan) -> Figure:
    """The ROC curve of each label, with a band where there is but one."""
    figure, axes = f.canvas("ROC curve", "False positive rate", "True positive rate")
    axes.plot([0, 1], [0, 1], color=f.QUIET, linewidth=1, linestyle=(0, (2, 3)))
    axes.text(0.60, 0.55, "chance", color=f.QUIET, fontsize=9, rotation=34)
    if len(labels) == 1:
        _band(axes, rows, labels[0], GRID, ranking.roc_heights, plan)
    for index, label in enumerate(labels):
        actual, scores = rows.targets == label, rows.scores(label)
        x, y, _ = sk.roc_curve(actual, scores, sample_weight=rows.weights)
        area = sk.roc_auc_score(actual, scores, sample_weight=rows.weights)
        axes.plot(x, y, label=_named(rows, label, labels, f"AUC {area:.3f}"), **f.look(index))
    f.share_axes(axes)
    f.legend(axes, loc="lower right")
    return figure


def precision_recall(rows: Classified, labels: Sequence[int], plan: Plan) -> Figure:
    """Precision against recall of each label, with a band where there is but one."""
    figure, axes = f.canvas("Precision and recall", "Recall", "Precision")
    if len(labels) == 1:
        _band(axes, rows, labels[0], GRID[1:], ranking.precision_heights, plan)
        share = np.average(rows.targets == labels[0], weights=rows.weights)
        axes.axhline(share, color=f.QUIET, linewidth=1, linestyle=(0, (2, 3)))
        axes.text(0.01, share + 0.015, "chance", color=f.QUIET, fontsize=9)
    for index, label in enumerate(labels):
        actual, scores = rows.targets == label, rows.scores(label)
        precision, recall, _ = sk.precision_recall_curve(actual, scores, sample_weight=rows.weights)
        mean = sk.average_precision_score(actual, scores, sample_weight=rows.weights)
        name = _named(rows, label, labels, f"average {mean:.3f}")
        axes.plot(recall, precision, drawstyle="steps-post", label=name, **f.look(index))
    f.share_axes(axes)
    f.legend(axes, loc="lower left")
    return figure


def lift(rows: Classified, plan: Plan) -> Figure:
    """How many times more positives the rows of highest score have than rows by chance."""
    positive = rows.positive or 0
    figure, axes = f.canvas("Lift", "Share of rows, highest score first", "Lift over chance")
    own = _ranking(rows, positive).counts(np.ones((1, len(rows.targets))))
    heights = ranking.lift_heights(own, LIFT_GRID)[0]
    _band(axes, rows, positive, LIFT_GRID, ranking.lift_heights, plan)
    axes.axhline(1, color=f.QUIET, linewidth=1, linestyle=(0, (2, 3)))
    axes.text(0.01, 1.01, "chance", color=f.QUIET, fontsize=9, va="bottom")
    axes.plot(LIFT_GRID, heights, label=f"label {rows.labels[positive]}", **f.look(0))
    axes.set_xlim(0, 1.01)
    axes.set_ylim(0, max(heights.max() * 1.1, 1.5))
    f.legend(axes, loc="lower left")
    return figure


def calibration(rows: Classified, labels: Sequence[int], plan: Plan) -> Figure:
    """How often rows of a predicted probability are what was predicted, and how many there are."""
    figure = Figure(figsize=(f.SIZE[0], f.SIZE[1] + 0.8), layout="constrained", facecolor="white")
    figure.suptitle("Calibration", x=0.02, ha="left", fontsize=12, color=f.INK,
                    fontweight="bold")  # fmt: skip
    axes, below = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
    f.quiet(axes, "", "Share that is the label")
    f.quiet(below, "Predicted probability", "Rows")
    axes.plot([0, 1], [0, 1], color=f.QUIET, linewidth=1, linestyle=(0, (2, 3)))
    axes.text(0.60, 0.55, "perfect", color=f.QUIET, fontsize=9, rotation=34)
    edges = np.linspace(0, 1, BINS + 1)
    for index, label in enumerate(labels):
        scores = rows.scores(label)
        means, shares, reach = _bins(rows, label, edges, plan if len(labels) == 1 else Plan(0))
        look = f.look(index) | {"marker": "o", "markersize": 4}
        name = _named(rows, label, labels, "")
        if reach is not None:
            axes.errorbar(means, shares, yerr=reach, label=name, elinewidth=1, capsize=2, **look)
        else:
            axes.plot(means, shares, label=name, **look)
        drawn = f.look(index) | {"linewidth": 1.2}
        below.hist(scores, bins=edges, histtype="step", **drawn)
    f.share_axes(axes)
    f.legend(axes, loc="upper left")
    return figure


def _band(
    axes: Any, rows: Classified, label: int, grid: Array, heights: Heights, plan: Plan
) -> None:
    """Shade where the curve of resampled rows lies, point by point."""
    fewer = plan._replace(n_bootstrap=min(plan.n_bootstrap, MOST_BAND_RESAMPLES))
    drawn = _ranking(rows, label)
    found = replicate(
        lambda counts: {"heights": heights(drawn.counts(counts), grid)}, fewer, rows.targets
    )
    if found:
        tails = [(1 - plan.level) / 2, (1 + plan.level) / 2]
        low, high = np.quantile(found["heights"], tails, axis=0)
        name = f"{plan.level:.0%} interval"
        axes.fill_between(grid, low, high, color=f.ACCENT, alpha=f.BAND, linewidth=0, label=name)


def _bins(
    rows: Classified, label: int, edges: Array, plan: Plan
) -> tuple[Array, Array, Array | None]:
    """Of each bin with rows: the mean probability, the share of the label, and its reach."""
    scores = rows.scores(label)
    places = np.clip(np.digitize(scores, edges[1:-1]), 0, BINS - 1)
    own = np.ones(len(scores)) if rows.weights is None else rows.weights
    inside = np.eye(BINS)[places] * own[:, None]
    total = inside.sum(axis=0)
    used = total > 0
    actual = (rows.targets == label).astype(float)
    means, shares = (ratio(by @ inside, total)[used] for by in (scores, actual))

    def of(counts: Array) -> dict[str, Array]:
        return {"shares": ratio((counts * actual) @ inside, counts @ inside)}

    # Not within labels: how many rows of a bin have the label is what varies.
    found = replicate(of, plan, np.zeros(len(scores), dtype=int))
    if not found:
        return means, shares, None
    tails = [(1 - plan.level) / 2, (1 + plan.level) / 2]
    low, high = np.nanquantile(found["shares"][:, used], tails, axis=0)
    return means, shares, np.clip([shares - low, high - shares], 0, None)


def _ranking(rows: Classified, label: int) -> Ranking:
    return Ranking(rows.targets == label, rows.scores(label), rows.weights)


def _named(rows: Classified, label: int, labels: Sequence[int], value: str) -> str:
    name = f.shortened(rows.labels[label])
    if len(labels) == 1:
        return value or f"label {name}"
    return f"{name}   {value}".rstrip()
