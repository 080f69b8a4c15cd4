"""Runs: one execution of training code, and the requests about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import msgspec

from millstream.entities.entity import Entity
from millstream.entities.experiments import ViewName
from millstream.entities.metrics import Metric
from millstream.entities.run_leases import RunLease

LifecycleStageName = Literal["active", "deleted"]
RunStatusName = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]


class RunStatus:
    """The states of a run; numbers and names are those of MLflow."""

    RUNNING = 1
    SCHEDULED = 2
    FINISHED = 3
    FAILED = 4
    KILLED = 5

    _NAMES: ClassVar[dict[int, RunStatusName]] = {
        1: "RUNNING",
        2: "SCHEDULED",
        3: "FINISHED",
        4: "FAILED",
        5: "KILLED",
    }

    @classmethod
    def to_string(cls, status: int) -> RunStatusName:
        """The name of a status."""
        if status not in cls._NAMES:
            raise ValueError(
                f"Could not get string corresponding to run status {status}. "
                f"Valid run statuses: {list(cls._NAMES)}"
            )
        return cls._NAMES[status]

    @classmethod
    def from_string(cls, status_str: str) -> int:
        """The number of a status, by its upper-case name."""
        for number, name in cls._NAMES.items():
            if name == status_str:
                return number
        raise ValueError(
            f"Could not get run status corresponding to string {status_str}. "
            f"Valid run status strings: {list(cls._NAMES.values())}"
        )

    @classmethod
    def is_terminated(cls, status: int) -> bool:
        """Whether a run in this state is over."""
        return status in (cls.FINISHED, cls.FAILED, cls.KILLED)

    @classmethod
    def all_status(cls) -> list[int]:
        """All states."""
        return list(cls._NAMES)


class Param(Entity):
    """An input of a run; the value never changes once logged."""

    key: str
    value: str = msgspec.field(default_factory=str)


class RunTag(Entity):
    """A key and a value attached to a run."""

    key: str
    value: str = msgspec.field(default_factory=str)


class InputTag(Entity):
    """A key and a value attached to the use of a dataset by a run."""

    key: str
    value: str


class Dataset(Entity):
    """A dataset as its metadata: `source`, `schema` and `profile` are JSON texts."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None


class DatasetInput(Entity):
    """The use of a dataset by a run."""

    dataset: Dataset
    tags: list[InputTag] = []

    def to_dictionary(self) -> dict[str, Any]:
        """MLflow's form, in which the tags are a dictionary."""
        tags = {tag.key: tag.value for tag in self.tags}
        return {"dataset": self.dataset.to_dictionary(), "tags": tags}


class LoggedModelInput(Entity):
    """A logged model that a run reads."""

    model_id: str


class LoggedModelOutput(Entity):
    """A logged model that a run produced at a step."""

    model_id: str
    step: int = msgspec.field(default_factory=int)


class RunInputs(Entity):
    """What a run reads."""

    dataset_inputs: list[DatasetInput] = []
    model_inputs: list[LoggedModelInput] = []


class RunOutputs(Entity):
    """What a run produced."""

    model_outputs: list[LoggedModelOutput] = []


class RunData(Entity):
    """What a run logged: the latest point of each metric, params and tags."""

    metric_list: list[Metric] = msgspec.field(name="metrics", default_factory=list)
    param_list: list[Param] = msgspec.field(name="params", default_factory=list)
    tag_list: list[RunTag] = msgspec.field(name="tags", default_factory=list)

    @property
    def metrics(self) -> dict[str, float]:
        """The latest value of each metric."""
        return {metric.key: metric.value for metric in self.metric_list}

    @property
    def params(self) -> dict[str, str]:
        """The params as a dictionary."""
        return {param.key: param.value for param in self.param_list}

    @property
    def tags(self) -> dict[str, str]:
        """The tags as a dictionary."""
        return {tag.key: tag.value for tag in self.tag_list}

    @property
    def _metric_objs(self) -> list[Metric]:
        return self.metric_list


class RunInfo(Entity):
    """What a run is. Times are milliseconds since 1970-01-01 UTC."""

    run_id: str
    experiment_id: str
    user_id: str
    status: str
    start_time: int | None = None
    end_time: int | None = None
    lifecycle_stage: str = msgspec.field(default_factory=lambda: "active")
    artifact_uri: str | None = None
    run_name: str | None = None
    run_uuid: str | None = None

    @classmethod
    def get_searchable_attributes(cls) -> list[str]:
        """The attributes that a filter of runs can name."""
        return ["artifact_uri", "end_time", "run_id", "run_name", "start_time", "status", "user_id"]

    @classmethod
    def get_orderable_attributes(cls) -> list[str]:
        """The attributes that runs can be ordered by."""
        return cls.get_searchable_attributes()

    def _shown(self) -> Iterable[str]:
        # The old name of the id travels on the wire but is no attribute of MLflow's class.
        return [name for name in super()._shown() if name != "run_uuid"]


class Run(Entity):
    """A run with all that it logged, but for the history of its metrics."""

    info: RunInfo
    data: RunData = msgspec.field(default_factory=RunData)
    inputs: RunInputs = msgspec.field(default_factory=RunInputs)
    outputs: RunOutputs = msgspec.field(default_factory=RunOutputs)


class CreateRun(Entity):
    """Create a run with status RUNNING; an absent name is made up by the store.

    `run_id` is chosen by a caller that may have to ask again: the same id in the same experiment
    gives the same run. With a `lease` the run is ended when nothing is heard of it any more.
    """

    experiment_id: str
    user_id: str | None = None
    run_name: str | None = None
    start_time: int | None = None
    tags: list[RunTag] = []
    run_id: str | None = None
    lease: RunLease | None = None


class RunId(Entity):
    """Names one run: get, delete, restore."""

    run_id: str


class MoveRuns(Entity):
    """Move 1 to 1,000 active runs to another experiment, all or none."""

    run_ids: list[str]
    experiment_id: str


class SetLifecycleStage(Entity):
    """Delete or restore 1 to 1,000 runs, all or none; one that is in the stage stays as it is."""

    run_ids: list[str]
    lifecycle_stage: LifecycleStageName


class TagRuns(Entity):
    """Set or remove one tag of 1 to 1,000 different active runs, all or none.

    `values` has one for each of `run_ids`, at the same place; None removes the tag, if it is there.
    """

    run_ids: list[str]
    key: str
    values: list[str | None]


class UpdateRun(Entity):
    """Change status, end time or name; what is absent stays as it is."""

    run_id: str
    status: RunStatusName | None = None
    end_time: int | None = None
    run_name: str | None = None


class LogParam(Entity):
    """Log one param; a second value for the same key is refused."""

    run_id: str
    key: str
    value: str = ""


class SetTag(Entity):
    """Set one tag of a run, replacing its value."""

    run_id: str
    key: str
    value: str = ""


class DeleteTag(Entity):
    """Remove one tag of a run."""

    run_id: str
    key: str


class LogBatch(Entity):
    """Log up to 1,000 metrics, 100 params and 100 tags (1,000 in all), all or nothing."""

    run_id: str
    metrics: list[Metric] = []
    params: list[Param] = []
    tags: list[RunTag] = []


class LogInputs(Entity):
    """Record datasets and models that a run reads."""

    run_id: str
    datasets: list[DatasetInput] = []
    models: list[LoggedModelInput] = []


class LogOutputs(Entity):
    """Record logged models that a run produced."""

    run_id: str
    models: list[LoggedModelOutput]


class LogModelHistory(Entity):
    """Append a model description (MLmodel as JSON) to the run's tag mlflow.log-model.history."""

    run_id: str
    model_json: str


class SearchRuns(Entity):
    """Search runs of the given experiments. `max_results` must be 1 to 50,000."""

    experiment_ids: list[str] = []
    filter: str | None = None
    run_view_type: ViewName = "ACTIVE_ONLY"
    max_results: int = 1_000
    order_by: list[str] = []
    page_token: str | None = None


class RunPage(Entity):
    """One page of runs; the token is absent on the last page."""

    runs: list[Run] = []
    next_page_token: str | None = None


class FindRuns(Entity):
    """Ask for runs of all experiments by a part of what they are called.

    Found are those that are not deleted and whose ID begins with `text` or whose name contains it,
    whatever the case; `%` and `_` in it stand for any letters. `max_results` is 1 to 100.
    """

    text: str
    max_results: int = 20


class RunsFound(Entity):
    """Runs found by their ID, then the others, newest first."""

    runs: list[RunInfo] = []


class SearchDatasets(Entity):
    """The datasets used in the given experiments."""

    experiment_ids: list[str] = []


class DatasetSummary(Entity):
    """A dataset and the context in which a run of the experiment used it."""

    experiment_id: str
    name: str
    digest: str
    context: str | None = None


class DatasetSummaryPage(Entity):
    """The datasets used in the experiments asked for."""

    dataset_summaries: list[DatasetSummary] = []
