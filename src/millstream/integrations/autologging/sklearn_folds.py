"""What a cross-validation of scikit-learn logs: one run for it, and none for its folds.

Whichever function it was asked for by (`cross_val_score`, `cross_validate`, `learning_curve` and
their like), and wherever that was imported from, it hands its folds to scikit-learn's `Parallel`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from millstream.client.active import current
from millstream.client.runs import RunMethods
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.data import dataset_of, log_dataset
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.reports import Parts
from millstream.integrations.autologging.sklearn_training import tags_of

FLAVOR = "sklearn"
_SCORED = ("test_scores", "train_scores")


class Folds:
    """The tasks of a cross-validation, of which the first is known before any is begun."""

    def __init__(self, first: Any, others: Iterable[Any]) -> None:
        self.first = first
        self._others = others
        self._tested: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        for task in itertools.chain([self.first], self._others):
            self._tested.append(task[2].get("test"))  # held, so that no other gets its identity
            yield task

    @property
    def each_tests_its_own(self) -> bool:
        """Whether no rows were tested upon twice, as in curves, so that scores have a mean."""
        return len({id(rows) for rows in self._tested}) == len(self._tested)


def cross_validate(original: Callable[..., Any], parallel: Any, folds: Folds) -> Any:
    """Let the folds be done, and log to the active run what they are of and how they score."""
    parts = Parts(FLAVOR, silent=get_autologging_config(FLAVOR, "silent", False))
    try:
        parts.do("params", _log_params, folds.first[1][0])
        parts.do("dataset", _log_dataset, *folds.first[1][1:3])
        results = original(parallel, folds)
        parts.do("metrics", _log_scores, results, folds.each_tests_its_own)
        return results
    finally:
        parts.tell()


def _log_params(estimator: Any) -> None:
    record = Record()
    record.params(estimator.get_params(deep=True))
    record.tags(tags_of(estimator))
    record.send()


def _log_dataset(features: Any, targets: Any = None) -> None:
    if not get_autologging_config(FLAVOR, "log_datasets", True):
        return
    dataset = dataset_of(features, targets)
    if dataset is not None:
        run = current()
        log_dataset(RunMethods(run.place), run.run_id, dataset)


def _log_scores(results: Any, each_tests_its_own: bool) -> None:
    """A point for each fold, and their mean and deviation where all score other rows."""
    record = Record()
    series: dict[str, list[float]] = {}
    for step, result in enumerate(results):
        scores = _scores(result)
        record.metrics(scores, step)
        for name, value in scores.items():
            series.setdefault(name, []).append(value)
    if each_tests_its_own:
        for name, values in series.items():
            record.metrics({f"mean_{name}": np.mean(values), f"std_{name}": np.std(values)})
    record.send()


def _scores(result: Any) -> dict[str, float]:
    """The scores of a fold, of one scorer or of several, under scikit-learn's names."""
    found: dict[str, float] = {}
    for kind in _SCORED:
        scores = result.get(kind) if isinstance(result, dict) else None
        prefix = kind.removesuffix("_scores")
        if isinstance(scores, dict):
            found |= {f"{prefix}_{name}": float(value) for name, value in scores.items()}
        elif scores is not None:
            found[f"{prefix}_score"] = float(scores)
    return found
