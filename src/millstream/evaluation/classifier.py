"""Evaluates classifiers of two or more labels: metrics, curves, confusion, calibration."""

from __future__ import annotations

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter
from millstream.evaluation import classifier_figures as figures
from millstream.evaluation.classification import (
    Classified,
    classified,
    label_metrics,
    point_metrics,
    statistic,
)
from millstream.evaluation.contents import picture, table
from millstream.evaluation.custom import Setting
from millstream.evaluation.findings import Findings
from millstream.evaluation.resampling import Array, Plan, Statistic, interval
from millstream.evaluation.subject import Answers

MOST_RANKED = 30


class Classifier:
    """The rows of a classifier: what they are, what they were called, how likely that was."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._rows = _rows(setting)
        count = len(self._rows.labels)
        self._ranked = range(count) if count <= MOST_RANKED else range(0)
        self._curves = count <= setting.options.max_classes_for_multiclass_roc_pr

    @property
    def strata(self) -> Array:
        """Rows are redrawn within their label."""
        return self._rows.targets

    @property
    def passes(self) -> int:
        """How many times a resample goes through all rows."""
        if self._rows.probabilities is None:
            return 1
        return 2 if self._rows.positive is not None else 1 + len(self._ranked)

    def measure(self, found: Findings) -> Statistic:
        """Find the metrics; answers with them for any number of resamples."""
        weights = self._setting.weights
        found.metrics |= point_metrics(self._rows)
        score = self._setting.answers.score(self._setting.dataset.targets, weights)
        if score is not None:
            found.metrics["score"] = score
        return statistic(self._rows, self._ranked)

    def complete(self, found: Findings, replicates: dict[str, Array], plan: Plan) -> None:
        """What follows from intervals: an estimator's score, and the table of labels."""
        if "score" in found.metrics:
            found.copy_interval("score", "accuracy_score")
        if self._rows.positive is None:
            frame = self._label_table(replicates, plan)
            found.artifacts["per_class_metrics"] = table("per_class_metrics", frame)

    def draw(self, found: Findings, plan: Plan) -> None:
        """Add the figures."""
        rows = self._rows
        drawn = {"confusion_matrix": figures.confusion(rows)}
        labels = self._drawable()
        if labels:
            drawn["calibration_curve_plot"] = figures.calibration(rows, labels, plan.level)
        if labels and (rows.positive is not None or self._curves):
            drawn["roc_curve_plot"] = figures.roc(rows, labels, plan)
            drawn["precision_recall_curve_plot"] = figures.precision_recall(rows, labels, plan)
        if labels and rows.positive is not None:
            drawn["lift_curve_plot"] = figures.lift(rows, plan)
        for name, figure in drawn.items():
            found.artifacts[name] = picture(name, figure)

    def _drawable(self) -> list[int]:
        """The labels with a curve: those that some rows have, and others not."""
        rows = self._rows
        if rows.probabilities is None:
            return []
        wanted = list(self._ranked) if rows.positive is None else [rows.positive]
        shares = [(label, np.mean(rows.targets == label)) for label in wanted]
        most = self._setting.options.max_classes_for_multiclass_roc_pr
        return [label for label, share in shares if 0 < share < 1][: max(most, 1)]

    def _label_table(self, replicates: dict[str, Array], plan: Plan) -> pd.DataFrame:
        """The metrics of each label, and to the right of all the ends of their intervals."""
        columns = label_metrics(self._rows, self._curves)
        frame = pd.DataFrame({"positive_class": self._rows.labels, **columns})
        for name in columns:
            own = replicates.get(f"label/{name}")
            if own is None or own.shape[1] != len(frame):
                continue
            pairs = zip(own.T, frame[name], strict=True)
            found = [interval(one, float(value), plan.level) for one, value in pairs]
            frame[f"{name}_low"] = [one.low if one else np.nan for one in found]
            frame[f"{name}_high"] = [one.high if one else np.nan for one in found]
        return frame


def _rows(setting: Setting) -> Classified:
    answers, options = setting.answers, setting.options
    targets = np.asarray(setting.dataset.targets)
    answered = answers.probabilities()
    if answers.predictions is None:
        answered = _from_table(answers, targets)
        answers.predictions = pd.Series(answered[0][answered[1].argmax(axis=1)], name="prediction")
    return classified(
        targets,
        np.asarray(answers.predictions),
        answered,
        setting.weights,
        options.pos_label,
        options.average,
    )


def _from_table(answers: Answers, targets: Array) -> tuple[Array, Array]:
    """The labels and probabilities of a model that answers with one column for each label."""
    given = np.asarray(answers.table, dtype=float)
    labels = np.unique(targets)
    if answers.outputs is not None and set(labels) <= set(answers.outputs.columns):
        labels = np.asarray(answers.outputs.columns)
    if given.shape[1] != len(labels):
        raise InvalidParameter(
            f"the model answers with {given.shape[1]} columns, but the data has the "
            f"{len(labels)} labels {labels.tolist()[:5]}; a classifier answers with one label for "
            "each row, or with the probability of each label in their order"
        )
    return labels, given
