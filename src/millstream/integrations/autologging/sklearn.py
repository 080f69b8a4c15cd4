"""Patches the estimators and metrics of scikit-learn, module by module as they are imported."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from millstream.integrations.autologging.imports import when_imported
from millstream.integrations.autologging.patches import (
    PatchOptions,
    logged,
    replace,
    safe_patch,
)
from millstream.integrations.autologging.runs import with_managed_run
from millstream.integrations.autologging.sessions import InSession, open_session

FLAVOR = "sklearn"
FITS = ("fit", "fit_transform", "fit_predict")
ANSWERS = ("predict", "score")

# What scikit-learn's cross-validations hand to `Parallel`, and what one of them scores before.
FOLDS = (
    "_fit_and_score",
    "_fit_and_predict",
    "_incremental_fit_estimator",
    "_permutation_test_score",
)
BEFORE_PERMUTATIONS = "_permutation_test_score"

# What prepares data is no model: fitting it by itself is not logged, nor is what it fits inside.
PREPARATION = (
    "sklearn.preprocessing",
    "sklearn.impute",
    "sklearn.feature_extraction",
    "sklearn.feature_selection",
    "sklearn.compose._column_transformer",
)
_IMMUTABLE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE, of classes written in C
_NO_METRICS = ("check_scoring", "get_scorer", "get_scorer_names", "make_scorer")


def install(_: ModuleType) -> None:
    """Patch what is imported of scikit-learn, and what will be."""
    when_imported(FLAVOR, FLAVOR, _patch_module, below=True)


def _patch_module(module: ModuleType) -> None:
    if module.__name__ == "sklearn.utils.parallel":
        _patch_parallel(module)
    if hasattr(module, BEFORE_PERMUTATIONS) and module.__name__.endswith("._validation"):
        safe_patch(FLAVOR, module, BEFORE_PERMUTATIONS, _just_call)
    if module.__name__ == "sklearn.metrics":
        _patch_metrics(module)
    for kind in _classes(module):
        for name in ANSWERS:
            if name in vars(kind):
                safe_patch(FLAVOR, kind, name, _later("sklearn_answers", name))
        for name in FITS if hasattr(kind, "get_params") else ():
            if name in vars(kind):
                _patch_fit(kind, name)


def _classes(module: ModuleType) -> Iterator[type]:
    """The classes that a module defines in Python: estimators, and what they inherit from."""
    for value in list(vars(module).values()):
        own = isinstance(value, type) and value.__module__ == module.__name__
        if own and not value.__flags__ & _IMMUTABLE:
            yield value


def _patch_fit(kind: type, name: str) -> None:
    if kind.__module__.startswith(PREPARATION):
        safe_patch(FLAVOR, kind, name, _just_call)
    else:
        safe_patch(FLAVOR, kind, name, _later("sklearn_training", "fit"), manage_run=True)


def _just_call(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    return original(*arguments, **keywords)


def _later(module: str, function: str) -> Callable[..., Any]:
    """A function of another module of this folder, loaded with its first call.

    It needs more of scikit-learn than may have been imported by now.
    """

    def call(*arguments: Any, **keywords: Any) -> Any:
        return getattr(import_module(f"{__package__}.{module}"), function)(*arguments, **keywords)

    return call


def _patch_metrics(module: ModuleType) -> None:
    for name in module.__all__:
        function = getattr(module, name)
        if callable(function) and not isinstance(function, type) and name not in _NO_METRICS:
            safe_patch(FLAVOR, module, name, _later("sklearn_answers", "metric"))


def _patch_parallel(module: ModuleType) -> None:
    """Let what is fitted in threads be a part of a fit, and folds of one cross-validation."""
    before = module.Parallel.__call__

    @functools.wraps(before)
    def inside(self: Any, iterable: Iterable[Any]) -> Any:
        integration = open_session()
        return before(self, (_in_session(task, integration) for task in iterable))

    cross_validate = with_managed_run(FLAVOR, _later("sklearn_folds", "cross_validate"))
    validation = logged(inside, PatchOptions(FLAVOR, cross_validate))

    @functools.wraps(before)
    def call(self: Any, iterable: Iterable[Any]) -> Any:
        if open_session() is not None:
            return inside(self, iterable)
        tasks = iter(iterable)
        first = next(tasks, None)
        if first is None:
            return before(self, [])
        if _function_of(first).__name__ not in FOLDS:
            return before(self, itertools.chain([first], tasks))
        folds = import_module(f"{__package__}.sklearn_folds").Folds(first, tasks)
        return validation(self, folds)

    replace(FLAVOR, module.Parallel, "__call__", call)


def _function_of(task: Any) -> Any:
    """What a task of joblib calls, which scikit-learn holds as `function` to set its options."""
    return getattr(task[0], "function", task[0])


def _in_session(task: Any, integration: str | None) -> Any:
    """A task of joblib whose function runs as part of a session."""
    held = task[0]
    if hasattr(held, "function"):
        held.function = InSession(held.function, integration)
    return task
