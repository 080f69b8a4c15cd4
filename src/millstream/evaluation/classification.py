"""Metrics of classifiers, at once for many weightings of the rows, and from scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from sklearn import metrics as sk

from millstream.client.away import warn
from millstream.errors import InvalidParameter
from millstream.evaluation.ranking import Ranking
from millstream.evaluation.resampling import Array, Statistic, ratio, weighted_mean

AVERAGES = ("weighted", "macro", "micro")
MOST_LABELS = 1_000
SMALLEST = float(np.finfo(np.float64).eps)


class Classified(NamedTuple):
    """Rows whose targets and predictions are places in the sorted `labels`.

    `probabilities` are (rows, labels). `positive` is the place of the positive label of a binary
    task, None of any other; `average` is then how the labels' metrics become one.
    """

    labels: Array
    targets: Array
    predictions: Array
    probabilities: Array | None = None
    weights: Array | None = None
    positive: int | None = None
    average: str = "weighted"

    def checked(self) -> Classified:
        """Itself; an unknown way to average raises `InvalidParameter`."""
        if self.average not in AVERAGES:
            raise InvalidParameter(
                f"`average` must be one of {list(AVERAGES)}, not {self.average!r}"
            )
        return self

    @property
    def used(self) -> Array:
        """The places of labels that a row has or was given."""
        return np.union1d(self.targets, self.predictions)

    def scores(self, label: int) -> Array:
        """The probabilities of a label; only where there are any."""
        if self.probabilities is None:
            raise InvalidParameter("the model gives no probabilities")
        return np.asarray(self.probabilities[:, label])


def classified(
    targets: Array,
    predictions: Array,
    answered: tuple[Array, Array] | None,
    weights: Array | None = None,
    pos_label: Any = None,
    average: str = "weighted",
) -> Classified:
    """Rows with any labels; `answered` are the labels a model knows and their probabilities.

    A task is binary if no more than two labels are known or seen; the positive one is then
    `pos_label`, else the last in order, such as 1 of 0 and 1. Probabilities are left out, with a
    warning, if rows have labels of which the model does not know.
    """
    own, said = _comparable(targets, predictions)
    known, probabilities = answered or (own[:0], None)
    if probabilities is not None:
        known = _comparable(known, own)[0]
    labels = np.union1d(np.union1d(own, said), known)
    if probabilities is not None and len(labels) > len(known):
        extra = [label for label in labels.tolist() if label not in set(known.tolist())]
        warn(
            f"metrics of probabilities are left out, since the data has the labels {extra[:5]}, of "
            f"which the model does not know: its labels are {known.tolist()[:5]}"
        )
        probabilities = None
    if probabilities is not None:
        probabilities = probabilities[:, np.argsort(known)]
    _check_labels(labels, len(own), own)
    positive = None
    if len(labels) <= 2:
        positive = len(labels) - 1 if pos_label is None else _place(labels, pos_label)
    targets, predictions = (np.searchsorted(labels, values) for values in (own, said))
    if labels.dtype.kind == "f":
        labels = labels.astype(int)
    found = Classified(labels, targets, predictions, probabilities, weights, positive, average)
    return found.checked()


def _comparable(values: Array, others: Array) -> tuple[Array, Array]:
    """Both as numbers, or both as texts if one of them is not numbers."""
    if values.dtype.kind in "biuf" and others.dtype.kind in "biuf":
        return values, others
    return values.astype(str), others.astype(str)


def _place(labels: Array, pos_label: Any) -> int:
    found = np.flatnonzero(labels == (str(pos_label) if labels.dtype.kind == "U" else pos_label))
    if len(found) != 1:
        raise InvalidParameter(
            f"`pos_label` is {pos_label!r}, but the labels are {labels.tolist()}"
        )
    return int(found[0])


def _check_labels(labels: Array, rows: int, targets: Array) -> None:
    """Refuse numbers that are no labels: mostly the probabilities of a model that gives those."""
    if labels.dtype.kind == "f" and not (labels == np.floor(labels)).all():
        example = labels[labels != np.floor(labels)][0]
        raise InvalidParameter(
            f"a classifier's targets and predictions must be labels, but there is the number "
            f"{example}; if the model predicts probabilities, evaluate a function that makes "
            "labels of them, or answer with one column of probabilities for each label"
        )
    if len(labels) > MOST_LABELS:
        raise InvalidParameter(
            f"{rows} rows have {len(labels)} labels ({len(np.unique(targets))} of them targets); "
            f"a classifier may have {MOST_LABELS}. Is it a regressor?"
        )


def point_metrics(rows: Classified) -> dict[str, float]:
    """The metrics of the rows under MLflow's names; the counts of a binary task know no weights."""
    found: dict[str, float] = {}
    given = {"sample_weight": rows.weights}
    if rows.positive is not None:
        found |= confusion_counts(rows.targets, rows.predictions, rows.positive)
        named = {"average": "binary", "pos_label": rows.positive}
    else:
        named = {"average": rows.average}
    found["example_count"] = len(rows.targets)
    found["accuracy_score"] = float(sk.accuracy_score(rows.targets, rows.predictions, **given))
    for name in ("recall_score", "precision_score", "f1_score"):
        metric = getattr(sk, name)
        found[name] = float(
            metric(rows.targets, rows.predictions, zero_division=0, **named, **given)
        )
    if rows.probabilities is not None:
        found["log_loss"] = float(np.average(_losses(rows), weights=rows.weights))
        found |= _areas(rows)
    return found


def confusion_counts(targets: Array, predictions: Array, positive: int) -> dict[str, float]:
    """How many rows are right and wrong, by what they are and what they were called."""
    actual, called = targets == positive, predictions == positive
    return {
        "true_negatives": int((~actual & ~called).sum()),
        "false_positives": int((~actual & called).sum()),
        "false_negatives": int((actual & ~called).sum()),
        "true_positives": int((actual & called).sum()),
    }


def statistic(rows: Classified, per_label: Sequence[int] = ()) -> Statistic:
    """The same metrics of any number of resamples.

    Those of each label are beside them, as arrays (resamples, labels) under `label/<metric>`; areas
    for the labels `per_label` only.
    """
    own = np.ones(len(rows.targets)) if rows.weights is None else rows.weights
    cells = _Cells(rows, own)
    losses = None if rows.probabilities is None else _losses(rows)
    ranked = _ranked(rows, per_label)
    rankings = {label: _ranking(rows, label) for label in ranked}

    def of(counts: Array) -> dict[str, Array]:
        found = cells.metrics(counts)
        if losses is not None:
            found["log_loss"] = weighted_mean(counts * own, losses)
        areas = {label: rankings[label].areas(counts) for label in ranked}
        if rows.positive is not None and areas:
            found["roc_auc"], found["precision_recall_auc"] = areas[rows.positive]
        elif areas:
            roc, precision = (np.stack(part, axis=1) for part in zip(*areas.values(), strict=True))
            found |= {"label/roc_auc": roc, "label/precision_recall_auc": precision}
            if rows.average != "micro":
                shares = np.stack(
                    [(counts * own) @ (rows.targets == one) for one in ranked], axis=1
                )
                found["roc_auc"] = averaged(roc, shares, rows.average)
        return found

    return of


def averaged(values: Array, shares: Array, average: str) -> Array:
    """The metrics of labels (resamples, labels) as one; labels without rows do not count."""
    weights = shares if average == "weighted" else np.ones_like(shares)
    weights = np.where(np.isfinite(values), weights, 0.0)
    return ratio((np.nan_to_num(values) * weights).sum(axis=1), weights.sum(axis=1))


class _Cells:
    """The cells of the confusion matrix that have rows, and metrics that follow from them."""

    def __init__(self, rows: Classified, own: Array) -> None:
        width = len(rows.labels)
        codes = rows.targets * width + rows.predictions
        self._order = np.argsort(codes, kind="stable")
        present, self._starts = np.unique(codes[self._order], return_index=True)
        self._own = own[self._order]
        targets, predictions = np.divmod(present, width)
        self._actual = _members(targets, width)
        self._called = _members(predictions, width)
        self._right = _members(targets, width, (targets == predictions).astype(float))
        self._sides = targets == rows.positive, predictions == rows.positive
        self._rows = rows

    def metrics(self, counts: Array) -> dict[str, Array]:
        drawn = counts[:, self._order]
        cells = np.add.reduceat(drawn * self._own, self._starts, axis=1)
        right, actual, called = (
            (by @ cells.T).T for by in (self._right, self._actual, self._called)
        )
        labels = {
            "recall_score": ratio(right, actual, 0.0),
            "precision_score": ratio(right, called, 0.0),
            "f1_score": ratio(2 * right, actual + called, 0.0),
        }
        accuracy = ratio(right.sum(axis=1), cells.sum(axis=1))
        found = {f"label/{name}": values for name, values in labels.items()}
        found["accuracy_score"] = accuracy
        rows = self._rows
        if rows.positive is not None:
            found |= {name: values[:, rows.positive] for name, values in labels.items()}
            found |= self._binary(np.add.reduceat(drawn, self._starts, axis=1))
        elif rows.average == "micro":
            found |= dict.fromkeys(labels, accuracy)
        else:
            used = rows.used
            found |= {
                name: averaged(values[:, used], actual[:, used], rows.average)
                for name, values in labels.items()
            }
        return found

    def _binary(self, cells: Array) -> dict[str, Array]:
        actual, called = self._sides
        return {
            "true_negatives": cells[:, ~actual & ~called].sum(axis=1),
            "false_positives": cells[:, ~actual & called].sum(axis=1),
            "false_negatives": cells[:, actual & ~called].sum(axis=1),
            "true_positives": cells[:, actual & called].sum(axis=1),
        }


def _members(places: Array, width: int, values: Array | None = None) -> Any:
    """A sparse array (labels, cells) that adds up the cells of each label."""
    own = np.ones(len(places)) if values is None else values
    return csr_array((own, (places, np.arange(len(places)))), shape=(width, len(places)))


def label_metrics(rows: Classified, areas: bool) -> dict[str, list[float]]:
    """The columns of the table of labels: each label against all others, under MLflow's names."""
    table: dict[str, list[float]] = {}
    for label in range(len(rows.labels)):
        row = _of_label(rows, label, areas)
        for name, value in row.items():
            table.setdefault(name, []).append(value)
    return table


def _of_label(rows: Classified, label: int, areas: bool) -> dict[str, float]:
    actual, called = rows.targets == label, rows.predictions == label
    given = {"sample_weight": rows.weights}
    found = confusion_counts(rows.targets, rows.predictions, label)
    found["example_count"] = len(actual)
    found["accuracy_score"] = float(sk.accuracy_score(actual, called, **given))
    for name in ("recall_score", "precision_score", "f1_score"):
        found[name] = float(getattr(sk, name)(actual, called, zero_division=0, **given))
    if areas and rows.probabilities is not None:
        found["roc_auc"], found["precision_recall_auc"] = _areas_of(rows, label)
    return found


def _areas(rows: Classified) -> dict[str, float]:
    """The areas of the positive label, or the ROC area over all labels, where they are defined."""
    if rows.positive is not None:
        roc, precision = _areas_of(rows, rows.positive)
        found = {"roc_auc": roc, "precision_recall_auc": precision}
        return {name: value for name, value in found.items() if not math.isnan(value)}
    if rows.average == "micro":
        return {}
    labels = range(len(rows.labels))
    values = np.array([[_areas_of(rows, label)[0] for label in labels]])
    shares = np.bincount(rows.targets, weights=rows.weights, minlength=len(rows.labels))
    value = float(averaged(values, shares[None, :], rows.average)[0])
    return {} if math.isnan(value) else {"roc_auc": value}


def _areas_of(rows: Classified, label: int) -> tuple[float, float]:
    actual, scores = rows.targets == label, rows.scores(label)
    if actual.all() or not actual.any():
        return math.nan, math.nan
    given = {"sample_weight": rows.weights}
    return (
        float(sk.roc_auc_score(actual, scores, **given)),
        float(sk.average_precision_score(actual, scores, **given)),
    )


def _ranked(rows: Classified, per_label: Sequence[int]) -> list[int]:
    """The labels whose areas are wanted."""
    if rows.probabilities is None:
        return []
    return list(per_label) if rows.positive is None else [rows.positive]


def _ranking(rows: Classified, label: int) -> Ranking:
    return Ranking(rows.targets == label, rows.scores(label), rows.weights)


def _losses(rows: Classified) -> Array:
    """Minus the logarithm of the probability that each row's own label was given."""
    probabilities = np.asarray(rows.probabilities, dtype=float)
    scaled = probabilities / probabilities.sum(axis=1, keepdims=True)
    own = scaled[np.arange(len(rows.targets)), rows.targets]
    return np.asarray(-np.log(np.clip(own, SMALLEST, 1 - SMALLEST)))
