from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import millstream
from millstream.errors import InvalidParameter, NotSupported
from millstream.evaluation import metrics as m
from millstream.evaluation.evaluate import evaluate
from millstream.evaluation.values import EvaluationMetric, MetricValue, make_metric

FRAME = pd.DataFrame(
    {"said": [1.0, 2.0, 3.5, 4.0], "true": [1.0, 2.0, 3.0, 5.0], "weight": [1.0, 1.0, 2.0, 2.0]}
)


def run(*metrics: EvaluationMetric, **given: Any) -> Any:
    named = {"targets": "true", "predictions": "said", **given}
    return evaluate(data=FRAME, extra_metrics=list(metrics), **named)


class TestForms:
    def test_the_older_form_takes_a_frame_and_the_builtin_metrics(self) -> None:
        def older(eval_df: Any, _builtin: Any) -> float:
            assert list(eval_df) == ["prediction", "target"]
            return float((eval_df["prediction"] - eval_df["target"]).sum())

        named = make_metric(eval_fn=lambda a, b: len(a) + len(b), greater_is_better=True, name="n")
        result = run(make_metric(eval_fn=older, greater_is_better=True), named)
        assert result.metrics == {"older": -0.5, "n": 4.0}

    def test_the_newer_form_takes_what_it_names(self) -> None:
        def newer(
            predictions: Any, targets: Any, metrics: Any, weight: Any, factor: float, base: int = 7
        ) -> float:
            assert metrics["mean_squared_error"].aggregate_results["mean_squared_error"] > 0
            return float((weight * (predictions - targets)).sum() * factor + base)

        result = run(
            make_metric(eval_fn=newer, greater_is_better=True),
            model_type="regressor",
            evaluator_config={"factor": 10},
        )
        assert result.metrics["newer"] == -3.0

    def test_plain_numbers_of_metrics_come_where_they_are_asked_for(self) -> None:
        def of(predictions: Any, metrics: dict[str, float]) -> float:
            return metrics["max_error"] * 2

        result = run(make_metric(eval_fn=of, greater_is_better=True), model_type="regressor")
        assert result.metrics["of"] == 2.0

    def test_names_can_be_mapped_to_columns(self) -> None:
        def of(predictions: Any, importance: Any) -> float:
            return float(importance.sum())

        config = {"col_mapping": {"importance": "weight"}}
        result = run(make_metric(eval_fn=of, greater_is_better=True), evaluator_config=config)
        assert result.metrics == {"of": 6.0}

    def test_a_metric_can_take_another_whatever_their_order(self) -> None:
        def later(predictions: Any, earlier: MetricValue) -> float:
            return earlier.aggregate_results["earlier"] + 1

        def earlier(predictions: Any) -> float:
            return 1.0

        made = [make_metric(eval_fn=one, greater_is_better=True) for one in (later, earlier)]
        assert run(*made).metrics == {"earlier": 1.0, "later": 2.0}

    def test_what_is_missing_is_named(self) -> None:
        def of(predictions: Any, nowhere: Any) -> float:
            return 0.0

        with pytest.raises(InvalidParameter, match=r"the metric 'of' takes \['nowhere'\]"):
            run(make_metric(eval_fn=of, greater_is_better=True))

    def test_columns_of_the_models_answer_can_be_taken(self) -> None:
        def of(predictions: Any, trace: Any) -> float:
            return float(trace.sum())

        result = evaluate(
            lambda frame: pd.DataFrame({"a": frame["said"], "trace": 2}),
            FRAME,
            targets="true",
            predictions="a",
            extra_metrics=[make_metric(eval_fn=of, greater_is_better=True)],
        )
        assert result.metrics == {"of": 8.0}


class TestValues:
    def test_scores_make_a_table_and_aggregates(self) -> None:
        def error(predictions: Any, targets: Any) -> MetricValue:
            return MetricValue(
                scores=list(predictions - targets), justifications=["a", "b", "c", "d"]
            )

        result = run(make_metric(eval_fn=error, greater_is_better=False, version="v1"))
        assert result.metrics == pytest.approx(
            {"error/v1/mean": -0.125, "error/v1/variance": 0.296875, "error/v1/p90": 0.35}
        )
        table = result.tables["eval_results_table"]
        assert list(table) == ["said", "true", "weight", "error/v1/score", "error/v1/justification"]
        assert table["error/v1/score"].tolist() == [0.0, 0.0, 0.5, -1.0]
        assert set(result.intervals) == {"error/v1/mean", "error/v1/variance"}

    def test_own_aggregates_replace_the_standard_ones(self) -> None:
        def of(predictions: Any) -> MetricValue:
            return MetricValue(scores=["x"] * 4, aggregate_results={"share": 0.5})

        result = run(make_metric(eval_fn=of, greater_is_better=True))
        assert result.metrics == {"of/share": 0.5}
        assert result.intervals == {}

    def test_answers_that_are_no_values_are_left_out_with_a_warning(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        result = run(
            make_metric(eval_fn=lambda *_: "text", greater_is_better=True, name="bad"), m.mse()
        )
        assert list(result.metrics) == ["mean_squared_error"]
        assert "must answer with a number or a MetricValue, not str" in caplog.text

    def test_a_failing_function_is_named(self) -> None:
        def fails(eval_df: Any, builtin: Any) -> float:
            raise KeyError("boo")

        with pytest.raises(InvalidParameter, match="the metric 'fails' failed: KeyError: 'boo'"):
            run(make_metric(eval_fn=fails, greater_is_better=True))

    def test_too_few_scores_are_refused(self) -> None:
        def few(predictions: Any) -> MetricValue:
            return MetricValue(scores=[1.0])

        with pytest.raises(InvalidParameter, match="1 scores for 4 rows"):
            run(make_metric(eval_fn=few, greater_is_better=True))

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"eval_fn": lambda _: 1}, "`name` must be specified"),
            ({"eval_fn": len, "name": "a/b"}, "cannot include forward slashes"),
            ({"eval_fn": "x", "name": "a"}, "`eval_fn` must be a function, not 'x'"),
        ],
    )
    def test_what_is_no_metric_is_refused(self, arguments: dict[str, Any], said: str) -> None:
        with pytest.raises(InvalidParameter, match=said):
            make_metric(greater_is_better=True, **arguments)


def test_metrics_are_what_make_metric_gives() -> None:
    with pytest.raises(InvalidParameter, match="as `make_metric` gives them, but has 'mse'"):
        run("mse")  # type: ignore[arg-type]  # wrong on purpose


class TestClassic:
    def test_of_regressors_have_intervals_too(self) -> None:
        result = run(m.mse(), m.rmse(), m.mae(), m.r2_score(), m.max_error(), m.mape())
        whole = run(model_type="regressor")
        for name, value in result.metrics.items():
            assert value == pytest.approx(whole.metrics[name])
        assert set(result.intervals) == set(result.metrics) - {"max_error"}

    def test_of_classifiers_take_the_options(self) -> None:
        frame = pd.DataFrame({"said": [1, 0, 1, 1], "true": [1, 0, 0, 1]})
        made = [m.precision_score(), m.recall_score(), m.f1_score()]
        result = evaluate(data=frame, targets="true", predictions="said", extra_metrics=made)
        assert result.metrics == pytest.approx(
            {"precision_score": 2 / 3, "recall_score": 1.0, "f1_score": 0.8}
        )
        other = evaluate(
            data=frame,
            targets="true",
            predictions="said",
            extra_metrics=made,
            evaluator_config={"pos_label": 0},
        )
        assert other.metrics["recall_score"] == 0.5

    def test_weights_count(self) -> None:
        result = run(m.mae(), evaluator_config={"sample_weights": "weight"})
        assert result.metrics == {"mean_absolute_error": pytest.approx(0.5)}


class TestArtifacts:
    def test_each_kind_of_object_is_a_kind_of_file(self) -> None:
        def make(eval_df: Any, builtin: Any, folder: str) -> dict[str, Any]:
            Path(folder, "note.txt").write_text("seen")
            Path(folder, "plain.csv").write_text("a\n1\n")
            assert builtin["max_error"] == 1.0
            return {
                "frame": eval_df.head(2),
                "figure": Figure(),
                "array": np.arange(3),
                "json": '{"a": 1}',
                "listed": [1, 2],
                "text": str(Path(folder, "note.txt")),
                "relative": "plain.csv",
                "object": {1, 2},
            }

        result = run(model_type="regressor", custom_artifacts=[make])
        found = {name: one.uri.rpartition("/")[2] for name, one in result.artifacts.items()}
        assert {name: found[name] for name in ("frame", "figure", "array", "json")} == {
            "frame": "frame.csv",
            "figure": "figure.png",
            "array": "array.npy",
            "json": "json.json",
        }
        assert found["text"] == "text.txt"
        assert found["relative"] == "relative.csv"
        assert found["object"] == "object.pickle"
        assert result.artifacts["text"].content == "seen"
        assert result.artifacts["relative"].content["a"].tolist() == [1]
        assert result.artifacts["json"].content == {"a": 1}

    @pytest.mark.parametrize("name", ["../up", "a/b", "", ".."])
    def test_names_cannot_leave_the_folder(self, name: str) -> None:
        with pytest.raises(InvalidParameter, match="without folders"):
            run(model_type="regressor", custom_artifacts=[lambda *_: {name: [1]}])

    @pytest.mark.parametrize(
        ("maker", "said"),
        [
            (lambda *_: 5, "must answer with a dictionary"),
            (lambda *_: {"a": "nowhere.txt"}, "neither the path of a file nor JSON"),
            (lambda *_: 1 / 0, "failed: ZeroDivisionError"),
            ("text", "must be functions, but has 'text'"),
        ],
    )
    def test_what_is_no_artifact_is_refused(self, maker: Any, said: str) -> None:
        with pytest.raises(InvalidParameter, match=said):
            run(model_type="regressor", custom_artifacts=[maker])

    def test_pickles_are_not_read_where_that_is_forbidden(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        result = run(model_type="regressor", custom_artifacts=[lambda *_: {"object": {1, 2}}])
        result.save(tmp_path / "saved")
        again = type(result).load(tmp_path / "saved")
        assert again.artifacts["object"].content == {1, 2}
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        with pytest.raises(NotSupported, match="disallowed"):
            type(result).load(tmp_path / "saved").artifacts["object"].content  # noqa: B018  # reading it is what raises

    def test_they_are_given_the_metrics_of_ones_own_too(self) -> None:
        def make(eval_df: Any, metrics: dict[str, float], folder: str) -> dict[str, Any]:
            return {"seen": sorted(metrics)}

        result = run(m.mse(), custom_artifacts=[make])
        assert result.artifacts["seen"].content == ["mean_squared_error"]

    def test_they_are_logged(self) -> None:
        result = run(model_type="regressor", custom_artifacts=[lambda *_: {"own": [1, 2]}])
        uri = f"runs:/{result.run_id}/own.json"
        assert millstream.artifacts.load_dict(uri) == [1, 2]
