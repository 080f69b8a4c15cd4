from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import (
    calibration,
    cluster,
    compose,
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    feature_selection,
    gaussian_process,
    kernel_ridge,
    linear_model,
    manifold,
    mixture,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    semi_supervised,
    svm,
    tree,
)
from sklearn.base import clone
from tests.frameworks.autologged import (
    logging_to,
    place,
    runs,
    without_warnings,
)

import millstream

__all__ = ["place"]

LABELS = np.array([0, 1] * 30)
POINTS = np.random.default_rng(7).normal(size=(60, 3)) + LABELS[:, None]
VALUES = POINTS @ [1.0, -2.0, 0.5]
COUNTS = np.abs(POINTS).round()

forest = ensemble.RandomForestClassifier
logistic = linear_model.LogisticRegression

# Each with a fixed seed; those that draw from generators of their own or the global one, too.
ESTIMATORS: list[tuple[Any, Any]] = [
    (logistic(), LABELS),
    (linear_model.LinearRegression(), VALUES),
    (linear_model.Ridge(), VALUES),
    (linear_model.Lasso(), VALUES),
    (linear_model.SGDClassifier(random_state=1), LABELS),
    (linear_model.SGDRegressor(random_state=np.random.RandomState(3)), VALUES),
    (linear_model.RANSACRegressor(random_state=1), VALUES),
    (svm.SVC(probability=True, random_state=1), LABELS),
    (svm.LinearSVR(random_state=1), VALUES),
    (tree.DecisionTreeClassifier(random_state=1), LABELS),
    (tree.DecisionTreeRegressor(random_state=1), VALUES),
    (forest(n_estimators=4, random_state=1, n_jobs=2), LABELS),
    (ensemble.RandomForestRegressor(n_estimators=4, random_state=1), VALUES),
    (ensemble.GradientBoostingClassifier(n_estimators=4, random_state=1), LABELS),
    (ensemble.HistGradientBoostingRegressor(max_iter=4, random_state=1), VALUES),
    (ensemble.AdaBoostClassifier(n_estimators=3, random_state=1), LABELS),
    (ensemble.BaggingClassifier(logistic(), n_estimators=3, random_state=1), LABELS),
    (ensemble.IsolationForest(n_estimators=4, random_state=1), None),
    (ensemble.VotingClassifier([("a", logistic()), ("b", naive_bayes.GaussianNB())]), LABELS),
    (ensemble.StackingRegressor([("a", linear_model.Ridge())], cv=3), VALUES),
    (neighbors.KNeighborsClassifier(), LABELS),
    (neighbors.LocalOutlierFactor(novelty=True), None),
    (naive_bayes.GaussianNB(), LABELS),
    (neural_network.MLPClassifier((4,), max_iter=5, random_state=1), LABELS),
    (gaussian_process.GaussianProcessRegressor(random_state=1), VALUES),
    (discriminant_analysis.LinearDiscriminantAnalysis(), LABELS),
    (kernel_ridge.KernelRidge(), VALUES),
    (cluster.KMeans(3, n_init=2, random_state=1), None),
    (cluster.DBSCAN(), None),
    (cluster.AgglomerativeClustering(), None),
    (mixture.GaussianMixture(2, random_state=1), None),
    (decomposition.PCA(2, random_state=1), None),
    (decomposition.FastICA(2, random_state=1), None),
    (manifold.Isomap(n_components=2), None),
    (cross_decomposition.PLSRegression(2), VALUES),
    (calibration.CalibratedClassifierCV(logistic(), cv=2), LABELS),
    (multiclass.OneVsRestClassifier(logistic()), LABELS),
    (multioutput.MultiOutputRegressor(linear_model.Ridge()), np.c_[VALUES, -VALUES]),
    (semi_supervised.SelfTrainingClassifier(logistic()), np.where(LABELS == 0, 0, LABELS)),
    (dummy.DummyClassifier(strategy="stratified"), LABELS),
    (dummy.DummyClassifier(strategy="uniform", random_state=np.random.RandomState(5)), LABELS),
    (pipeline.make_pipeline(preprocessing.StandardScaler(), logistic()), LABELS),
    (pipeline.make_pipeline(feature_selection.SelectKBest(k=2), svm.SVR()), VALUES),
    (compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.exp, inverse_func=np.log),
     VALUES),
    (model_selection.GridSearchCV(logistic(), {"C": [0.1, 1.0]}, cv=2), LABELS),
    (model_selection.RandomizedSearchCV(
        linear_model.Ridge(), {"alpha": [0.1, 1.0, 2.0]}, n_iter=2, cv=2, random_state=1), VALUES),
]  # fmt: skip
IDS = [f"{type(one).__name__}-{place}" for place, (one, _) in enumerate(ESTIMATORS)]


@pytest.fixture
def on(place: Path) -> Iterator[Callable[..., None]]:
    with logging_to(place, "sklearn"):
        yield millstream.sklearn.autolog


def outcome(estimator: Any, targets: Any) -> dict[str, Any]:
    """All that a fit gives: the object, its attributes, answers, and the random numbers after."""
    np.random.seed(11)  # what others draw from it must stay the same
    fresh = clone(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = fresh.fit(POINTS, targets) if targets is not None else fresh.fit(POINTS)
        found: dict[str, Any] = {"same": fitted is fresh, "names": sorted(vars(fitted))}
        plain = (np.ndarray, float, int, str)
        found |= {name: value for name, value in vars(fitted).items() if isinstance(value, plain)}
        for name in ("predict", "predict_proba", "transform", "decision_function"):
            if hasattr(fitted, name):
                found[f"{name}()"] = getattr(fitted, name)(POINTS)
        if "random_state" in fitted.get_params():
            found["own"] = drawn(fitted.random_state)
    found["after"] = np.random.rand(3)  # as above
    return found


def drawn(state: Any) -> Any:
    return state.rand(2) if isinstance(state, np.random.RandomState) else state


TIMES = ("time", "refit_time_")


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, np.ndarray) and expected.dtype.kind == "O":
        return bool(found.shape == expected.shape)
    if isinstance(expected, np.ndarray):
        return bool(found.dtype == expected.dtype and found.tobytes() == expected.tobytes())
    return bool(found == expected or (found != found and expected != expected))


BEFORE = [outcome(*one) for one in ESTIMATORS]  # when nothing is patched yet


@pytest.mark.parametrize("index", range(len(ESTIMATORS)), ids=IDS)
def test_patched_estimators_do_bit_for_bit_what_they_did(
    index: int, on: Callable[..., None]
) -> None:
    on(log_models=False)
    expected = BEFORE[index]
    with without_warnings():
        found = outcome(*ESTIMATORS[index])
    assert found.keys() == expected.keys()
    wrong = [
        name
        for name, value in expected.items()
        if not name.endswith(TIMES) and not same(found[name], value)
    ]
    assert wrong == []
    assert [run.info.status for run in runs()] == ["FINISHED"]
