"""What exists, under the names of `mlflow.entities`."""

from __future__ import annotations

from typing import ClassVar

from millstream.entities.artifacts import FileInfo
from millstream.entities.experiments import (
    ExperimentTag,
    LifecycleStage,
    ViewType,
)
from millstream.entities.metrics import Metric
from millstream.entities.models import (
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
)
from millstream.entities.runs import (
    Dataset,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Param,
    RunInfo,
    RunOutputs,
    RunStatus,
    RunTag,
)
from millstream.entities.webhooks import (
    WebhookAction,
    WebhookEntity,
    WebhookEvent,
    WebhookStatus,
    WebhookTestResult,
)
from mlflow._compat.constructors import (
    DatasetInput,
    Experiment,
    LoggedModel,
    Run,
    RunData,
    RunInputs,
    Webhook,
)

__all__ = [
    "Dataset",
    "DatasetInput",
    "Experiment",
    "ExperimentTag",
    "FileInfo",
    "InputTag",
    "LifecycleStage",
    "LoggedModel",
    "LoggedModelInput",
    "LoggedModelOutput",
    "LoggedModelParameter",
    "LoggedModelStatus",
    "LoggedModelTag",
    "Metric",
    "Param",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunOutputs",
    "RunStatus",
    "RunTag",
    "SourceType",
    "ViewType",
    "Webhook",
    "WebhookAction",
    "WebhookEntity",
    "WebhookEvent",
    "WebhookStatus",
    "WebhookTestResult",
]


class SourceType:
    """Where the code of a run came from; numbers and names are those of MLflow."""

    NOTEBOOK = 1
    JOB = 2
    PROJECT = 3
    LOCAL = 4
    UNKNOWN = 5

    _NAMES: ClassVar[dict[int, str]] = {
        1: "NOTEBOOK",
        2: "JOB",
        3: "PROJECT",
        4: "LOCAL",
        5: "UNKNOWN",
    }

    @classmethod
    def to_string(cls, status: int) -> str:
        """The name of a number."""
        if status not in cls._NAMES:
            raise ValueError(
                f"Could not get string corresponding to run status {status}. "
                f"Valid run statuses: {list(cls._NAMES)}"
            )
        return cls._NAMES[status]

    @classmethod
    def from_string(cls, status_str: str) -> int:
        """The number of a name."""
        for number, name in cls._NAMES.items():
            if name == status_str:
                return number
        raise ValueError(
            f"Could not get run status corresponding to string {status_str}. "
            f"Valid run status strings: {list(cls._NAMES.values())}"
        )
