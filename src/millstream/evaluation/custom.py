"""Metrics and artifacts of one's own, computed from what the model said."""

from __future__ import annotations

import inspect
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter
from millstream.evaluation.contents import Content, content_of
from millstream.evaluation.dataset import EvaluationDataset
from millstream.evaluation.options import Options
from millstream.evaluation.resampling import Array, Statistic, ratio
from millstream.evaluation.subject import Answers
from millstream.evaluation.values import EvaluationMetric, MetricValue

_LOGGER = logging.getLogger("millstream.evaluation")
_OUTPUTS = "outputs"
_OWN = ("predictions", "targets", "metrics")


class Scored(NamedTuple):
    """What the metrics said, by the key of each, and their functions' orientation."""

    values: dict[str, MetricValue]
    metrics: dict[str, float]
    greater_is_better: dict[str, bool]

    def table(self, dataset: EvaluationDataset, answers: Answers) -> Any | None:
        """The rows with their predictions and scores; None if no metric scores rows."""
        scored = {key: value for key, value in self.values.items() if value.scores is not None}
        if not scored:
            return None
        table = dataset.table
        _add(table, dataset.targets_name, dataset.targets)
        _add(table, dataset.predictions_name or _OUTPUTS, answers.predictions)
        for key, value in scored.items():
            table[f"{key}/score"] = value.scores
            if value.justifications is not None:
                table[f"{key}/justification"] = value.justifications
        return table


class Setting(NamedTuple):
    """What a metric can ask for."""

    dataset: EvaluationDataset
    answers: Answers
    builtin: Mapping[str, float]
    options: Options
    weights: Array | None = None

    @property
    def frame(self) -> Any:
        """The rows as older functions take them: with the columns prediction and target."""
        columns = {"prediction": self.answers.predictions, "target": self.dataset.targets}
        return pd.DataFrame({name: value for name, value in columns.items() if value is not None})


def compute(setting: Setting, metrics: Sequence[EvaluationMetric]) -> Scored:
    """Compute the metrics, those that others take first."""
    found = Scored({}, {}, {})
    known: dict[str, MetricValue] = {
        name: MetricValue(aggregate_results={name: value})
        for name, value in setting.builtin.items()
    }
    left = [_own(metric) for metric in metrics]
    while left:
        ready = [(metric, _arguments(metric, setting, known)) for metric in left]
        able = [(metric, given) for metric, given in ready if not isinstance(given, list)]
        if not able:
            raise InvalidParameter(_missing(setting, ready))
        for metric, given in able:
            left.remove(metric)
            value = _value(metric, given, len(setting.dataset))
            if value is not None:
                _take(found, metric, value)
                known[metric.name] = value
    return found


def statistics(
    setting: Setting, scored: Scored, metrics: Sequence[EvaluationMetric]
) -> list[Statistic]:
    """What the metrics are in any number of resamples, of those of which that is known.

    Numbers that a function gives are not resampled: that would call it a thousand times, and it may
    cost time or money.
    """
    found = []
    own = [_own(metric) for metric in metrics]
    classic = {metric.resampled for metric in own if metric.resampled is not None}
    targets = setting.dataset.targets
    if targets is not None:
        known = (targets.to_numpy(), setting.answers.predictions.to_numpy(), setting.weights)
        found += [make(*known, setting.options.all) for make in classic]
    scores = {
        key: np.asarray(value.scores, dtype=float)
        for key, value in scored.values.items()
        if value.scores is not None and value.standard and value.aggregate_results
    }
    return [*found, _of_scores(scores)] if scores else found


def _of_scores(scores: Mapping[str, Array]) -> Statistic:
    def of(counts: Array) -> dict[str, Array]:
        total = counts.sum(axis=1)
        found = {}
        for key, own in scores.items():
            mean = ratio(counts @ own, total)
            found[f"{key}/mean"] = mean
            found[f"{key}/variance"] = ratio(counts @ own**2, total) - mean**2
        return found

    return of


def draw_up(setting: Setting, makers: Sequence[Callable[..., Any]]) -> dict[str, Content]:
    """The artifacts that functions `(eval_df, builtin_metrics, artifacts_dir)` make, by name."""
    found: dict[str, Content] = {}
    for maker in makers:
        if not callable(maker):
            raise InvalidParameter(f"`custom_artifacts` must be functions, but has {maker!r}")
        with tempfile.TemporaryDirectory(prefix="millstream-") as folder:
            given = (setting.frame, dict(setting.builtin), folder)
            made = _called(f"the custom artifact {_name(maker)!r}", maker, *given)
            if not isinstance(made, Mapping):
                raise InvalidParameter(
                    f"the custom artifact function {_name(maker)!r} must answer with a dictionary "
                    f"of names and artifacts, not {type(made).__name__}"
                )
            for name, value in made.items():
                found[str(name)] = content_of(str(name), value, Path(folder))
    return found


def _arguments(
    metric: EvaluationMetric, setting: Setting, known: Mapping[str, MetricValue]
) -> list[Any] | dict[str, Any] | tuple[Any, ...]:
    """The arguments of a metric's function; a list names those that are missing."""
    parameters = [
        one
        for one in inspect.signature(metric.eval_fn).parameters.values()
        if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    found: dict[str, Any] = {}
    missing = []
    for parameter in parameters:
        given = _argument(parameter, setting, known)
        if given is not inspect.Parameter.empty:
            found[parameter.name] = given
        elif parameter.default is inspect.Parameter.empty:
            missing.append(parameter.name)
    if _takes_frame([one.name for one in parameters], missing):
        numbers = {name: float(value) for name, value in setting.builtin.items()}
        return (setting.frame, numbers)
    return missing or found


def _takes_frame(names: Sequence[str], missing: Sequence[str]) -> bool:
    """Whether a function is of the older form, which is told by position, not by name."""
    if len(names) != 2 or set(names) & set(_OWN[:2]):
        return False
    return names[0] in missing or names[0] == "eval_df"


def _argument(
    parameter: inspect.Parameter, setting: Setting, known: Mapping[str, MetricValue]
) -> Any:
    name = parameter.name
    if name == "predictions":
        return setting.answers.predictions
    if name == "targets":
        return setting.dataset.targets
    if name == "metrics":
        plain = "float" in str(parameter.annotation)
        return dict(setting.builtin) if plain else dict(known)
    if name == "sample_weights":
        return setting.weights
    mapped = setting.options.col_mapping.get(name, name)
    if not isinstance(mapped, str):
        return mapped
    for frame in (setting.dataset.table, setting.answers.outputs):
        if frame is not None and mapped in frame.columns:
            return frame[mapped]
    if mapped in known:
        return known[mapped]
    return setting.options.all.get(mapped, inspect.Parameter.empty)


def _value(metric: EvaluationMetric, given: Any, rows: int) -> MetricValue | None:
    positional, named = (given, {}) if isinstance(given, tuple) else ((), given)
    answer = _called(f"the metric '{metric.name}'", metric.eval_fn, *positional, **named)
    if isinstance(answer, str | bytes | None) or not (
        hasattr(answer, "__float__") or hasattr(answer, "aggregate_results")
    ):
        _LOGGER.warning(
            "the metric %r is left out: its function must answer with a number or a MetricValue, "
            "not %s",
            metric.name,
            type(answer).__name__,
        )
        return None
    if not hasattr(answer, "aggregate_results"):
        return MetricValue(aggregate_results={metric.name: float(answer)})
    value = answer if isinstance(answer, MetricValue) else _adopted(answer)
    if value.scores is not None and len(value.scores) != rows:
        raise InvalidParameter(
            f"the metric '{metric.name}' has {len(value.scores)} scores for {rows} rows"
        )
    return value


def _own(metric: Any) -> EvaluationMetric:
    """The metric itself, or one made of another library's class of the same shape."""
    if isinstance(metric, EvaluationMetric):
        return metric
    if not callable(getattr(metric, "eval_fn", None)):
        raise InvalidParameter(
            f"`extra_metrics` must be metrics, as `make_metric` gives them, but has {metric!r}"
        )
    return EvaluationMetric(
        metric.eval_fn,
        metric.name,
        metric.greater_is_better,
        version=getattr(metric, "version", None),
    )


def _adopted(answer: Any) -> MetricValue:
    """The value of another library's class of the same shape."""
    return MetricValue(answer.scores, answer.justifications, answer.aggregate_results)


def _take(found: Scored, metric: EvaluationMetric, value: MetricValue) -> None:
    found.values[metric.key] = value
    for aggregate, number in value.aggregate_results.items():
        name = metric.key if aggregate == metric.name else f"{metric.key}/{aggregate}"
        found.metrics[name] = float(number)
        found.greater_is_better[name] = metric.greater_is_better


def _called(what: str, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
    try:
        return function(*given, **named)
    except Exception as error:
        raise InvalidParameter(f"{what} failed: {type(error).__name__}: {error}") from error


def _missing(setting: Setting, ready: Sequence[tuple[EvaluationMetric, Any]]) -> str:
    lines = [f"the metric '{metric.name}' takes {names}" for metric, names in ready]
    outputs = setting.answers.outputs
    return (
        f"{'; '.join(lines)}, which are neither columns of the data "
        f"({list(setting.dataset.table.columns)}), nor of the model's answer "
        f"({[] if outputs is None else list(outputs.columns)}), nor metrics, nor keys of "
        "`evaluator_config`. Map a name to a column with evaluator_config={'col_mapping': "
        "{<name>: <column>}}, and see that metrics do not take each other in a circle."
    )


def _add(table: Any, name: str, values: Any | None) -> None:
    if values is not None and name not in table.columns:
        table[name] = values.to_numpy()


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", function))
