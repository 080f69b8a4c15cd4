"""MLflow's constructors of the entities that ours builds in another form.

Our structs are built as the wire carries them: metrics as a list under a name of its own, a logged
model in parts. Libraries that fill in a run themselves write MLflow's form. Calling one of these
classes gives an entity of ours; `isinstance`, `issubclass` and all class methods are those of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from millstream.entities import experiments, models, runs, webhooks
from millstream.entities.metrics import Metric


class Form(type):
    """A class that stands for another, `ours`, and is built in another way."""

    ours: type[Any]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.ours)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return subclass is cls or issubclass(subclass, cls.ours)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):  # such as __signature__, which is that of the constructor here
            raise AttributeError(f"{cls.__name__} has no attribute {name!r}")
        return getattr(cls.ours, name)


class Experiment(metaclass=Form):
    """An experiment."""

    ours = experiments.Experiment

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls,
        experiment_id: str,
        name: str,
        artifact_location: str,
        lifecycle_stage: str,
        tags: Sequence[experiments.ExperimentTag] | None = None,
        creation_time: int | None = None,
        last_update_time: int | None = None,
        workspace: str | None = None,
    ) -> experiments.Experiment:
        """Build it with a list of tags."""
        return experiments.Experiment(
            experiment_id,
            name,
            artifact_location,
            lifecycle_stage,
            list(tags or []),
            creation_time,
            last_update_time,
            workspace,
        )


class Run(metaclass=Form):
    """A run."""

    ours = runs.Run

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls,
        run_info: runs.RunInfo,
        run_data: runs.RunData | None,
        run_inputs: runs.RunInputs | None = None,
        run_outputs: runs.RunOutputs | None = None,
    ) -> runs.Run:
        """Build it of its parts; what is None is empty."""
        return runs.Run(
            run_info,
            run_data or runs.RunData(),
            run_inputs or runs.RunInputs(),
            run_outputs or runs.RunOutputs(),
        )


class RunData(metaclass=Form):
    """What a run logged."""

    ours = runs.RunData

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls,
        metrics: Sequence[Metric] | None = None,
        params: Sequence[runs.Param] | None = None,
        tags: Sequence[runs.RunTag] | None = None,
    ) -> runs.RunData:
        """Build it of lists; it shows them as dictionaries."""
        return runs.RunData(list(metrics or []), list(params or []), list(tags or []))


class RunInputs(metaclass=Form):
    """What a run reads."""

    ours = runs.RunInputs

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls,
        dataset_inputs: Sequence[runs.DatasetInput],
        model_inputs: Sequence[runs.LoggedModelInput] | None = None,
    ) -> runs.RunInputs:
        """Build it; without models there are none."""
        return runs.RunInputs(list(dataset_inputs or []), list(model_inputs or []))


class DatasetInput(metaclass=Form):
    """The use of a dataset by a run."""

    ours = runs.DatasetInput

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls, dataset: runs.Dataset, tags: Sequence[runs.InputTag] | None = None
    ) -> runs.DatasetInput:
        """Build it; without tags there are none."""
        return runs.DatasetInput(dataset, list(tags or []))


class LoggedModel(metaclass=Form):
    """A logged model."""

    ours = models.LoggedModel

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls,
        experiment_id: str,
        model_id: str,
        name: str,
        artifact_location: str,
        creation_timestamp: int,
        last_updated_timestamp: int,
        model_type: str | None = None,
        source_run_id: str | None = None,
        status: models.LoggedModelStatus | int = models.LoggedModelStatus.READY,
        status_message: str | None = None,
        tags: Sequence[models.LoggedModelTag] | Mapping[str, str] | None = None,
        params: Sequence[models.LoggedModelParameter] | Mapping[str, str] | None = None,
        metrics: Sequence[Metric] | None = None,
    ) -> models.LoggedModel:
        """Build it of flat values."""
        return models.LoggedModel.of(
            experiment_id,
            model_id,
            name,
            artifact_location,
            creation_timestamp,
            last_updated_timestamp,
            model_type,
            source_run_id,
            status,
            status_message,
            tags,
            params,
            metrics,
        )


class Webhook(metaclass=Form):
    """A webhook."""

    ours = webhooks.Webhook

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls,
        webhook_id: str,
        name: str,
        url: str,
        events: Sequence[webhooks.WebhookEvent],
        creation_timestamp: int,
        last_updated_timestamp: int,
        description: str | None = None,
        status: webhooks.StatusName = "ACTIVE",
        secret: str | None = None,
        workspace: str | None = None,  # noqa: ARG004  # there is only one
    ) -> webhooks.Webhook:
        """Build it; of the secret only stays that there is one."""
        return webhooks.Webhook(
            webhook_id,
            name,
            url,
            list(events),
            creation_timestamp,
            last_updated_timestamp,
            description,
            status,
            signed=secret is not None,
        )
