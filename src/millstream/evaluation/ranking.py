"""Curves and areas of scores that rank rows, for many weightings of the rows at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from millstream.evaluation.resampling import Array, ratio


class Counts(NamedTuple):
    """Rows at or above each distinct score, highest first: arrays (resamples, scores)."""

    positives: Array
    negatives: Array


class Ranking:
    """Rows in the order of their score; `positive` says which of them are what was looked for."""

    def __init__(self, positive: Array, scores: Array, weights: Array | None = None) -> None:
        order = np.argsort(-scores, kind="stable")
        own = np.ones(len(scores)) if weights is None else weights[order]
        ordered = scores[order]
        self._order = order
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._positive = np.where(positive[order], own, 0.0)
        self._negative = np.where(positive[order], 0.0, own)

    def counts(self, resamples: Array) -> Counts:
        """How many of each kind are at or above each score."""
        ranked = resamples[:, self._order]
        return Counts(
            np.add.reduceat(ranked * self._positive, self._starts, axis=1).cumsum(axis=1),
            np.add.reduceat(ranked * self._negative, self._starts, axis=1).cumsum(axis=1),
        )

    def areas(self, resamples: Array) -> tuple[Array, Array]:
        """The area under the ROC curve, and the average precision, of each resample."""
        counts = self.counts(resamples)
        return roc_area(counts), average_precision(counts)


def roc_area(counts: Counts) -> Array:
    """How likely a positive is above a negative; ties count half."""
    found, before = counts.positives, _before(counts.positives)
    steps = counts.negatives - _before(counts.negatives)
    area = (steps * (found + before)).sum(axis=1) / 2
    return ratio(area, found[:, -1] * counts.negatives[:, -1])


def average_precision(counts: Counts) -> Array:
    """The mean of the precision at each positive."""
    steps = counts.positives - _before(counts.positives)
    precision = ratio(counts.positives, counts.positives + counts.negatives, 0.0)
    return ratio((steps * precision).sum(axis=1), counts.positives[:, -1])


def roc_heights(counts: Counts, grid: Array) -> Array:
    """The true positive rate at each false positive rate of the grid: (resamples, grid)."""
    x = _with_origin(ratio(counts.negatives, counts.negatives[:, -1:], 0.0))
    y = _with_origin(ratio(counts.positives, counts.positives[:, -1:], 0.0))
    return np.stack([np.interp(grid, *one) for one in zip(x, y, strict=True)])


def precision_heights(counts: Counts, grid: Array) -> Array:
    """The precision where each recall of the grid is first reached: (resamples, grid)."""
    recall = ratio(counts.positives, counts.positives[:, -1:], 0.0)
    precision = ratio(counts.positives, counts.positives + counts.negatives, 1.0)
    last = recall.shape[1] - 1
    places = [np.searchsorted(one, grid - 1e-12).clip(0, last) for one in recall]
    return np.stack([row[place] for row, place in zip(precision, places, strict=True)])


def lift_heights(counts: Counts, grid: Array) -> Array:
    """Positives among the highest share of rows, relative to chance: (resamples, grid)."""
    rows = counts.positives + counts.negatives
    share = _with_origin(ratio(rows, rows[:, -1:], 0.0))
    gain = _with_origin(ratio(counts.positives, counts.positives[:, -1:], 0.0))
    heights = [np.interp(grid, *one) for one in zip(share, gain, strict=True)]
    return np.stack(heights) / grid


def _before(cumulated: Array) -> Array:
    return np.concatenate([np.zeros((len(cumulated), 1)), cumulated[:, :-1]], axis=1)


def _with_origin(rising: Array) -> Array:
    return np.concatenate([np.zeros((len(rising), 1)), rising], axis=1)
