from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from millstream.evaluation import plugins
from millstream.evaluation.contents import EvaluationArtifact
from millstream.evaluation.evaluate import evaluate
from millstream.evaluation.result import EvaluationResult

FRAME = pd.DataFrame({"said": [1.0, 2.0], "true": [1.0, 3.0]})


class Ranker(plugins.ModelEvaluator):
    """Takes rankers, and regressors if told to."""

    asked: list[dict[str, Any]] = []

    @classmethod
    def can_evaluate(cls, *, model_type: str, evaluator_config: Any, **_: Any) -> bool:
        return model_type == "ranker" or evaluator_config.get("also") == model_type

    def evaluate(self, **given: Any) -> EvaluationResult:
        self.asked.append(given)
        count = float(len(given["dataset"].labels_data))
        return EvaluationResult({"rows": count}, {"own": EvaluationArtifact("own.json", [1])})


class Point:
    def __init__(self, name: str, value: str, plugin: Any) -> None:
        self.name, self.value, self.load = name, value, lambda: plugin


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    Ranker.asked.clear()
    points = [
        Point("ranker", "package:Ranker", Ranker),
        Point("default", "mlflow.models.evaluation.default_evaluator:DefaultEvaluator", None),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda **_: points)


def test_they_are_listed_after_the_builtin_ones() -> None:
    assert plugins.list_evaluators() == ["default", "classifier", "regressor", "shap", "ranker"]


def test_a_plugin_makes_another_type_of_models_possible() -> None:
    result = evaluate(data=FRAME, targets="true", predictions="said", model_type="ranker")
    assert result.metrics == {"rows": 2.0}
    assert result.artifacts["own"].content == [1]
    (given,) = Ranker.asked
    assert given["run_id"] == result.run_id
    assert given["dataset"].predictions_data.tolist() == [1.0, 2.0]
    assert given["dataset"].feature_names == []


def test_what_it_finds_goes_beside_what_is_built_in() -> None:
    result = evaluate(
        data=FRAME,
        targets="true",
        predictions="said",
        model_type="regressor",
        evaluator_config={"ranker": {"also": "regressor"}, "default": {"metric_prefix": "p_"}},
    )
    assert {"rows", "p_max_error"} <= set(result.metrics)
    assert Ranker.asked[0]["evaluator_config"] == {"also": "regressor"}


def test_only_those_that_are_named_are_used() -> None:
    result = evaluate(
        data=FRAME,
        targets="true",
        predictions="said",
        model_type="regressor",
        evaluators="ranker",
        evaluator_config={"also": "regressor"},
    )
    assert result.metrics == {"rows": 2.0}


def test_one_that_does_not_do_its_part_says_so() -> None:
    with pytest.raises(NotImplementedError, match="ModelEvaluator must say which types"):
        plugins.ModelEvaluator.can_evaluate(model_type="x", evaluator_config={})
    with pytest.raises(NotImplementedError, match="ModelEvaluator must evaluate"):
        plugins.ModelEvaluator().evaluate(
            model_type="x", dataset=None, run_id=None, evaluator_config={}
        )
