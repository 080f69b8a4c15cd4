from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from millstream.evaluation.resampling import Interval
from millstream.evaluation.result import EvaluationResult
from millstream.evaluation.thresholds import (
    InvalidThreshold,
    MetricThreshold,
    ModelValidationFailed,
    validate_evaluation_results,
)


def result(**metrics: float) -> EvaluationResult:
    return EvaluationResult(metrics, {})


def failures(threshold: MetricThreshold, value: float, baseline: float | None = None) -> list[str]:
    other = None if baseline is None else result(a=baseline)
    try:
        validate_evaluation_results({"a": threshold}, result(a=value), other)
    except ModelValidationFailed as error:
        return error.failures
    return []


@pytest.mark.parametrize(
    ("given", "value", "baseline", "passes"),
    [
        ({"threshold": 0.8}, 0.8, None, True),
        ({"threshold": 0.8}, 0.79, None, False),
        ({"threshold": 0.8}, float("nan"), None, False),
        ({"min_absolute_change": 0.05}, 0.80, 0.74, True),
        ({"min_absolute_change": 0.05}, 0.80, 0.76, False),
        ({"min_relative_change": 0.05}, 0.84, 0.79, True),
        ({"min_relative_change": 0.05}, 0.80, 0.79, False),
        ({"min_relative_change": 0.5}, 0.01, 0.0, True),
        ({"min_relative_change": 0.5}, 0.0, 0.0, False),
        ({"min_relative_change": 0.5}, -1.0, -2.0, True),
        ({"min_relative_change": 0.5}, -1.1, -2.0, False),
    ],
)
def test_a_metric_of_which_more_is_better(
    given: dict[str, Any], value: float, baseline: float | None, passes: bool
) -> None:
    assert (failures(MetricThreshold(**given, greater_is_better=True), value, baseline) == []) == (
        passes
    )
    if not np.isnan(value):
        mirrored = {name: -one if name == "threshold" else one for name, one in given.items()}
        lower = MetricThreshold(**mirrored, greater_is_better=False)
        other = None if baseline is None else -baseline
        assert (failures(lower, -value, other) == []) == passes


def test_all_that_fails_is_said_in_one_error() -> None:
    thresholds = {
        "a": MetricThreshold(
            threshold=0.5,
            min_absolute_change=0.05,
            min_relative_change=0.05,
            greater_is_better=True,
        ),
        "b": MetricThreshold(threshold=0.1, greater_is_better=False),
        "c": MetricThreshold(threshold=0.1, greater_is_better=False),
    }
    with pytest.raises(ModelValidationFailed) as caught:
        validate_evaluation_results(thresholds, result(a=0.4, b=0.2), result(a=0.39))
    first, second, third = caught.value.failures
    assert first.count("check failed") == 3
    assert "candidate model a = 0.4, baseline model a = 0.39" in first
    assert second == (
        "Metric b value threshold check failed: candidate model b = 0.2, b threshold = 0.1."
    )
    assert "metric c was missing from the evaluation result of the candidate" in third
    assert caught.value.error_code == "BAD_REQUEST"


def test_a_comparison_needs_a_baseline_with_the_metric() -> None:
    threshold = MetricThreshold(min_absolute_change=0.1, greater_is_better=True)
    for baseline in (None, result(b=1.0)):
        with pytest.raises(ModelValidationFailed, match="missing from the evaluation result of"):
            validate_evaluation_results({"a": threshold}, result(a=1.0), baseline)


class TestChance:
    def resampled(self, value: float, offset: float, rows: str = "r") -> EvaluationResult:
        noise = np.random.default_rng(0).normal(0, 0.05, 1_000)
        replicates = {"a": value + noise * offset}
        one = {"a": Interval(value - 0.1, value + 0.1, 0.95)}
        return EvaluationResult({"a": value}, {}, None, one, replicates, rows)

    threshold = MetricThreshold(min_absolute_change=0.0, greater_is_better=True)
    strict = MetricThreshold(beyond_chance=True, greater_is_better=True)

    def test_a_lucky_difference_passes_with_a_warning(self) -> None:
        with pytest.warns(RuntimeWarning, match="does not show the candidate to be better"):
            validate_evaluation_results(
                {"a": self.threshold}, self.resampled(0.81, 1), self.resampled(0.80, -1)
            )

    def test_a_lucky_difference_fails_where_more_is_asked_for(self) -> None:
        with pytest.raises(ModelValidationFailed, match="beyond-chance check failed"):
            validate_evaluation_results(
                {"a": self.strict}, self.resampled(0.81, 1), self.resampled(0.80, -1)
            )

    def test_a_small_difference_on_the_same_rows_can_be_beyond_chance(self) -> None:
        validate_evaluation_results(
            {"a": self.strict}, self.resampled(0.81, 1), self.resampled(0.80, 1.01)
        )

    def test_results_that_cannot_be_paired_say_so(self) -> None:
        with pytest.raises(ModelValidationFailed, match="evaluate both on the same rows"):
            validate_evaluation_results(
                {"a": self.strict}, self.resampled(0.9, 1), self.resampled(0.1, 1, "other")
            )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"threshold": 1}, "`greater_is_better` parameter must be defined"),
        ({"threshold": 1, "greater_is_better": "x"}, "not 'x'"),
        ({"threshold": "a", "greater_is_better": True}, "must be a number, not 'a'"),
        ({"greater_is_better": True}, "no threshold was specified"),
        ({"min_absolute_change": -1, "greater_is_better": True}, "a positive number, not -1"),
        ({"min_relative_change": 2, "greater_is_better": True}, "between 0 and 1, not 2"),
        ({"min_relative_change": -1, "greater_is_better": True}, "between 0 and 1, not -1"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidThreshold) as caught:
        MetricThreshold(**given)
    assert said in str(caught.value)


def test_a_threshold_says_what_it_is() -> None:
    made = MetricThreshold(threshold=1, min_relative_change=0.1, greater_is_better=False)
    assert str(made) == "Threshold: 1.0. Minimum relative change: 0.1. Lower value is better."
