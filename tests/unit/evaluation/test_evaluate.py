from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB

import millstream
from millstream.client.artifacts import ArtifactMethods
from millstream.errors import InvalidParameter, NotSupported, Unavailable
from millstream.evaluation import procedure
from millstream.evaluation.comparison import compare
from millstream.evaluation.evaluate import evaluate
from millstream.evaluation.thresholds import MetricThreshold, ModelValidationFailed
from millstream.integrations import pyfunc, sklearn

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def diabetes() -> Any:
    return load_diabetes(as_frame=True).frame


@pytest.fixture(scope="module")
def line(diabetes: Any) -> LinearRegression:
    return LinearRegression().fit(diabetes.drop(columns="target"), diabetes["target"])


@pytest.fixture(scope="module")
def iris() -> Any:
    return load_iris(as_frame=True).frame


@pytest.fixture(scope="module")
def flowers(iris: Any) -> Any:
    return GaussianNB().fit(iris.drop(columns="target"), iris["target"])


@pytest.fixture(scope="module")
def cancer() -> Any:
    frame = load_breast_cancer(as_frame=True).frame
    return frame[["mean radius", "mean texture", "target"]]


@pytest.fixture(scope="module")
def doctor(cancer: Any) -> Any:
    return GaussianNB().fit(cancer.drop(columns="target"), cancer["target"])


class TestRegressor:
    def test_metrics_artifacts_and_intervals(self, line: Any, diabetes: Any) -> None:
        info = sklearn.log_model(line, name="line")
        result = evaluate(info.model_uri, diabetes, targets="target", model_type="regressor")
        assert list(result.metrics) == [
            "example_count",
            "mean_absolute_error",
            "mean_squared_error",
            "root_mean_squared_error",
            "sum_on_target",
            "mean_on_target",
            "r2_score",
            "max_error",
            "mean_absolute_percentage_error",
            "score",
        ]
        assert result.metrics["r2_score"] == pytest.approx(0.5177484)
        assert set(result.metrics) - set(result.intervals) == {"example_count", "max_error"}
        for name, (low, high, level) in result.intervals.items():
            assert low < result.metrics[name] < high, name
            assert level == 0.95
        assert set(result.artifacts) == {
            "residuals_plot",
            "predicted_versus_actual_plot",
            "metric_intervals",
        }

    def test_what_is_no_number_is_refused(self, diabetes: Any) -> None:
        with pytest.raises(InvalidParameter, match=r"row 0 \(counted from 0\) has nan"):
            evaluate(
                lambda frame: np.full(len(frame), np.nan),
                diabetes,
                targets="target",
                model_type="regressor",
            )
        with pytest.raises(InvalidParameter, match=r"must be numbers.*Is it a classifier"):
            evaluate(
                lambda frame: ["a"] * len(frame), diabetes, targets="target", model_type="regressor"
            )

    def test_one_row_has_metrics_and_no_intervals(self) -> None:
        frame = pd.DataFrame({"true": [1.0], "said": [2.0]})
        result = evaluate(data=frame, targets="true", predictions="said", model_type="regressor")
        assert result.metrics["mean_absolute_error"] == 1.0
        assert result.intervals == {}


class TestClassifier:
    def test_of_two_labels(self, doctor: Any, cancer: Any) -> None:
        result = evaluate(doctor, cancer, targets="target", model_type="classifier")
        assert set(result.metrics) == {
            "true_negatives",
            "false_positives",
            "false_negatives",
            "true_positives",
            "example_count",
            "accuracy_score",
            "recall_score",
            "precision_score",
            "f1_score",
            "log_loss",
            "roc_auc",
            "precision_recall_auc",
            "score",
        }
        assert set(result.intervals) == set(result.metrics) - {"example_count"}
        assert set(result.artifacts) == {
            "confusion_matrix",
            "roc_curve_plot",
            "precision_recall_curve_plot",
            "lift_curve_plot",
            "calibration_curve_plot",
            "metric_intervals",
        }

    def test_of_several_labels(self, flowers: Any, iris: Any) -> None:
        result = evaluate(flowers, iris, targets="target", model_type="classifier")
        assert set(result.metrics) == {
            "example_count",
            "accuracy_score",
            "recall_score",
            "precision_score",
            "f1_score",
            "log_loss",
            "roc_auc",
            "score",
        }
        assert set(result.artifacts) == {
            "confusion_matrix",
            "per_class_metrics",
            "roc_curve_plot",
            "precision_recall_curve_plot",
            "calibration_curve_plot",
            "metric_intervals",
        }
        table = result.artifacts["per_class_metrics"].content
        assert list(table)[:12] == [
            "positive_class",
            "true_negatives",
            "false_positives",
            "false_negatives",
            "true_positives",
            "example_count",
            "accuracy_score",
            "recall_score",
            "precision_score",
            "f1_score",
            "roc_auc",
            "precision_recall_auc",
        ]
        assert (table["f1_score_low"] <= table["f1_score"]).all()
        assert (table["f1_score"] <= table["f1_score_high"]).all()

    def test_many_rows_and_many_labels_are_drawn_without_bands(self) -> None:
        generator = np.random.default_rng(0)
        true = generator.integers(0, 45, 25_000)
        said = np.where(generator.random(25_000) < 0.7, true, 0)
        frame = pd.DataFrame({"true": [f"a long label {one}" for one in true]})
        frame["said"] = [f"a long label {one}" for one in said]
        given: dict[str, Any] = {"targets": "true", "predictions": "said", "n_bootstrap": 20}
        result = evaluate(data=frame, model_type="classifier", **given)
        assert min(result.artifacts["confusion_matrix"].content.size) > 1_000
        assert len(result.artifacts["per_class_metrics"].content) == 45
        assert set(result.intervals) == set(result.metrics) - {"example_count"}

    def test_curves_of_many_labels_are_left_out(self, flowers: Any, iris: Any) -> None:
        config = {"max_classes_for_multiclass_roc_pr": 2}
        result = evaluate(
            flowers, iris, targets="target", model_type="classifier", evaluator_config=config
        )
        assert "roc_curve_plot" not in result.artifacts
        assert "roc_auc" not in result.artifacts["per_class_metrics"].content

    def test_without_probabilities_there_are_no_curves(self, flowers: Any, iris: Any) -> None:
        result = evaluate(
            lambda frame: flowers.predict(frame), iris, targets="target", model_type="classifier"
        )
        assert set(result.artifacts) == {
            "confusion_matrix",
            "per_class_metrics",
            "metric_intervals",
        }
        assert "log_loss" not in result.metrics

    def test_a_function_may_answer_with_probabilities(self, flowers: Any, iris: Any) -> None:
        whole = evaluate(flowers, iris, targets="target", model_type="classifier")
        result = evaluate(
            lambda frame: flowers.predict_proba(frame),
            iris,
            targets="target",
            model_type="classifier",
        )
        assert result.metrics == {
            name: value for name, value in whole.metrics.items() if name != "score"
        }

    def test_options_are_those_of_mlflow(self, doctor: Any, cancer: Any) -> None:
        frame = cancer.assign(weight=np.linspace(0, 1, len(cancer)))
        config = {"pos_label": 0, "metric_prefix": "val_", "sample_weights": "weight"}
        result = evaluate(
            doctor, frame, targets="target", model_type="classifier", evaluator_config=config
        )
        assert all(name.startswith("val_") for name in result.metrics)
        actual = cancer["target"] == 0
        called = doctor.predict(cancer.drop(columns="target")) == 0
        weights = frame["weight"]
        recall = weights[actual & called].sum() / weights[actual].sum()
        assert result.metrics["val_recall_score"] == pytest.approx(recall)
        assert result.metrics["val_true_positives"] == (actual & called).sum()
        assert result.artifacts["roc_curve_plot"].uri.endswith("/val_roc_curve_plot.png")


class TestLogging:
    def test_all_goes_to_the_active_run(self, line: Any, diabetes: Any) -> None:
        with millstream.start_run() as run:
            info = sklearn.log_model(line, name="line")
            result = evaluate(info.model_uri, diabetes, targets="target", model_type="regressor")
        assert result.run_id == run.info.run_id
        logged = millstream.get_run(run.info.run_id)
        assert logged.data.metrics == result.metrics
        assert [one.dataset.name for one in logged.inputs.dataset_inputs] == ["dataset"]
        (tag,) = json.loads(logged.data.tags["mlflow.datasets"])
        assert tag["model"] == info.model_id
        about = millstream.get_logged_model(info.model_id or "").metrics
        assert {metric.key: metric.value for metric in about} == result.metrics
        assert {metric.dataset_name for metric in about} == {"dataset"}
        files = ArtifactMethods().list_artifacts(run.info.run_id)
        assert [file.path for file in files] == [
            "metric_intervals.json",
            "predicted_versus_actual_plot.png",
            "residuals_plot.png",
        ]

    def test_a_run_is_started_and_ended_if_there_is_none(self, line: Any, diabetes: Any) -> None:
        result = evaluate(line, diabetes, targets="target", model_type="regressor")
        assert millstream.active_run() is None
        assert millstream.get_run(result.run_id or "").info.status == "FINISHED"

    def test_the_table_of_intervals_is_one_that_load_table_finds(
        self, line: Any, diabetes: Any
    ) -> None:
        result = evaluate(line, diabetes, targets="target", model_type="regressor")
        table = millstream.load_table("metric_intervals.json")
        assert list(table) == ["metric", "value", "low", "high", "level"]
        assert table.equals(result.tables["metric_intervals"])
        low = dict(zip(table["metric"], table["low"], strict=True))
        assert low["r2_score"] == pytest.approx(result.intervals["r2_score"].low)
        assert np.isnan(low["max_error"])

    def test_ends_of_intervals_become_metrics_if_asked_for(self, line: Any, diabetes: Any) -> None:
        result = evaluate(
            line,
            diabetes,
            targets="target",
            model_type="regressor",
            evaluator_config={"log_intervals": True},
        )
        logged = millstream.get_run(result.run_id or "").data.metrics
        assert logged["r2_score_ci_low"] == result.intervals["r2_score"].low
        assert "r2_score_ci_low" not in result.metrics

    def test_no_resamples_no_intervals(self, line: Any, diabetes: Any) -> None:
        result = evaluate(line, diabetes, targets="target", model_type="regressor", n_bootstrap=0)
        assert result.intervals == {}
        assert "metric_intervals" not in result.artifacts
        assert result.metrics["r2_score"] == pytest.approx(0.5177484)

    def test_pictures_are_pictures(self, doctor: Any, cancer: Any) -> None:
        result = evaluate(doctor, cancer, targets="target", model_type="classifier")
        for name in ("roc_curve_plot", "confusion_matrix", "lift_curve_plot"):
            path = ArtifactMethods().download_artifacts(result.run_id or "", f"{name}.png")
            assert Path(path).read_bytes().startswith(PNG)
            assert min(result.artifacts[name].content.size) > 500

    def test_a_store_that_goes_away_does_not_take_the_result_along(
        self, line: Any, diabetes: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: Any, **__: Any) -> None:
            raise Unavailable("the store is away")

        monkeypatch.setattr(ArtifactMethods, "log_artifacts", away)
        with pytest.warns(RuntimeWarning, match="the artifacts of the evaluation could not be"):
            result = evaluate(line, diabetes, targets="target", model_type="regressor")
        assert result.metrics["r2_score"] == pytest.approx(0.5177484)
        assert min(result.artifacts["residuals_plot"].content.size) > 500

    def test_without_a_run_the_result_is_the_same(
        self, line: Any, diabetes: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away() -> None:
            raise Unavailable("the store is away")

        before = evaluate(line, diabetes, targets="target", model_type="regressor")
        monkeypatch.setattr(procedure, "start_run", away)
        with pytest.warns(RuntimeWarning, match="not logged, since no run can be started"):
            result = evaluate(line, diabetes, targets="target", model_type="regressor")
        assert result.run_id is None
        assert result.intervals == before.intervals

    def test_a_failure_ends_the_run_failed(self, diabetes: Any) -> None:
        def broken(frame: Any) -> Any:
            raise ZeroDivisionError("the model's own")

        with pytest.raises(ZeroDivisionError):
            evaluate(broken, diabetes, targets="target", model_type="regressor")
        (run,) = millstream.search_runs(output_format="list")
        assert run.info.status == "FAILED"


class TestModels:
    def test_given_predictions(self, line: Any, diabetes: Any) -> None:
        frame = diabetes.assign(said=line.predict(diabetes.drop(columns="target")))
        result = evaluate(data=frame, targets="target", predictions="said", model_type="regressor")
        assert result.metrics["r2_score"] == pytest.approx(0.5177484)
        assert "score" not in result.metrics

    def test_a_dataset_says_what_is_target_and_prediction(self, line: Any, diabetes: Any) -> None:
        frame = diabetes.assign(said=line.predict(diabetes.drop(columns="target")))
        dataset = millstream.data.from_pandas(
            frame, targets="target", predictions="said", name="sick"
        )
        result = evaluate(data=dataset, model_type="regressor")
        assert result.metrics["r2_score"] == pytest.approx(0.5177484)
        (read,) = millstream.get_run(result.run_id or "").inputs.dataset_inputs
        assert read.dataset.name == "sick"

    def test_a_file(self, line: Any, diabetes: Any, tmp_path: Path) -> None:
        diabetes.to_csv(tmp_path / "rows.csv", index=False)
        result = evaluate(
            line, str(tmp_path / "rows.csv"), targets="target", model_type="regressor"
        )
        assert result.metrics["r2_score"] == pytest.approx(0.5177484)
        (read,) = millstream.get_run(result.run_id or "").inputs.dataset_inputs
        assert "rows.csv" in read.dataset.source

    def test_arrays(self, diabetes: Any) -> None:
        x, y = diabetes.drop(columns="target").to_numpy(), diabetes["target"].to_numpy()
        model = sklearn.log_model(LinearRegression().fit(x, y), name="line", input_example=x[:2])
        result = evaluate(model.model_uri, x, targets=y, model_type="regressor")
        assert result.metrics["score"] == pytest.approx(0.5177484)

    def test_a_loaded_model_and_a_python_model_without_an_object_behind(
        self, line: Any, diabetes: Any
    ) -> None:
        info = sklearn.log_model(line, name="line")
        loaded = evaluate(
            pyfunc.load_model(info.model_uri), diabetes, targets="target", model_type="regressor"
        )
        assert millstream.get_logged_model(info.model_id or "").metrics[0].run_id == loaded.run_id

    def test_columns_that_are_no_features_stay_out(self, line: Any, diabetes: Any) -> None:
        frame = diabetes.assign(note="text")
        names = list(diabetes.columns.drop("target"))
        result = evaluate(
            line, frame, targets="target", model_type="regressor", feature_names=names
        )
        assert result.metrics["r2_score"] == pytest.approx(0.5177484)

    def test_one_of_several_columns_is_the_prediction(self, line: Any, diabetes: Any) -> None:
        def model(frame: Any) -> Any:
            return pd.DataFrame({"why": "so", "answer": line.predict(frame)})

        result = evaluate(
            model, diabetes, targets="target", predictions="answer", model_type="regressor"
        )
        assert result.metrics["r2_score"] == pytest.approx(0.5177484)
        with pytest.raises(InvalidParameter, match=r"has no column 'x', but \['why', 'answer'\]"):
            evaluate(model, diabetes, targets="target", predictions="x", model_type="regressor")


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"model_type": None}, "extra_metrics argument must be specified"),
            ({"targets": None}, "The targets argument must be specified for regressor models"),
            ({"targets": "nix"}, "does not contain the specified targets column 'nix'"),
            ({"model": None}, "Either a model or set of predictions must be specified"),
            ({"model": 5}, "The model argument must be a string URI"),
            ({"evaluators": "nix"}, "known are ['default', 'classifier', 'regressor', 'shap'"),
            ({"data": {"a": 1}}, "must be a DataFrame, an array"),
            ({"feature_names": ["nix"]}, "the data does not have: ['nix']"),
            ({"evaluator_config": {"sample_weights": [1.0]}}, "one number for each of the 442"),
            ({"evaluator_config": {"sample_weights": "nix"}}, "names the column 'nix'"),
            ({"evaluator_config": {"metric_prefix": 3}}, "metric_prefix=3, which must be a text"),
            ({"dataset_path": 'a"b'}, "must not contain double quotes"),
        ],
    )
    def test_of_arguments(
        self, line: Any, diabetes: Any, arguments: dict[str, Any], said: str
    ) -> None:
        given = {
            "model": line,
            "data": diabetes,
            "targets": "target",
            "model_type": "regressor",
            **arguments,
        }
        with pytest.raises(InvalidParameter) as caught:
            evaluate(given.pop("model"), given.pop("data"), **given)
        assert said in str(caught.value)

    def test_of_types_names_those_that_are_known(self, line: Any, diabetes: Any) -> None:
        with pytest.raises(NotSupported, match=r"\['classifier', 'regressor'\]"):
            evaluate(line, diabetes, targets="target", model_type="question-answering")

    def test_of_other_environments(self, line: Any, diabetes: Any) -> None:
        with pytest.raises(NotSupported, match="'conda'"):
            evaluate(line, diabetes, targets="target", model_type="regressor", env_manager="conda")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda frame: frame.iloc[:0], "has no rows"),
            (
                lambda frame: frame.assign(target=frame["target"].where(frame.index != 3)),
                "1 of 442 rows have no target, first the row 3",
            ),
        ],
    )
    def test_of_data(self, line: Any, diabetes: Any, change: Any, said: str) -> None:
        with pytest.raises(InvalidParameter) as caught:
            evaluate(line, change(diabetes), targets="target", model_type="regressor")
        assert said in str(caught.value)

    def test_of_answers_of_another_length(self, diabetes: Any) -> None:
        with pytest.raises(InvalidParameter, match="was given 442 rows and answered with 3"):
            evaluate(lambda _: [1, 2, 3], diabetes, targets="target", model_type="regressor")


class TestBaseline:
    def test_the_better_model_is_found_to_be_better(self, iris: Any, flowers: Any) -> None:
        weak = LogisticRegression(C=1e-3).fit(iris.drop(columns="target"), iris["target"])
        result = evaluate(
            flowers, iris, targets="target", model_type="classifier", baseline_model=weak
        )
        assert result.comparison is not None
        row = result.comparison.loc["log_loss"]
        assert row["difference"] < 0
        assert row["high"] < 0
        assert row["probability_better"] == 1.0
        assert row["beyond_chance"]
        assert "baseline_comparison" in result.tables

    def test_two_results_on_the_same_rows_are_compared_row_by_row(
        self, iris: Any, flowers: Any
    ) -> None:
        one, same = (
            evaluate(flowers, iris, targets="target", model_type="classifier") for _ in range(2)
        )
        table = compare(one, same)
        assert (table["difference"] == 0).all()
        assert (table["probability_better"] == 0.5).all()
        assert not table["beyond_chance"].any()

    def test_results_on_other_rows_are_not_paired(self, iris: Any, flowers: Any) -> None:
        one, other = (
            evaluate(flowers, rows, targets="target", model_type="classifier")
            for rows in (iris, iris.iloc[10:])
        )
        assert compare(one, other)["low"].isna().all()

    def test_thresholds_are_checked_after_all_is_logged(self, line: Any, diabetes: Any) -> None:
        with pytest.raises(ModelValidationFailed, match=r"r2_score threshold = 0\.9"):
            evaluate(
                line,
                diabetes,
                targets="target",
                model_type="regressor",
                validation_thresholds={
                    "r2_score": MetricThreshold(threshold=0.9, greater_is_better=True)
                },
            )
        (run,) = millstream.search_runs(output_format="list")
        assert run.data.metrics["r2_score"] == pytest.approx(0.5177484)
