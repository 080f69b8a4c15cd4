"""Conditions that the metrics of a model must meet, alone or beside a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any

from millstream.client.away import warn
from millstream.errors import BadRequest, InvalidParameter
from millstream.evaluation.comparison import difference_interval
from millstream.evaluation.result import EvaluationResult

SMALLEST_CHANGE = 1e-10


class InvalidThreshold(InvalidParameter):
    """A threshold that cannot be checked."""


class ModelValidationFailed(BadRequest):
    """The metrics of a model do not meet the thresholds; `failures` names each that does not."""

    def __init__(self, failures: list[str]) -> None:
        super().__init__("\n".join(failures))
        self.failures = failures


class MetricThreshold:
    """What a metric must reach: a value, or a change from a baseline, or several of these.

    `min_relative_change` is a share of the baseline's size, between 0 and 1. With `beyond_chance`
    the whole interval of the difference must lie on the better side of 0.
    """

    def __init__(
        self,
        threshold: float | None = None,
        min_absolute_change: float | None = None,
        min_relative_change: float | None = None,
        greater_is_better: bool | None = None,
        beyond_chance: bool = False,
    ) -> None:
        self._threshold = _number("threshold", threshold)
        self._absolute = _number("min_absolute_change", min_absolute_change, smallest=0)
        self._relative = _number("min_relative_change", min_relative_change, 0, 1)
        if not isinstance(greater_is_better, bool):
            raise InvalidThreshold(
                "`greater_is_better` parameter must be defined as True or False, not "
                f"{greater_is_better!r}"
            )
        given = (threshold, min_absolute_change, min_relative_change)
        if not beyond_chance and all(one is None for one in given):
            raise InvalidThreshold(
                "no threshold was specified: give `threshold`, `min_absolute_change`, "
                "`min_relative_change` or `beyond_chance`"
            )
        self._greater = greater_is_better
        self._beyond_chance = beyond_chance

    @property
    def threshold(self) -> float | None:
        """The value to reach."""
        return self._threshold

    @property
    def min_absolute_change(self) -> float | None:
        """The least improvement on the baseline."""
        return self._absolute

    @property
    def min_relative_change(self) -> float | None:
        """The least improvement as a share of the baseline's size."""
        return self._relative

    @property
    def greater_is_better(self) -> bool:
        """Whether more is better."""
        return self._greater

    @property
    def beyond_chance(self) -> bool:
        """Whether the improvement must be more than chance explains."""
        return self._beyond_chance

    @property
    def compares(self) -> bool:
        """Whether a baseline is needed."""
        return self._beyond_chance or (self._absolute, self._relative) != (None, None)

    def __str__(self) -> str:
        parts = {
            "Threshold": self._threshold,
            "Minimum absolute change": self._absolute,
            "Minimum relative change": self._relative,
        }
        found = [f"{name}: {value}." for name, value in parts.items() if value is not None]
        better = "Greater" if self._greater else "Lower"
        return " ".join([*found, f"{better} value is better."])


def validate_evaluation_results(
    validation_thresholds: Mapping[str, MetricThreshold],
    candidate_result: EvaluationResult,
    baseline_result: EvaluationResult | None = None,
) -> None:
    """Check the metrics of a candidate; raises `ModelValidationFailed` with all that fail.

    Improvements that chance alone explains pass, unless a threshold asks for more, with a warning.
    """
    failures = []
    for name, threshold in validation_thresholds.items():
        found = _failures(name, threshold, candidate_result, baseline_result)
        if found:
            failures.append(" ".join(found))
    if failures:
        raise ModelValidationFailed(failures)


def _failures(
    name: str,
    threshold: MetricThreshold,
    candidate: EvaluationResult,
    baseline: EvaluationResult | None,
) -> list[str]:
    if name not in candidate.metrics:
        return [
            f"Metric validation failed: metric {name} was missing from the evaluation result of "
            f"the candidate model, which has {sorted(candidate.metrics)}."
        ]
    sign = 1 if threshold.greater_is_better else -1
    value = candidate.metrics[name]
    found = []
    wanted = threshold.threshold
    if wanted is not None and not sign * value >= sign * wanted:
        found.append(
            f"Metric {name} value threshold check failed: candidate model {name} = {value}, "
            f"{name} threshold = {wanted}."
        )
    if not threshold.compares:
        return found
    if baseline is None or name not in baseline.metrics:
        return [
            *found,
            f"Model comparison failed: metric {name} was missing from the evaluation result of the "
            "baseline model.",
        ]
    return found + _changes(name, threshold, sign, candidate, baseline)


def _changes(
    name: str,
    threshold: MetricThreshold,
    sign: int,
    candidate: EvaluationResult,
    baseline: EvaluationResult,
) -> list[str]:
    value, before = candidate.metrics[name], baseline.metrics[name]
    absolute, relative = threshold.min_absolute_change, threshold.min_relative_change
    both = f"candidate model {name} = {value}, baseline model {name} = {before}"
    found = []
    if absolute is not None and not sign * value >= sign * before + absolute:
        found.append(
            f"Metric {name} minimum absolute change check failed: {both}, {name} minimum absolute "
            f"change threshold = {absolute}."
        )
    if relative is not None:
        least = relative * abs(before) if before else SMALLEST_CHANGE
        if not sign * value >= sign * before + least:
            found.append(
                f"Metric {name} minimum relative change check failed: {both}, {name} minimum "
                f"relative change threshold = {relative}."
            )
    return found or _chance(name, threshold, sign, candidate, baseline, both)


def _chance(
    name: str,
    threshold: MetricThreshold,
    sign: int,
    candidate: EvaluationResult,
    baseline: EvaluationResult,
    both: str,
) -> list[str]:
    interval = difference_interval(name, candidate, baseline)
    if interval is None:
        if not threshold.beyond_chance:
            return []
        return [
            f"Metric {name} beyond-chance check failed: {both}, and there is no interval of their "
            "difference: evaluate both on the same rows, with the same resamples."
        ]
    edge = interval.low if sign > 0 else interval.high
    if sign * edge > 0:
        return []
    message = (
        f"{both}, and the {interval.level:.0%} interval of their difference, "
        f"{interval.low:.4g} to {interval.high:.4g}, does not show the candidate to be better."
    )
    if threshold.beyond_chance:
        return [f"Metric {name} beyond-chance check failed: {message}"]
    warn(f"metric {name} meets its threshold, but {message}")
    return []


def _number(
    name: str, value: Any, smallest: float | None = None, largest: float | None = None
) -> float | None:
    if value is None:
        return None
    wanted = "a number"
    if largest is not None:
        wanted = f"a number between {smallest} and {largest}"
    elif smallest is not None:
        wanted = "a positive number"
    fits = isinstance(value, Number) and not isinstance(value, bool | complex)
    if fits and smallest is not None:
        fits = value > smallest or (largest is None and value == smallest)
    if fits and largest is not None:
        fits = value < largest
    if not fits:
        raise InvalidThreshold(f"`{name}` parameter must be {wanted}, not {value!r}")
    return float(value)
