"""Automatic logging of XGBoost: `train`, and the models of its scikit-learn interface."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from inspect import BoundArguments
from types import ModuleType
from typing import Any

import xgboost
from xgboost import sklearn as estimators

from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.feature_importance import log_feature_importance
from millstream.integrations.autologging.patches import safe_patch
from millstream.integrations.autologging.training import Training, log_arguments, log_data
from millstream.integrations.autologging.training_data import Origins

FLAVOR = "xgboost"
MOST_VALUES_FETCHED = 10_000_000
_TRAIN = inspect.signature(xgboost.train)
# Data, functions and models, of which a text says nothing.
_LEFT_OUT = {"params", "dtrain", "evals", "obj", "feval", "evals_result", "xgb_model", "callbacks"}
_ORIGINS = Origins()


def install(_: ModuleType) -> None:
    """Have XGBoost's trainings logged."""
    for container in (xgboost.DMatrix, xgboost.QuantileDMatrix):
        safe_patch(FLAVOR, container, "__init__", _note_data)
    safe_patch(FLAVOR, xgboost, "train", _train, manage_run=True)
    safe_patch(FLAVOR, estimators, "train", _train_inside, inside=True)
    for kind in vars(estimators).values():
        if isinstance(kind, type) and issubclass(kind, xgboost.XGBModel) and "fit" in vars(kind):
            safe_patch(FLAVOR, kind, "fit", _fit, manage_run=True)


def _note_data(original: Callable[..., Any], matrix: Any, *given: Any, **options: Any) -> None:
    original(matrix, *given, **options)
    _ORIGINS.note(matrix, given[0] if given else options.get("data"))


def _train(original: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """A training that is called by itself: its Booster is the model."""
    training, given = Training(FLAVOR), _TRAIN.bind(*arguments, **options)
    matrix = given.arguments["dtrain"]
    training.do("datasets", _log_matrices, matrix, given.arguments.get("evals") or [])
    booster = _follow(training, original, given)

    def predict(rows: Any) -> Any:
        return booster.predict(_matrix_like(matrix, rows))

    head = _ORIGINS.head_of(matrix)
    training.log_model(booster, head, predict, step=training.last, **_form())
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
    training.log_model(estimator, named.get("X"), estimator.predict, **_form())
    training.tell()


def _follow(training: Training, original: Callable[..., Any], given: BoundArguments) -> Any:
    """Train, and log params, what each iteration measures, and what counts in the end."""
    training.do(
        "params", log_arguments, training.run_id, given.arguments["params"], given, _LEFT_OUT
    )
    # Ours comes first: the first callback that ends the training is the last one asked.
    callbacks = given.arguments.get("callbacks") or []
    given.arguments["callbacks"] = [_Recorder(training), *callbacks]
    booster = original(*given.args, **given.kwargs)
    training.do("early stopping", _log_best, training, booster)
    for kind in get_autologging_config(FLAVOR, "importance_types", None) or ["weight"]:
        training.do(f"feature importance ({kind})", _log_importance, training, booster, kind)
    return booster


class _Recorder(xgboost.callback.TrainingCallback):  # type: ignore[misc]  # not typed everywhere
    def __init__(self, training: Training) -> None:
        super().__init__()
        self._training = training

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:  # noqa: ARG002  # XGBoost's signature
        """Log the newest value of each metric on each data set; the training goes on."""
        self._training.do("metrics", self._log, epoch, evals_log)
        return False

    def _log(self, iteration: int, results: Mapping[str, Any]) -> None:
        newest = {
            f"{data}-{metric}": values[-1]
            for data, metrics in results.items()
            for metric, values in metrics.items()
        }
        self._training.add(iteration, newest)


def _log_best(training: Training, booster: Any) -> None:
    best = booster.attr("best_iteration")
    if best is not None:
        training.end_early(int(best), stopped=training.last, place=int(best))


def _log_importance(training: Training, booster: Any, kind: str) -> None:
    log_feature_importance(training.run_id, kind, booster.get_score(importance_type=kind))


def _form() -> dict[str, str]:
    return {"model_format": get_autologging_config(FLAVOR, "model_format", "ubj")}


def _log_matrices(matrix: Any, evals: Sequence[tuple[Any, str]]) -> None:
    log_data(FLAVOR, _data(matrix), None, "train")
    for other, name in evals:
        log_data(FLAVOR, _data(other), None, "eval", name)


def _log_tables(named: Mapping[str, Any]) -> None:
    log_data(FLAVOR, named.get("X"), named.get("y"), "train")
    for number, (rows, targets) in enumerate(named.get("eval_set") or []):
        log_data(FLAVOR, rows, targets, "eval", f"validation_{number}")


def _data(matrix: Any) -> Any:
    """What a matrix was made of; else what it holds, unless that is quantised or a lot."""
    found = _ORIGINS.data_of(matrix)
    few = matrix.num_row() * matrix.num_col() <= MOST_VALUES_FETCHED
    if found is not None or not few or type(matrix) is not xgboost.DMatrix:
        return found
    return matrix.get_data()


def _matrix_like(matrix: Any, rows: Any) -> Any:
    """Other rows with the names and types of the columns of a matrix."""
    if hasattr(rows, "columns"):
        return xgboost.DMatrix(rows, enable_categorical=True)
    return xgboost.DMatrix(
        rows, feature_names=matrix.feature_names, feature_types=matrix.feature_types
    )
