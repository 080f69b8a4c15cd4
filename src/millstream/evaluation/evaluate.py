"""`evaluate`: how good a model is on a dataset, with the uncertainty of each number, logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from millstream.client.extras import load
from millstream.errors import NotSupported

if TYPE_CHECKING:
    from millstream.evaluation.result import EvaluationResult
    from millstream.evaluation.thresholds import MetricThreshold
    from millstream.evaluation.values import EvaluationMetric

N_BOOTSTRAP = 1_000
LEVEL = 0.95
LIBRARIES = ("pandas", "sklearn", "matplotlib")


def evaluate(
    model: Any = None,
    data: Any = None,
    *,
    model_type: str | None = None,
    targets: Any = None,
    predictions: str | None = None,
    dataset_path: str | None = None,
    feature_names: Sequence[str] | None = None,
    evaluators: str | Sequence[str] | None = None,
    evaluator_config: Mapping[str, Any] | None = None,
    extra_metrics: Sequence[EvaluationMetric] | None = None,
    custom_artifacts: Sequence[Any] | None = None,
    env_manager: str = "local",
    model_config: Mapping[str, Any] | None = None,
    inference_params: Mapping[str, Any] | None = None,
    model_id: str | None = None,
    validation_thresholds: Mapping[str, MetricThreshold] | None = None,
    baseline_model: Any = None,
    n_bootstrap: int = N_BOOTSTRAP,
    confidence_level: float = LEVEL,
    seed: int = 0,
) -> EvaluationResult:
    """Evaluate a model, log what is found to the active run (or a new one), and answer with it.

    `model` is a URI, a loaded model, a function of a DataFrame, or None if `predictions` names the
    column of `data` that has what a model said. `data` is a DataFrame, an array, a dataset of
    `millstream.data`, or the path of a CSV, JSON or Parquet file; `targets` the name of a column,
    or the values. `model_type` is classifier or regressor, or None for `extra_metrics` alone.

    Each metric has an interval of level `confidence_level` from `n_bootstrap` resamples of the
    rows, fewer where rows are very many, none with 0; the same `seed` gives the same intervals.
    With a `baseline_model` the result has a `comparison`; metrics that do not meet the
    `validation_thresholds` raise `ModelValidationFailed` after everything is logged.
    """
    if env_manager not in (None, "local"):
        raise NotSupported(
            f"a model is evaluated in the present environment (env_manager='local'), not in one of "
            f"{env_manager!r}; to evaluate in its own, start it with `millstream models serve` and "
            "evaluate a function that asks it"
        )
    for library in LIBRARIES:
        load(library, "evaluating a model")
    procedure: Any = import_module("millstream.evaluation.procedure")
    task = procedure.Task(
        model=model,
        data=data,
        model_type=model_type,
        targets=targets,
        predictions=predictions,
        dataset_path=dataset_path,
        feature_names=feature_names,
        evaluators=evaluators,
        evaluator_config=evaluator_config,
        extra_metrics=extra_metrics,
        custom_artifacts=custom_artifacts,
        model_config=model_config,
        inference_params=inference_params,
        model_id=model_id,
        validation_thresholds=validation_thresholds,
        baseline_model=baseline_model,
        plan=procedure.Plan(n_bootstrap, confidence_level, seed),
    )
    found: EvaluationResult = procedure.perform(task)
    return found
