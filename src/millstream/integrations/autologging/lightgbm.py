"""Automatic logging of LightGBM: `train`, and the models of its scikit-learn interface."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from inspect import BoundArguments
from types import ModuleType
from typing import Any

import lightgbm
from lightgbm import sklearn as estimators

from millstream.integrations.autologging.feature_importance import log_feature_importance
from millstream.integrations.autologging.patches import safe_patch
from millstream.integrations.autologging.training import Training, log_arguments, log_data
from millstream.integrations.autologging.training_data import Origins

FLAVOR = "lightgbm"
IMPORTANCE_TYPES = ("split", "gain")
_TRAIN = inspect.signature(lightgbm.train)
# Data, functions and models, of which a text says nothing.
_LEFT_OUT = {
    "params", "train_set", "valid_sets", "valid_names", "fobj", "feval", "init_model",
    "learning_rates", "callbacks", "evals_result",
}  # fmt: skip
_ORIGINS = Origins()


def install(_: ModuleType) -> None:
    """Have LightGBM's trainings logged."""
    safe_patch(FLAVOR, lightgbm.Dataset, "__init__", _note_data)
    safe_patch(FLAVOR, lightgbm, "train", _train, manage_run=True)
    safe_patch(FLAVOR, estimators, "train", _train_inside, inside=True)
    for kind in vars(estimators).values():
        if isinstance(kind, type) and issubclass(kind, lightgbm.LGBMModel) and "fit" in vars(kind):
            safe_patch(FLAVOR, kind, "fit", _fit, manage_run=True)


def _note_data(original: Callable[..., Any], dataset: Any, *given: Any, **options: Any) -> None:
    original(dataset, *given, **options)
    _ORIGINS.note(dataset, given[0] if given else options.get("data"))


def _train(original: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """A training that is called by itself: its Booster is the model."""
    training, given = Training(FLAVOR), _TRAIN.bind(*arguments, **options)
    training.do("datasets", _log_datasets, given.arguments)
    booster = _follow(training, original, given)
    head = _ORIGINS.head_of(given.arguments["train_set"])
    training.log_model(booster, head, booster.predict, step=training.last)
    training.tell()


def _train_inside(original: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """The same on behalf of an estimator, which is the model."""
    training = Training(FLAVOR)
    _follow(training, original, _TRAIN.bind(*arguments, **options))
    training.tell()


def _fit(original: Callable[..., Any], estimator: Any, *given: Any, **options: Any) -> None:
    """A model of the scikit-learn interface; its numbers come from the `train` that it calls."""
    training = Training(FLAVOR)
    named = inspect.signature(type(estimator).fit).bind(estimator, *given, **options).arguments
    training.do("datasets", _log_tables, named)
    original(estimator, *given, **options)
    training.log_model(estimator, named.get("X"), estimator.predict)
    training.tell()


def _follow(training: Training, original: Callable[..., Any], given: BoundArguments) -> Any:
    """Train, and log params, what each iteration measures, and what counts in the end."""
    training.do(
        "params", log_arguments, training.run_id, given.arguments["params"], given, _LEFT_OUT
    )
    # Ours comes first, so that LightGBM gives the others the places that they have without it.
    given.arguments["callbacks"] = [_Recorder(training), *(given.arguments.get("callbacks") or [])]
    booster = original(*given.args, **given.kwargs)
    training.do("early stopping", _log_best, training, booster)
    for kind in IMPORTANCE_TYPES:
        training.do(f"feature importance ({kind})", _log_importance, training, booster, kind)
    return booster


class _Recorder:
    """Called after each iteration, before early stopping would end the training."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self.order = 25  # LightGBM's own that record come at 20, the one that stops at 30

    def __call__(self, environment: Any) -> None:
        """Log what each metric is on each data set."""
        self._training.do("metrics", self._log, environment)

    def _log(self, environment: Any) -> None:
        results = environment.evaluation_result_list or []
        measures = {f"{result[0]}-{result[1]}": result[2] for result in results}
        self._training.add(environment.iteration, measures)


def _log_best(training: Training, booster: Any) -> None:
    best = booster.best_iteration  # counted from 1, while steps are from 0
    if best > 0:
        training.end_early(best, stopped=training.last + 1, place=best - 1)


def _log_importance(training: Training, booster: Any, kind: str) -> None:
    values = booster.feature_importance(importance_type=kind).tolist()
    importance = dict(zip(booster.feature_name(), values, strict=True))
    log_feature_importance(training.run_id, kind, importance)


def _log_datasets(named: Mapping[str, Any]) -> None:
    dataset = named["train_set"]
    log_data(FLAVOR, _ORIGINS.data_of(dataset), dataset.label, "train")
    sets, names = named.get("valid_sets") or [], named.get("valid_names") or []
    sets = [sets] if isinstance(sets, lightgbm.Dataset) else sets
    names = [names] if isinstance(names, str) else names
    for number, other in enumerate(sets):
        name = names[number] if number < len(names) else None
        log_data(FLAVOR, _ORIGINS.data_of(other), other.label, "eval", name)


def _log_tables(named: Mapping[str, Any]) -> None:
    log_data(FLAVOR, named.get("X"), named.get("y"), "train")
    pairs = named.get("eval_set") or zip(
        _listed(named.get("eval_X")), _listed(named.get("eval_y")), strict=False
    )
    for number, (rows, targets) in enumerate([pairs] if isinstance(pairs, tuple) else pairs):
        log_data(FLAVOR, rows, targets, "eval", f"valid_{number}")


def _listed(data: Any) -> list[Any]:
    """Data sets that came as several or as one."""
    if data is None:
        return []
    return list(data) if isinstance(data, tuple) else [data]
