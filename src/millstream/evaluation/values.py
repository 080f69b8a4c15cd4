"""What metrics of one's own are made of: the function, and the value it may answer with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from millstream.errors import InvalidParameter

_LOGGER = logging.getLogger("millstream.evaluation")


class MetricValue:
    """The value of a metric: perhaps one score for each row, and aggregates of them.

    Without aggregates, those of numeric scores are their mean, variance and 90th percentile.
    """

    def __init__(
        self,
        scores: Sequence[Any] | None = None,
        justifications: Sequence[str] | None = None,
        aggregate_results: Mapping[str, float] | None = None,
    ) -> None:
        self.scores = None if scores is None else list(scores)
        self.justifications = None if justifications is None else list(justifications)
        self.standard = aggregate_results is None
        self.aggregate_results = (
            _aggregates(self.scores) if aggregate_results is None else dict(aggregate_results)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MetricValue) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it holds lists

    def __repr__(self) -> str:
        return (
            f"MetricValue(scores={self.scores!r}, justifications={self.justifications!r}, "
            f"aggregate_results={self.aggregate_results!r})"
        )


class EvaluationMetric:
    """A metric: a function of what the model said, and whether more is better.

    The function takes either `(eval_df, builtin_metrics)`, or any of `predictions`, `targets`,
    `metrics`, columns of the data or of the model's answer, other metrics, and keys of
    `evaluator_config`, by name. It answers with a number or a `MetricValue`. `resampled` makes of
    targets, predictions, weights and `evaluator_config` the metric of any number of resamples.
    """

    resampled: Callable[..., Any] | None = None

    def __init__(
        self,
        eval_fn: Callable[..., Any],
        name: str,
        greater_is_better: bool,
        long_name: str | None = None,
        version: str | None = None,
        metric_details: str | None = None,
        metric_metadata: Mapping[str, Any] | None = None,
        genai_metric_args: Mapping[str, Any] | None = None,
    ) -> None:
        self.eval_fn = eval_fn
        self.name = name
        self.greater_is_better = greater_is_better
        self.long_name = long_name or name
        self.version = version
        self.metric_details = metric_details
        self.metric_metadata = metric_metadata
        self.genai_metric_args = genai_metric_args

    @property
    def key(self) -> str:
        """The name under which it is logged."""
        return f"{self.name}/{self.version}" if self.version else self.name

    def __repr__(self) -> str:
        return f"EvaluationMetric(name={self.name}, greater_is_better={self.greater_is_better})"


def make_metric(
    *,
    eval_fn: Callable[..., Any],
    greater_is_better: bool,
    name: str | None = None,
    long_name: str | None = None,
    version: str | None = None,
    metric_details: str | None = None,
    metric_metadata: Mapping[str, Any] | None = None,
    genai_metric_args: Mapping[str, Any] | None = None,
) -> EvaluationMetric:
    """A metric made of a function, whose name it takes if none is given; see `EvaluationMetric`."""
    own = getattr(eval_fn, "__name__", None)
    if name is None and (own is None or own == "<lambda>"):
        raise InvalidParameter(
            "`name` must be specified if `eval_fn` is a lambda function or has no `__name__`"
        )
    chosen = str(name or own)
    if "/" in chosen:
        raise InvalidParameter(
            f"Invalid metric name '{chosen}'. Metric names cannot include forward slashes ('/')."
        )
    if not chosen.isidentifier():
        _LOGGER.warning(
            "the metric name %r is no Python identifier, so that no other metric can take it", name
        )
    if not callable(eval_fn):
        raise InvalidParameter(f"`eval_fn` must be a function, not {eval_fn!r}")
    return EvaluationMetric(
        eval_fn,
        chosen,
        greater_is_better,
        long_name,
        version,
        metric_details,
        metric_metadata,
        genai_metric_args,
    )


def _aggregates(scores: Sequence[Any] | None) -> dict[str, float]:
    numbers = [float(score) for score in scores or [] if _is_number(score)]
    if not numbers or len(numbers) < len(scores or []):
        return {}
    mean = sum(numbers) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
    return {"mean": mean, "variance": variance, "p90": _quantile(numbers, 0.9)}


def _quantile(numbers: Sequence[float], share: float) -> float:
    ordered = sorted(numbers)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _is_number(value: Any) -> bool:
    return not isinstance(value, str | bytes) and hasattr(value, "__float__")
