"""What the runs hold that scikit-learn's fits are logged to, and what never gets in their way."""

from __future__ import annotations

import csv
import inspect
import io
import json
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_backend  # type: ignore[import-untyped]  # it has no types
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.feature_selection import RFE
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tests.frameworks.autologged import (
    children,
    every_run,
    files,
    logging_to,
    models,
    place,
    runs,
    without_warnings,
)

import millstream
from millstream.client.artifacts import ArtifactMethods
from millstream.client.runs import RunMethods
from millstream.integrations.autologging import sklearn_scores
from millstream.integrations.autologging.data import rows_of

__all__ = ["place"]

X = pd.DataFrame(np.random.default_rng(7).normal(size=(40, 2)), columns=["a", "b"])
LABELS = (X["a"] > 0).astype(int).rename("label")
VALUES = X["a"] - X["b"]


@pytest.fixture
def autolog(place: Path) -> Iterator[Callable[..., None]]:
    with logging_to(place, "sklearn"):
        yield millstream.sklearn.autolog


def test_a_classifier(autolog: Callable[..., None]) -> None:
    autolog(log_input_examples=True, extra_tags={"team": "a"})
    with without_warnings():
        model = LogisticRegression(C=0.5).fit(X, LABELS)
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.params["C"] == "0.5"
    assert run.data.params.keys() == model.get_params().keys()
    assert run.data.tags["estimator_name"] == "LogisticRegression"
    assert run.data.tags["estimator_class"] == "sklearn.linear_model._logistic.LogisticRegression"
    assert run.data.tags["team"] == "a"
    millstream.sklearn.autolog(disable=True)
    answers = model.predict(X)
    assert run.data.metrics["training_accuracy_score"] == metrics.accuracy_score(LABELS, answers)
    assert run.data.metrics["training_score"] == model.score(X, LABELS)
    assert run.data.metrics["training_f1_score"] == metrics.f1_score(
        LABELS, answers, average="weighted"
    )
    chances = model.predict_proba(X)[:, 1]
    assert run.data.metrics["training_roc_auc"] == metrics.roc_auc_score(LABELS, chances)
    assert run.data.metrics["training_log_loss"] == metrics.log_loss(LABELS, chances)
    assert files(run) == {
        "estimator.html",
        "training_confusion_matrix.png",
        "training_precision_recall_curve.png",
        "training_roc_curve.png",
    }
    dataset = run.inputs.dataset_inputs[0]
    assert dataset.tags[0].value == "train"
    assert "label" in str(dataset.dataset.schema)
    uri = f"models:/{models(run)['model']}"
    info: Any = millstream.models.get_model_info(uri)
    assert [column.name for column in info.signature.inputs.inputs] == ["a", "b"]
    assert info.saved_input_example_info is not None
    np.testing.assert_array_equal(millstream.pyfunc.load_model(uri).predict(X), answers)


def test_the_positive_label_decides_what_is_averaged(autolog: Callable[..., None]) -> None:
    autolog(pos_label=0, log_models=False)
    model = LogisticRegression().fit(X, LABELS)
    found = runs()[0].data.metrics["training_recall_score"]
    assert found == metrics.recall_score(LABELS, model.predict(X), pos_label=0)


def test_without_model_dataset_and_figures(autolog: Callable[..., None]) -> None:
    autolog(log_models=False, log_datasets=False)
    LinearRegression().fit(X, VALUES)
    (run,) = runs()
    assert models(run) == {}
    assert run.inputs.dataset_inputs == []
    assert files(run) == {"estimator.html"}
    names = {"mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "r2_score"}
    assert run.data.metrics.keys() == {f"training_{name}" for name in names | {"score"}}


def test_a_model_may_be_registered(autolog: Callable[..., None]) -> None:
    autolog(registered_model_name="prices", serialization_format="pickle")
    LinearRegression().fit(X, VALUES)
    (version,) = millstream.search_model_versions(filter_string="name = 'prices'")
    assert version.run_id == runs()[0].info.run_id
    flavors = millstream.models.get_model_info("models:/prices/1").flavors
    assert flavors["sklearn"]["serialization_format"] == "pickle"


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        StackingClassifier([("a", LogisticRegression()), ("b", SVC())], cv=2),
        BaggingClassifier(LogisticRegression(), n_estimators=4, n_jobs=2, random_state=1),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, n_jobs=2),
    ],
    ids=lambda one: type(one).__name__,
)
def test_only_the_outermost_estimator_is_logged_in_threads_too(
    estimator: Any, autolog: Callable[..., None]
) -> None:
    autolog(log_models=False, max_tuning_runs=0)
    with parallel_backend("threading"):
        clone(estimator).fit(X, LABELS)
    (run,) = every_run()
    assert run.data.tags["estimator_name"] == type(estimator).__name__


def test_estimators_in_other_processes_are_not_logged(autolog: Callable[..., None]) -> None:
    autolog(log_models=False, max_tuning_runs=0)
    GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, n_jobs=2).fit(X, LABELS)
    assert len(every_run()) == 1


def test_preparation_of_data_is_not_logged_nor_what_it_fits(autolog: Callable[..., None]) -> None:
    autolog()
    StandardScaler().fit_transform(X)
    RFE(LogisticRegression(), n_features_to_select=1).fit(X, LABELS)
    assert every_run() == []


def test_params_of_steps_are_logged(autolog: Callable[..., None]) -> None:
    autolog(log_models=False)
    make_pipeline(StandardScaler(), LogisticRegression(C=3)).fit(X, LABELS)
    params = runs()[0].data.params
    assert params["logisticregression__C"] == "3"
    assert params["standardscaler__with_mean"] == "True"


def test_a_search_has_its_best_candidates_as_children(autolog: Callable[..., None]) -> None:
    autolog(max_tuning_runs=2)
    grid = {"C": [0.01, 0.1, 1.0]}
    search = GridSearchCV(LogisticRegression(), grid, cv=2).fit(X, LABELS)
    (run,) = runs()
    assert run.data.params["best_C"] == str(search.best_params_["C"])
    assert run.data.metrics["best_cv_score"] == search.best_score_
    assert "estimator__C" not in run.data.params
    assert models(run).keys() == {"model", "best_estimator"}
    below = children(run)
    ranks = sorted(search.cv_results_["rank_test_score"])[:2]
    assert sorted(one.data.metrics["rank_test_score"] for one in below) == ranks
    for one in below:
        place = search.cv_results_["params"].index({"C": float(one.data.params["C"])})
        assert one.data.metrics["mean_test_score"] == search.cv_results_["mean_test_score"][place]
        assert one.info.status == "FINISHED"
        assert one.data.tags["estimator_name"] == "LogisticRegression"
        assert one.inputs.dataset_inputs[0].dataset == run.inputs.dataset_inputs[0].dataset
        assert not [name for name in one.data.metrics if name.startswith("split")]
    text = millstream.artifacts.load_text(f"{run.info.artifact_uri}/cv_results.csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["param_C"]) for row in rows] == grid["C"]


def test_all_candidates_on_demand_and_several_scores(autolog: Callable[..., None]) -> None:
    autolog(max_tuning_runs=None, log_models=False)
    scoring = ["accuracy", "f1"]
    search = GridSearchCV(
        LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, scoring=scoring, refit="f1"
    )
    search.fit(X, LABELS)
    (run,) = runs()
    names = {"mean_test_accuracy", "mean_test_f1", "rank_test_f1"}
    assert [names <= one.data.metrics.keys() for one in children(run)] == [True, True]


def test_what_is_found_out_later_goes_to_the_run(autolog: Callable[..., None]) -> None:
    autolog(log_models=False)
    model = LinearRegression().fit(X, VALUES)
    X_test, y_test = X.head(9), VALUES.head(9)
    predictions = model.predict(X_test)
    values = [metrics.mean_squared_error(y_test, predictions) for _ in range(2)]
    metrics.r2_score(y_true=y_test, y_pred=predictions)
    score = model.score(X_test, y_test)
    metrics.mean_squared_error(y_test, y_test)
    (run,) = runs()
    later = {name: value for name, value in run.data.metrics.items() if "training" not in name}
    assert later == {
        "mean_squared_error_X_test": values[0],
        "mean_squared_error-2_X_test": values[1],
        "r2_score_X_test": score,
        "LinearRegression_score_X_test": score,
    }
    text = millstream.artifacts.load_text(f"{run.info.artifact_uri}/metric_info.json")
    assert json.loads(text)["mean_squared_error_X_test"] == (
        "mean_squared_error(y_test, predictions)"
    )


def test_answers_with_labels_are_known_too_and_their_data_are_logged_once(
    autolog: Callable[..., None],
) -> None:
    autolog(log_models=False)
    model = LogisticRegression().fit(X, LABELS)
    X_test, y_test = X.head(9), LABELS.head(9)
    answers = model.predict(X_test)
    accuracy = metrics.accuracy_score(y_test, answers)
    metrics.f1_score(y_test, answers)
    (run,) = runs()
    assert run.data.metrics["accuracy_score_X_test"] == accuracy
    contexts = [one.tags[0].value for one in run.inputs.dataset_inputs]
    assert sorted(contexts) == ["eval", "train"]


def test_what_is_found_out_later_may_be_left_alone(autolog: Callable[..., None]) -> None:
    autolog(log_models=False, log_post_training_metrics=False)
    model = LinearRegression().fit(X, VALUES)
    metrics.mean_squared_error(VALUES, model.predict(X))
    model.score(X, VALUES)
    assert not [name for name in runs()[0].data.metrics if "training" not in name]


def test_estimators_stay_what_they_are_for_other_tools(autolog: Callable[..., None]) -> None:
    before = {kind: inspect.signature(kind.fit) for kind in (SVC, KMeans, Pipeline)}
    autolog(log_models=False)
    assert {kind: inspect.signature(kind.fit) for kind in before} == before
    assert not hasattr(make_pipeline(StandardScaler()), "predict")
    assert not hasattr(SVC(probability=False), "predict_proba")
    model = make_pipeline(StandardScaler(), SVC()).fit(X, LABELS)
    again = pickle.loads(pickle.dumps(model))  # noqa: S301  # made here
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert clone(model).get_params().keys() == model.get_params().keys()
    assert pickle.loads(pickle.dumps(metrics.accuracy_score)) is metrics.accuracy_score  # noqa: S301  # made here


class Own(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """An estimator of a user, which fits another one."""

    def fit(self, features: Any, labels: Any) -> Own:
        """Fit."""
        self.inner_ = LogisticRegression().fit(features, labels)
        return self


def test_an_estimator_of_the_user_is_not_touched(autolog: Callable[..., None]) -> None:
    before = Own.fit
    autolog(log_models=False)
    Own().fit(X, LABELS)
    assert Own.fit is before
    assert [run.data.tags["estimator_name"] for run in runs()] == ["LogisticRegression"]


def test_a_fit_that_fails_raises_what_it_did_and_fails_its_run(
    autolog: Callable[..., None],
) -> None:
    with pytest.raises(ValueError, match="inconsistent numbers") as expected:
        LogisticRegression().fit(X, LABELS[:3])
    autolog()
    with pytest.raises(ValueError, match="inconsistent numbers") as found:
        LogisticRegression(C=0.5).fit(X, LABELS[:3])
    assert str(found.value) == str(expected.value)
    (run,) = runs()
    assert run.info.status == "FAILED"
    assert run.data.params["C"] == "0.5"


def refuse(*_: Any, **__: Any) -> None:
    raise millstream.MillstreamError("the store takes nothing")


@pytest.mark.parametrize("silent", [False, True])
def test_a_store_that_refuses_everything_leaves_results_alone(
    autolog: Callable[..., None], monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    expected = LogisticRegression().fit(X, LABELS).coef_
    autolog(silent=silent)
    for kind, name in (
        (RunMethods, "log_batch"),
        (RunMethods, "log_inputs"),
        (ArtifactMethods, "log_figure"),
        (ArtifactMethods, "log_text"),
    ):
        monkeypatch.setattr(kind, name, refuse)
    monkeypatch.setattr("millstream.integrations.model_logging.initialize_logged_model", refuse)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        found = LogisticRegression().fit(X, LABELS).coef_
    assert found.tobytes() == expected.tobytes()
    told = [str(one.message) for one in heard if "automatic logging" in str(one.message)]
    assert len(told) == (0 if silent else 1)
    assert silent or "the store takes nothing" in told[0]


def test_threads_log_to_runs_of_their_own(autolog: Callable[..., None]) -> None:
    autolog(log_models=False)

    def train(strength: float) -> None:
        LogisticRegression(C=strength).fit(X, LABELS)

    threads = [threading.Thread(target=train, args=(one,)) for one in (0.1, 0.2, 0.3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run.data.params["C"] for run in runs()) == ["0.1", "0.2", "0.3"]


def test_slow_answers_are_asked_for_a_sample_only(
    autolog: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sklearn_scores, "SECONDS", 0.0)
    autolog(log_models=False)
    asked: list[int] = []
    real = LinearRegression.predict

    def predict(self: Any, features: Any) -> Any:
        asked.append(rows_of(features) or 0)
        return real(self, features)

    monkeypatch.setattr(LinearRegression, "predict", predict)
    many = np.random.default_rng(1).normal(size=(9_000, 2))
    LinearRegression().fit(many, many[:, 0])
    (run,) = runs()
    assert max(asked) <= sklearn_scores.FEW_ROWS
    assert run.data.tags["mlflow.autologging.sklearn.scoredRows"] == "1800 of 9000"
    assert run.data.metrics["training_r2_score"] == pytest.approx(1.0)
