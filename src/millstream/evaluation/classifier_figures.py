"""Figures of classifiers: confusion, ROC, precision and recall, lift, calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
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
PANELS_ACROSS = 4
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
    for edge in range(1, len(places)) if len(places) <= MOST_LABELS_WRITTEN else ():
        axes.axhline(edge - 0.5, color=f.GRID, linewidth=0.8)
        axes.axvline(edge - 0.5, color=f.GRID, linewidth=0.8)
    if len(places) <= MOST_LABELS_NAMED:
        names = [f.shortened(label) for label in rows.labels[places]]
        crowded = max(map(len, names)) > 6 or len(names) > MOST_LABELS_WRITTEN
        axes.set_xticks(range(len(names)), names, rotation=45 if crowded else 0)
        axes.set_yticks(range(len(names)), names)
    if len(places) <= MOST_LABELS_WRITTEN:
        for (down, across), count in np.ndenumerate(counts):
            share = shares[down, across]
            text = f"{count:,}\n{share:.0%}" if count else "0"
            colour = f.QUIET if not count else "white" if share > 0.6 else f.INK
            axes.text(across, down, text, ha="center", va="center", fontsize=9, color=colour,
                      linespacing=1.4)  # fmt: skip
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
    f.diagonal(axes, "chance")
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
        first = int(np.flatnonzero(recall == 1)[-1])  # below it precision falls, and nothing is won
        precision, recall = precision[first:], recall[first:]
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


def calibration(rows: Classified, labels: Sequence[int], level: float) -> Figure:
    """How often rows of a predicted probability are what was predicted; a panel for each label."""
    across = min(len(labels), PANELS_ACROSS)
    down = -(-len(labels) // across)
    size = f.SIZE if len(labels) == 1 else (2.6 * across + 0.8, 2.5 * down + 0.9)
    figure = f.sheet("Calibration", size)
    panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    for index, panel in enumerate(panels.flat):
        if index >= len(labels):
            panel.set_visible(False)
            continue
        last_row = index + across >= len(labels)
        first = index % across == 0
        f.quiet(panel, "Predicted probability" if last_row else "",
                "Share that is the label" if first else "")  # fmt: skip
        panel.tick_params(labelbottom=last_row)
        f.diagonal(panel)
        means, shares, reach = _bins(rows, labels[index], level)
        label = f"label {f.shortened(rows.labels[labels[index]])}"
        look = {"marker": "o", "markersize": 4, "elinewidth": 1, "capsize": 2, **f.look(0)}
        panel.errorbar(means, shares, reach, label=f"{label}, {level:.0%} intervals", **look)
        f.share_axes(panel)
        if len(labels) == 1:
            f.legend(panel, loc="upper left")
        else:
            panel.set_title(label, fontsize=10, color=f.INK, loc="left")
    return figure


def _band(
    axes: Any, rows: Classified, label: int, grid: Array, heights: Heights, plan: Plan
) -> None:
    """Shade where the curve of resampled rows lies, point by point."""
    if len(rows.targets) > f.MOST_ROWS_OF_BAND:
        return
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


def _bins(rows: Classified, label: int, level: float) -> tuple[Array, Array, Array]:
    """Of each bin with rows: the mean probability, the share of the label, and its reach.

    The reach is Wilson's, which is right for bins of few rows and where all or none have the label.
    """
    scores = rows.scores(label)
    places = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    own = np.ones(len(scores)) if rows.weights is None else rows.weights
    inside = np.eye(BINS)[places]
    total, squares = own @ inside, own**2 @ inside
    used = total > 0
    actual = (rows.targets == label).astype(float)
    means, shares = (ratio((own * by) @ inside, total)[used] for by in (scores, actual))
    count = total[used] ** 2 / squares[used]
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    middle = (shares + z2 / (2 * count)) / (1 + z2 / count)
    half = np.sqrt(z2 * (shares * (1 - shares) + z2 / (4 * count)) / count) / (1 + z2 / count)
    return means, shares, np.clip([shares - middle + half, middle + half - shares], 0, None)


def _ranking(rows: Classified, label: int) -> Ranking:
    return Ranking(rows.targets == label, rows.scores(label), rows.weights)


def _named(rows: Classified, label: int, labels: Sequence[int], value: str) -> str:
    name = f.shortened(rows.labels[label])
    if len(labels) == 1:
        return value or f"label {name}"
    return f"{name}   {value}".rstrip()
