"""`mlflow.models.evaluation`: the names of evaluation in one module."""

from millstream.evaluation.contents import EvaluationArtifact as EvaluationArtifact
from millstream.evaluation.dataset import EvaluationDataset as EvaluationDataset
from millstream.evaluation.evaluate import evaluate as evaluate
from millstream.evaluation.plugins import ModelEvaluator as ModelEvaluator
from millstream.evaluation.plugins import list_evaluators as list_evaluators
from millstream.evaluation.result import EvaluationResult as EvaluationResult
from millstream.evaluation.thresholds import InvalidThreshold as MetricThresholdClassException
from millstream.evaluation.thresholds import MetricThreshold as MetricThreshold
from millstream.evaluation.thresholds import ModelValidationFailed as ModelValidationFailedException
from millstream.evaluation.thresholds import (
    validate_evaluation_results as validate_evaluation_results,
)
from millstream.evaluation.values import EvaluationMetric as EvaluationMetric
from millstream.evaluation.values import make_metric as make_metric

__all__ = [
    "EvaluationArtifact",
    "EvaluationDataset",
    "EvaluationMetric",
    "EvaluationResult",
    "MetricThreshold",
    "MetricThresholdClassException",
    "ModelEvaluator",
    "ModelValidationFailedException",
    "evaluate",
    "list_evaluators",
    "make_metric",
    "validate_evaluation_results",
]
