"""Our evaluation beside MLflow's own, on the same models and rows: equal names, equal numbers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import millstream
import mlflow
from millstream.evaluation.evaluate import evaluate
from millstream.evaluation.metrics import mape, mse
from millstream.evaluation.result import EvaluationResult
from millstream.evaluation.values import MetricValue, make_metric

OURS_ALONE = {"metric_intervals", "residuals_plot", "predicted_versus_actual_plot"}
QUIET = {"log_model_explainability": False}


@pytest.fixture(scope="module", autouse=True)
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("stores")
    with pytest.MonkeyPatch.context() as patched, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patched.setenv("MLFLOW_TRACKING_URI", "")
        patched.setenv("MLFLOW_EXPERIMENT_ID", "")
        patched.chdir(folder)
        mlflow.set_tracking_uri(f"sqlite:///{folder / 'theirs.db'}")
        mlflow.create_experiment("theirs", artifact_location=str(folder / "theirs"))
        mlflow.set_experiment("theirs")
        millstream.set_tracking_uri(folder / "ours")
        millstream.set_experiment("ours")
        yield
        millstream.set_tracking_uri("")


def theirs(model: Any, frame: Any, model_type: str | None, **given: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        uri = None if model is None else mlflow.sklearn.log_model(model, name="model").model_uri
        return mlflow.models.evaluate(uri, frame, targets="target", model_type=model_type, **given)


def ours(model: Any, frame: Any, model_type: str | None, **given: Any) -> EvaluationResult:
    uri = None if model is None else millstream.sklearn.log_model(model, name="model").model_uri
    return evaluate(uri, frame, targets="target", model_type=model_type, **given)


def assert_equal(one: Any, other: Any, besides: frozenset[str] = frozenset()) -> None:
    assert set(one.metrics) == set(other.metrics)
    for name in set(one.metrics) - besides:
        assert one.metrics[name] == pytest.approx(other.metrics[name], rel=1e-9), name
    files = {name: made.uri.rpartition("/")[2] for name, made in one.artifacts.items()}
    assert {name: file for name, file in files.items() if name not in OURS_ALONE} == {
        name: made.uri.rpartition("/")[2] for name, made in other.artifacts.items()
    }


def trained(load: Any, model: Any, names: dict[int, str] | None = None) -> tuple[Any, Any]:
    frame = load(as_frame=True).frame
    if names:
        frame["target"] = [names[one] for one in frame["target"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(frame.drop(columns="target"), frame["target"]), frame


SLOW = LogisticRegression(max_iter=300)


@pytest.mark.parametrize(
    ("load", "model", "names", "config"),
    [
        (load_breast_cancer, SLOW, None, {}),
        (load_breast_cancer, SLOW, None, {"pos_label": 0, "metric_prefix": "val_"}),
        (load_breast_cancer, SLOW, None, {"sample_weights": np.linspace(0, 2, 569)}),
        (load_breast_cancer, SLOW, {0: "bad", 1: "good"}, {}),
        (load_breast_cancer, SLOW, {0: "bad", 1: "good"}, {"pos_label": "good"}),
        (load_breast_cancer, LinearSVC(), None, {}),
        (load_iris, SLOW, None, {}),
        (load_iris, SLOW, None, {"average": "macro"}),
        (load_iris, SLOW, None, {"average": "micro"}),
        (load_iris, SLOW, None, {"max_classes_for_multiclass_roc_pr": 2}),
        (load_iris, SLOW, {0: "a", 1: "b", 2: "c"}, {"sample_weights": np.linspace(0, 2, 150)}),
    ],
)
def test_classifiers(load: Any, model: Any, names: Any, config: dict[str, Any]) -> None:
    fitted, frame = trained(load, model, names)
    given = {"evaluator_config": {**QUIET, **config}}
    one = ours(fitted, frame, "classifier", **given)
    other = theirs(fitted, frame, "classifier", **given)
    assert_equal(one, other)
    if "per_class_metrics" in other.artifacts:
        table, wanted = (made.artifacts["per_class_metrics"].content for made in (one, other))
        assert list(table)[: len(list(wanted))] == list(wanted)
        for name in wanted:
            assert table[name].tolist() == (
                wanted[name].tolist()
                if name == "positive_class"
                else pytest.approx(wanted[name].tolist())
            )


def test_regressors() -> None:
    fitted, frame = trained(load_diabetes, LinearRegression())
    one = ours(fitted, frame, "regressor", evaluator_config=QUIET)
    assert_equal(one, theirs(fitted, frame, "regressor", evaluator_config=QUIET))


def test_weighted_regressors_but_for_the_mean_that_is_none_there() -> None:
    fitted, frame = trained(load_diabetes, LinearRegression())
    weights = np.linspace(0, 1, len(frame))
    given = {"evaluator_config": {**QUIET, "sample_weights": weights}}
    one = ours(fitted, frame, "regressor", **given)
    other = theirs(fitted, frame, "regressor", **given)
    assert_equal(one, other, frozenset({"mean_on_target"}))
    assert other.metrics["mean_on_target"] == pytest.approx((weights * frame["target"]).mean())
    assert one.metrics["mean_on_target"] == pytest.approx(
        np.average(frame["target"], weights=weights)
    )


def score_rows(kind: Any) -> Any:
    def rows(predictions: Any, targets: Any, bmi: Any) -> Any:
        return kind(scores=list((predictions - targets) * bmi))

    return rows


def older(eval_df: Any, builtin_metrics: Any) -> float:
    return float(len(eval_df) + builtin_metrics["max_error"])


def test_metrics_and_artifacts_of_ones_own() -> None:
    fitted, frame = trained(load_diabetes, LinearRegression())

    def given(make: Any, kind: Any) -> dict[str, Any]:
        return {
            "extra_metrics": [
                make(eval_fn=older, greater_is_better=True),
                make(eval_fn=score_rows(kind), greater_is_better=False, version="v1"),
            ],
            "custom_artifacts": [lambda eval_df, *_: {"head": eval_df.head(2), "list": [1]}],
            "evaluator_config": QUIET,
        }

    one = ours(fitted, frame, "regressor", **given(make_metric, MetricValue))
    mine = given(mlflow.metrics.make_metric, mlflow.metrics.MetricValue)
    other = theirs(fitted, frame, "regressor", **mine)
    assert_equal(one, other)
    table, wanted = (made.tables["eval_results_table"] for made in (one, other))
    assert list(table) == list(wanted)
    assert np.allclose(table, wanted)


def test_metrics_of_mlflows_classes_can_be_given() -> None:
    fitted, frame = trained(load_diabetes, LinearRegression())
    extra = [
        mlflow.metrics.mse(),
        mlflow.metrics.make_metric(
            eval_fn=score_rows(mlflow.metrics.MetricValue), greater_is_better=False, name="s"
        ),
    ]
    frame["said"] = fitted.predict(frame.drop(columns="target"))
    given = {"predictions": "said", "extra_metrics": extra}
    assert_equal(ours(None, frame, None, **given), theirs(None, frame, None, **given))


def test_classic_metrics_alone() -> None:
    fitted, frame = trained(load_diabetes, LinearRegression())
    frame["said"] = fitted.predict(frame.drop(columns="target"))
    one = ours(None, frame, None, predictions="said", extra_metrics=[mse(), mape()])
    extra = [mlflow.metrics.mse(), mlflow.metrics.mape()]
    assert_equal(one, theirs(None, frame, None, predictions="said", extra_metrics=extra))


def test_a_saved_result_can_be_loaded_by_either(tmp_path: Path) -> None:
    fitted, frame = trained(load_iris, SLOW)
    one = ours(fitted, frame, "classifier", evaluator_config=QUIET)
    one.save(tmp_path / "mine")
    loaded = mlflow.models.EvaluationResult.load(str(tmp_path / "mine"))
    assert loaded.metrics == one.metrics
    assert set(loaded.artifacts) == set(one.artifacts)
    assert loaded.artifacts["per_class_metrics"].content.shape[0] == 3
    other = theirs(fitted, frame, "classifier", evaluator_config=QUIET)
    other.save(str(tmp_path / "other"))
    again = EvaluationResult.load(tmp_path / "other")
    assert again.metrics == pytest.approx(dict(other.metrics))
    assert again.artifacts["per_class_metrics"].content.shape == (3, 12)


@pytest.mark.filterwarnings("ignore")
def test_a_model_is_explained_where_that_is_asked_for() -> None:
    fitted, frame = trained(load_diabetes, LinearRegression())
    config = {"log_model_explainability": True, "explainability_nsamples": 60}
    result = ours(fitted, frame, "regressor", evaluator_config=config)
    for name in ("shap_feature_importance_plot", "shap_beeswarm_plot"):
        assert min(result.artifacts[name].content.size) > 300
    flowers, table = trained(load_iris, SLOW)
    result = ours(flowers, table, "classifier", evaluator_config=config)
    assert "shap_beeswarm_plot" in result.artifacts
