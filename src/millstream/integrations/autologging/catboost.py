"""Automatic logging of CatBoost: the `fit` of its models."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import catboost

from millstream.integrations.autologging.feature_importance import log_feature_importance
from millstream.integrations.autologging.patches import safe_patch
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.training import Training, log_data
from millstream.integrations.autologging.training_data import Origins

FLAVOR = "catboost"
IMPORTANCE = "PredictionValuesChange"
# CatBoost hands its callbacks all that was measured since the beginning, each time anew.
MOST_ITERATIONS_FOLLOWED = 2_000
_LEFT_OUT = {
    "self", "X", "y", "eval_set", "callbacks", "sample_weight", "baseline", "group_id",
    "group_weight", "subgroup_id", "pairs", "pairs_weight", "graph", "init_model", "log_cout",
    "log_cerr", "plot", "plot_file", "verbose", "verbose_eval", "silent", "logging_level",
}  # fmt: skip
_ORIGINS = Origins()


def install(_: ModuleType) -> None:
    """Have CatBoost's trainings logged."""
    safe_patch(FLAVOR, catboost.Pool, "__init__", _note_data)
    for kind in vars(catboost).values():
        if isinstance(kind, type) and issubclass(kind, catboost.CatBoost) and "fit" in vars(kind):
            safe_patch(FLAVOR, kind, "fit", _fit, manage_run=True)


def _note_data(original: Callable[..., Any], pool: Any, *given: Any, **options: Any) -> None:
    original(pool, *given, **options)
    _ORIGINS.note(pool, given[0] if given else options.get("data"))


def _fit(original: Callable[..., Any], model: Any, *arguments: Any, **options: Any) -> None:
    """Train, and log params, data, what each iteration measures, and what counts in the end."""
    given = inspect.signature(type(model).fit).bind(model, *arguments, **options)
    training, named = Training(FLAVOR), given.arguments
    training.do("params", _log_params, training.run_id, model, named)
    training.do("datasets", _log_datasets, named)
    if _is_followed(model):
        named["callbacks"] = [_Recorder(training), *(named.get("callbacks") or [])]
        original(*given.args, **given.kwargs)
    else:
        original(*given.args, **given.kwargs)
        period = named.get("metric_period") or model.get_params().get("metric_period") or 1
        training.do("metrics", _log_history, training, model, period)
    training.do("early stopping", _log_best, training, model)
    training.do(f"feature importance ({IMPORTANCE})", _log_importance, training, model)
    training.log_model(model, _head(named["X"]), model.predict, step=training.last)
    training.tell()


class _Recorder:
    """A callback of CatBoost, whose answer is whether to go on."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._counts: dict[str, int] = {}

    def after_iteration(self, info: Any) -> bool:
        """Log the newest value of each metric on each data set."""
        self._training.do("metrics", self._log, info)
        return True

    def _log(self, info: Any) -> None:
        number = info.iteration - 1  # CatBoost counts those that are done
        counts = {name: len(values) for name, values in _series(info.metrics)}
        newest = {name: values[-1] for name, values in _series(info.metrics)}
        grown = [name for name, count in counts.items() if count != self._counts.get(name, 0)]
        self._counts = counts
        self._training.add(number, {name: newest[name] for name in grown})


def _log_history(training: Training, model: Any, period: int) -> None:
    """Log what was measured every `period` iterations; the last ones may be closer together."""
    history = dict(_series(model.get_evals_result()))
    for number in range(max(map(len, history.values()), default=0)):
        measured = {
            name: values[number] for name, values in history.items() if number < len(values)
        }
        training.add(number * period, measured)


def _log_best(training: Training, model: Any) -> None:
    best = model.get_best_iteration()
    if best is not None and training.measured:
        training.end_early(best, stopped=training.last, place=best)


def _log_importance(training: Training, model: Any) -> None:
    values = model.get_feature_importance(type=IMPORTANCE).tolist()
    importance = dict(zip(model.feature_names_, values, strict=True))
    log_feature_importance(training.run_id, IMPORTANCE, importance)


def _series(metrics: Mapping[str, Mapping[str, list[float]]]) -> Iterator[tuple[str, list[float]]]:
    """The values of each metric on each data set, by both names; those without any are left out."""
    for data, measures in metrics.items():
        for metric, values in measures.items():
            if values:
                yield f"{data}-{metric}", values


def _log_params(run_id: str, model: Any, named: Mapping[str, Any]) -> None:
    """The params that were set on the model, and what was said to `fit`."""
    record = Record(run_id)
    said = {name: value for name, value in named.items() if name not in _LEFT_OUT}
    record.params({name: value for name, value in said.items() if value is not None})
    record.params(model.get_params())
    record.send()


def _log_datasets(named: Mapping[str, Any]) -> None:
    log_data(FLAVOR, *_features_and_targets(named["X"], named.get("y")), "train")
    found = named.get("eval_set")
    for number, other in enumerate(found if isinstance(found, list) else [found]):
        pair = other if isinstance(other, tuple) else (other, None)
        log_data(FLAVOR, *_features_and_targets(*pair), "eval", f"validation_{number}")


def _features_and_targets(data: Any, targets: Any) -> tuple[Any, Any]:
    return (_ORIGINS.data_of(data), None) if isinstance(data, catboost.Pool) else (data, targets)


def _head(data: Any) -> Any:
    return _ORIGINS.head_of(data) if isinstance(data, catboost.Pool) else data


def _is_followed(model: Any) -> bool:
    """Whether a callback sees each iteration; on a GPU CatBoost has none."""
    params = model.get_params()
    names = ("iterations", "n_estimators", "num_boost_round", "num_trees")
    wanted = next((params[name] for name in names if params.get(name)), 1_000)
    return params.get("task_type") != "GPU" and wanted <= MOST_ITERATIONS_FOLLOWED
