"""The steps of an evaluation: ask the model, measure, resample, draw, log, hold to thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from millstream.client.active import active_run, start_run
from millstream.client.away import warn
from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.evaluation import custom
from millstream.evaluation.classifier import Classifier
from millstream.evaluation.comparison import compare, orientation
from millstream.evaluation.custom import Setting
from millstream.evaluation.dataset import EvaluationDataset, read
from millstream.evaluation.explanation import explain
from millstream.evaluation.findings import Findings
from millstream.evaluation.options import Options, options, weights, weights_column
from millstream.evaluation.plugins import Chosen, choose
from millstream.evaluation.recording import Recorder
from millstream.evaluation.regressor import Regressor
from millstream.evaluation.resampling import Plan
from millstream.evaluation.result import EvaluationResult, interval_table
from millstream.evaluation.subject import Subject, given_answers, subject
from millstream.evaluation.thresholds import MetricThreshold, validate_evaluation_results
from millstream.evaluation.values import EvaluationMetric

EVALUATORS: dict[str, type[Classifier] | type[Regressor]] = {
    "classifier": Classifier,
    "regressor": Regressor,
}
INTERVALS = "metric_intervals.json"
TABLE = "eval_results_table.json"
COMPARISON = "baseline_comparison.json"


class Task(NamedTuple):
    """What is to be evaluated and how; the fields are the arguments of `evaluate`."""

    model: Any
    data: Any
    model_type: str | None
    targets: Any
    predictions: str | None
    dataset_path: str | None
    feature_names: Sequence[str] | None
    evaluators: str | Sequence[str] | None
    evaluator_config: Mapping[str, Any] | None
    extra_metrics: Sequence[EvaluationMetric] | None
    custom_artifacts: Sequence[Any] | None
    model_config: Mapping[str, Any] | None
    inference_params: Mapping[str, Any] | None
    model_id: str | None
    validation_thresholds: Mapping[str, MetricThreshold] | None
    baseline_model: Any
    plan: Plan


def perform(task: Task) -> EvaluationResult:
    """Evaluate, log and validate; see `evaluate`."""
    chosen = choose(task.evaluators, task.evaluator_config, task.model_type)
    _check(task, chosen)
    config = chosen.config("default", *([task.model_type] if task.model_type else []))
    dataset = read(
        task.data,
        task.targets,
        task.predictions,
        feature_names=task.feature_names,
        dataset_path=task.dataset_path,
        excluded=weights_column(config),
        modelled=task.model is not None,
    )
    if task.model_type is not None and dataset.targets is None and chosen.builtin:
        raise InvalidParameter(
            f"The targets argument must be specified for {task.model_type} models."
        )
    found = options(config, task.plan)
    model = subject(task.model, task.model_config, task.inference_params)
    model_id = task.model_id or (model.model_id if model else None)
    with _run() as run_id:
        recorder = Recorder(run_id, model_id)
        recorder.dataset(dataset, found.metric_prefix)
        result = EvaluationResult({}, {}, run_id)
        if chosen.builtin:
            result = _evaluated(task, model, dataset, found, recorder)
        _add_plugins(result, task, chosen, dataset, model, run_id)
        baseline = _baseline(task, dataset, found)
        if baseline is not None:
            _compared(result, baseline, recorder)
        if task.validation_thresholds:
            validate_evaluation_results(task.validation_thresholds, result, baseline)
    return result


def _check(task: Task, chosen: Chosen) -> None:
    if task.model_type not in (None, *EVALUATORS) and not chosen.plugins:
        raise NotSupported(
            f"models of the type {task.model_type!r} cannot be evaluated; the types are "
            f"{sorted(EVALUATORS)}, and None with `extra_metrics` for any other"
        )
    if task.model_type is None and not task.extra_metrics and not chosen.plugins:
        raise InvalidParameter(
            "The extra_metrics argument must be specified if model_type is None; the types are "
            f"{sorted(EVALUATORS)}"
        )


@contextmanager
def _run() -> Iterator[str | None]:
    """The active run, or one for this evaluation; None if the store does not give one."""
    current = active_run()
    if current is not None:
        yield current.info.run_id
        return
    try:
        started = start_run()
    except (MillstreamError, OSError) as error:
        warn(f"the evaluation is not logged, since no run can be started: {error}")
        yield None
        return
    with started:
        yield started.info.run_id


def _evaluated(
    task: Task,
    model: Subject | None,
    dataset: EvaluationDataset,
    found: Options,
    recorder: Recorder,
) -> EvaluationResult:
    setting = _setting(task, model, dataset, found)
    findings, table = _measured(task, setting, draw=True)
    named = findings.prefixed(found.metric_prefix)
    ends = named.intervals if found.log_intervals else {}
    recorder.metrics(named.metrics, ends, dataset)
    artifacts = recorder.artifacts(named.artifacts)
    result = _result(named, artifacts, recorder.run_id, found.metric_prefix)
    if table is not None:
        artifacts["eval_results_table"] = recorder.table(found.metric_prefix + TABLE, table)
    if named.intervals:
        file = found.metric_prefix + INTERVALS
        artifacts["metric_intervals"] = recorder.table(file, interval_table(result))
    return _result(named, artifacts, recorder.run_id, found.metric_prefix)


def _result(
    named: Findings, artifacts: Mapping[str, Any], run_id: str | None, prefix: str
) -> EvaluationResult:
    return EvaluationResult(
        named.metrics,
        artifacts,
        run_id,
        named.intervals,
        named.replicates,
        named.rows,
        orientation(prefix) | named.greater_is_better,
    )


def _setting(
    task: Task, model: Subject | None, dataset: EvaluationDataset, found: Options
) -> Setting:
    answers = given_answers(dataset) if model is None else model.ask(dataset, task.predictions)
    return Setting(dataset, answers, {}, found, weights(found, dataset))


def _measured(task: Task, setting: Setting, *, draw: bool) -> tuple[Findings, Any | None]:
    """All metrics with their intervals, the artifacts, and the table of scored rows, if any."""
    found = Findings()
    plan = setting.options.plan
    evaluator = EVALUATORS[task.model_type](setting) if task.model_type in EVALUATORS else None
    statistics = []
    if evaluator is not None:
        statistics.append(evaluator.measure(found))
    elif setting.answers.predictions is None:
        setting.answers.predictions = setting.answers.outputs
    setting = setting._replace(builtin=dict(found.metrics))
    scored = custom.compute(setting, task.extra_metrics or [])
    found.metrics |= scored.metrics
    found.greater_is_better |= scored.greater_is_better
    statistics += custom.statistics(setting, scored, task.extra_metrics or [])
    strata = np.zeros(len(setting.dataset), dtype=int) if evaluator is None else evaluator.strata
    plan = plan.afforded(len(setting.dataset), evaluator.passes if evaluator else 1)
    replicates = found.resample(statistics, strata, plan, setting.weights)
    if evaluator is not None:
        evaluator.complete(found, replicates, plan)
    if draw:
        _draw(task, evaluator, setting._replace(builtin=found.metrics), found, plan)
    return found, scored.table(setting.dataset, setting.answers)


def _draw(
    task: Task,
    evaluator: Classifier | Regressor | None,
    setting: Setting,
    found: Findings,
    plan: Plan,
) -> None:
    if evaluator is not None:
        evaluator.draw(found, plan)
    if setting.options.log_model_explainability:
        _explain(setting, found, plan.seed)
    found.artifacts |= custom.draw_up(setting, task.custom_artifacts or [])


def _explain(setting: Setting, found: Findings, seed: int) -> None:
    if find_spec("shap") is None:
        warn("the model is not explained, since shap is not installed: pip install shap")
        return
    try:
        found.artifacts |= explain(setting, seed)
    except (MillstreamError, TypeError, ValueError) as error:
        warn(f"the model is not explained: {error}")


def _baseline(task: Task, dataset: EvaluationDataset, found: Options) -> EvaluationResult | None:
    """The same metrics of the baseline on the same rows; they are not logged."""
    if task.baseline_model is None:
        return None
    model = subject(task.baseline_model, task.model_config, task.inference_params)
    findings, _ = _measured(task, _setting(task, model, dataset, found), draw=False)
    return _result(findings.prefixed(found.metric_prefix), {}, None, found.metric_prefix)


def _compared(result: EvaluationResult, baseline: EvaluationResult, recorder: Recorder) -> None:
    result.comparison = compare(result, baseline)
    frame = result.comparison.reset_index()
    result.artifacts["baseline_comparison"] = recorder.table(COMPARISON, frame)


def _add_plugins(
    result: EvaluationResult,
    task: Task,
    chosen: Chosen,
    dataset: EvaluationDataset,
    model: Subject | None,
    run_id: str | None,
) -> None:
    for name, plugin in chosen.plugins.items():
        found = plugin.evaluate(
            model_type=task.model_type,
            dataset=dataset,
            run_id=run_id,
            evaluator_config=chosen.config(name),
            model=model.model if model else None,
            extra_metrics=task.extra_metrics,
            custom_artifacts=task.custom_artifacts,
            predictions=dataset.predictions_name,
        )
        if found is not None:
            result.metrics.update(found.metrics)
            result.artifacts.update(found.artifacts)
