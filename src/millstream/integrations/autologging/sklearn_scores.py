"""How well an estimator of scikit-learn answers on its training data, under MLflow's names."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn import metrics as sk
from sklearn.base import is_classifier, is_regressor

from millstream import late
from millstream.integrations.autologging.data import rows_of, sample_of
from millstream.integrations.autologging.sklearn_data import FitData

PREFIX = "training_"
FEW_ROWS = 2_000
PROBED_ROWS = 500
SECONDS = 0.4

# The room of evaluation lies above this one.
_drawn = late(
    {
        "evaluation.classification": "classified",
        "evaluation.classifier_figures": "confusion precision_recall roc",
        "evaluation.resampling": "Plan",
    }
)


class Answers(NamedTuple):
    """Rows of the training data, what the estimator says of them, and of how many rows they are.

    `probabilities` are (rows, labels); None where the estimator gives none.
    """

    data: FitData
    predictions: Any
    probabilities: Any
    rows: int


def answers_of(estimator: Any, data: FitData) -> Answers | None:
    """What a trained estimator says of its training data; None where that can be no score.

    Where it would take long to ask for all rows it is asked for as many as take 0.4 seconds.
    """
    rows = rows_of(data.features)
    if not rows or not (is_classifier(estimator) or is_regressor(estimator)):
        return None
    if data.targets is None or not hasattr(estimator, "predict"):
        return None
    asked = affordable(estimator.predict, data, rows)
    probabilities = None
    if is_classifier(estimator) and hasattr(estimator, "predict_proba"):
        probabilities = estimator.predict_proba(asked.features)
    return Answers(asked, estimator.predict(asked.features), probabilities, rows)


def affordable(ask: Callable[[Any], Any], data: FitData, rows: int) -> FitData:
    """The data, or as many of their rows as asking for takes little time."""
    if rows <= FEW_ROWS:
        return data
    probe = sample_of(data.features, PROBED_ROWS)
    start = time.perf_counter()
    ask(probe)
    seconds = (time.perf_counter() - start) / (rows_of(probe) or 1)
    most = max(FEW_ROWS, int(SECONDS / max(seconds, 1e-9)))
    return data if rows <= most else FitData(*(sample_of(part, most) for part in data))


def metrics_of(estimator: Any, answers: Answers, pos_label: Any) -> Iterator[tuple[str, Any]]:
    """Each metric by its name, as a function that finds it; one may fail and others not."""
    found = _of_classifier if is_classifier(estimator) else _of_regressor
    for name, metric in found(estimator, answers, pos_label):
        yield PREFIX + name, metric


def score_of(estimator: Any, data: FitData) -> float | None:
    """The estimator's own score on its training data; None if it has none."""
    rows = rows_of(data.features)
    if not rows or not hasattr(estimator, "score"):
        return None
    asked = (
        affordable(lambda few: estimator.predict(few), data, rows)
        if hasattr(estimator, "predict")
        else data
    )
    weights = {} if asked.weights is None else {"sample_weight": asked.weights}
    targets = () if asked.targets is None else (asked.targets,)
    return float(estimator.score(asked.features, *targets, **weights))


def figures_of(answers: Answers, labels: Any) -> dict[str, Callable[[], Any]]:
    """The figures of a classifier, each as a function that draws it."""
    plan = _drawn("Plan")(n_bootstrap=0)
    known = None if answers.probabilities is None else (np.asarray(labels), answers.probabilities)
    weights = None if answers.data.weights is None else np.asarray(answers.data.weights)
    rows = _drawn("classified")(
        np.asarray(answers.data.targets), np.asarray(answers.predictions), known, weights
    )
    drawn = {"confusion_matrix": lambda: _drawn("confusion")(rows)}
    if rows.positive is not None and rows.probabilities is not None and len(rows.labels) == 2:
        positive = [rows.positive]
        drawn["roc_curve"] = lambda: _drawn("roc")(rows, positive, plan)
        drawn["precision_recall_curve"] = lambda: _drawn("precision_recall")(rows, positive, plan)
    return {f"{PREFIX}{name}.png": draw for name, draw in drawn.items()}


def _of_classifier(
    estimator: Any, answers: Answers, pos_label: Any
) -> Iterator[tuple[str, Callable[[], float]]]:
    truth, said = answers.data.targets, answers.predictions
    weighted = {"sample_weight": answers.data.weights}
    how = {"average": "weighted"} if pos_label is None else {"pos_label": pos_label}
    for name in ("precision_score", "recall_score", "f1_score"):
        yield name, partial(getattr(sk, name), truth, said, zero_division=0, **how, **weighted)
    yield "accuracy_score", partial(sk.accuracy_score, truth, said, **weighted)
    chances = answers.probabilities
    if chances is not None:
        labels = estimator.classes_
        yield "log_loss", partial(sk.log_loss, truth, chances, labels=labels, **weighted)
        ranked = chances[:, 1] if len(labels) == 2 else chances
        many = {"average": "weighted", "multi_class": "ovo"}
        yield "roc_auc", partial(sk.roc_auc_score, truth, ranked, **many, **weighted)


def _of_regressor(
    estimator: Any, answers: Answers, pos_label: Any
) -> Iterator[tuple[str, Callable[[], float]]]:
    del estimator, pos_label
    truth, said = answers.data.targets, answers.predictions
    weighted = {"sample_weight": answers.data.weights}
    squared = partial(sk.mean_squared_error, truth, said, **weighted)
    yield "mean_squared_error", squared
    yield "root_mean_squared_error", lambda: float(np.sqrt(squared()))
    yield "mean_absolute_error", partial(sk.mean_absolute_error, truth, said, **weighted)
    yield "r2_score", partial(sk.r2_score, truth, said, **weighted)
