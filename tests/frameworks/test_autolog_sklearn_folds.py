"""A cross-validation is one run, whichever function was asked for it, and gives what it gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_backend  # type: ignore[import-untyped]  # it has no types
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.tree import DecisionTreeClassifier
from tests.frameworks.autologged import (
    every_run,
    files,
    logging_to,
    models,
    place,
    without_warnings,
)

import millstream
from millstream.client.tracking import MillstreamClient

__all__ = ["place"]

X = pd.DataFrame(np.random.default_rng(7).normal(size=(60, 2)), columns=["a", "b"])
Y = (X["a"] > 0).astype(int).rename("label")


@pytest.fixture
def autolog(place: Path) -> Iterator[Callable[..., None]]:
    with logging_to(place, "sklearn"):
        yield millstream.sklearn.autolog


def the_run() -> millstream.Run:
    (run,) = every_run()
    assert run.info.status == "FINISHED"
    return run


def series(run: millstream.Run, name: str) -> list[float]:
    history = MillstreamClient().get_metric_history(run.info.run_id, name)
    return [point.value for point in sorted(history, key=lambda point: point.step)]


@pytest.mark.parametrize("jobs", [None, 2])
def test_scores_of_folds_are_one_run(autolog: Callable[..., None], jobs: int | None) -> None:
    model = LogisticRegression(C=0.5)
    plain = cross_val_score(model, X, Y, cv=5, n_jobs=jobs)
    autolog()
    with without_warnings():
        found = cross_val_score(model, X, Y, cv=5, n_jobs=jobs)
    np.testing.assert_array_equal(found, plain)
    run = the_run()
    assert run.data.params["C"] == "0.5"
    assert run.data.tags["estimator_name"] == "LogisticRegression"
    assert series(run, "test_score") == list(plain)
    assert run.data.metrics["mean_test_score"] == pytest.approx(plain.mean())
    assert run.data.metrics["std_test_score"] == pytest.approx(plain.std())
    assert [one.dataset.name for one in run.inputs.dataset_inputs] == ["dataset"]
    assert (models(run), files(run)) == ({}, set())


def test_threads_are_part_of_it(autolog: Callable[..., None]) -> None:
    autolog()
    with parallel_backend("threading", n_jobs=2):
        cross_val_score(BaggingClassifier(n_estimators=3, random_state=0), X, Y, cv=4)
    assert len(series(the_run(), "test_score")) == 4


def test_several_scorers_have_names(autolog: Callable[..., None]) -> None:
    autolog(log_datasets=False)
    scorers = ["accuracy", "f1"]
    found = cross_validate(LogisticRegression(), X, Y, scoring=scorers, return_train_score=True)
    run = the_run()
    for name in ("test_accuracy", "test_f1", "train_accuracy", "train_f1"):
        assert series(run, name) == list(found[name])
    assert run.inputs.dataset_inputs == []


@pytest.mark.parametrize(
    "validate",
    [
        lambda: cross_val_predict(LogisticRegression(), X, Y),
        lambda: learning_curve(LogisticRegression(), X, Y, train_sizes=[0.5, 1.0]),
        lambda: learning_curve(
            SGDClassifier(random_state=0), X, Y, exploit_incremental_learning=True
        ),
        lambda: validation_curve(
            DecisionTreeClassifier(random_state=0), X, Y, param_name="max_depth", param_range=[1, 2]
        ),
        lambda: permutation_test_score(
            LogisticRegression(), X, Y, n_permutations=3, random_state=0
        ),
    ],
    ids=["predict", "learning", "incremental", "validation", "permutation"],
)
def test_its_like_are_one_run_without_a_mean(
    autolog: Callable[..., None], validate: Callable[[], Any]
) -> None:
    plain = validate()
    autolog()
    with without_warnings():
        found = validate()
    for one, other in zip(_listed(found), _listed(plain), strict=True):
        np.testing.assert_array_equal(one, other)
    run = the_run()
    assert run.data.tags["estimator_class"].startswith("sklearn.")
    assert "mean_test_score" not in run.data.metrics


def _listed(found: Any) -> list[Any]:
    return list(found) if isinstance(found, tuple) else [found]


def test_a_search_within_folds_is_part_of_it(autolog: Callable[..., None]) -> None:
    autolog()
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2)
    cross_val_score(search, X, Y, cv=KFold(3))
    assert len(series(the_run(), "test_score")) == 3


def test_folds_that_fail_fail_the_run(autolog: Callable[..., None]) -> None:
    autolog()
    with pytest.raises(ValueError, match="fits failed"):
        cross_val_score(LogisticRegression(C=-1.0), X, Y, error_score=np.nan)
    with pytest.raises(ValueError, match="C"):
        cross_val_score(LogisticRegression(C=-1.0), X, Y, error_score="raise")
    assert [run.info.status for run in every_run()][-1] == "FAILED"


def test_it_goes_into_the_run_of_the_user(autolog: Callable[..., None]) -> None:
    autolog()
    with millstream.start_run() as mine:
        cross_val_score(LogisticRegression(), X, Y, cv=3)
    run = the_run()
    assert run.info.run_id == mine.info.run_id
    assert len(series(run, "test_score")) == 3


def test_switched_off_nothing_is_logged(autolog: Callable[..., None]) -> None:
    autolog()
    autolog(disable=True)
    cross_val_score(LogisticRegression(), X, Y, cv=3)
    assert every_run() == []
