"""Experiments: what groups runs, and the requests about them."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from millstream.entities.entity import Entity

ViewName = Literal["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]


class LifecycleStage:
    """The two stages of anything that can be deleted and restored."""

    ACTIVE = "active"
    DELETED = "deleted"

    @classmethod
    def is_valid(cls, lifecycle_stage: str) -> bool:
        """Whether this is the name of a stage."""
        return lifecycle_stage in (cls.ACTIVE, cls.DELETED)

    @classmethod
    def view_type_to_stages(cls, view_type: int) -> list[str]:
        """The stages that a view shows."""
        stages = {ViewType.ACTIVE_ONLY: [cls.ACTIVE], ViewType.DELETED_ONLY: [cls.DELETED]}
        return stages.get(view_type, [cls.ACTIVE, cls.DELETED])

    @classmethod
    def matches_view_type(cls, view_type: int, lifecycle_stage: str) -> bool:
        """Whether a view shows this stage."""
        return lifecycle_stage in cls.view_type_to_stages(view_type)


class ViewType:
    """Which lifecycle stages a search shows; numbers and names are those of MLflow."""

    ACTIVE_ONLY = 1
    DELETED_ONLY = 2
    ALL = 3

    _NAMES: ClassVar[dict[int, ViewName]] = {1: "ACTIVE_ONLY", 2: "DELETED_ONLY", 3: "ALL"}

    @classmethod
    def wire_name(cls, view_type: int) -> ViewName:
        """The name of a view in MLflow's protocol."""
        if view_type not in cls._NAMES:
            raise ValueError(
                f"Could not get valid view type corresponding to string {view_type}. "
                f"Valid view types are {list(cls._NAMES)}"
            )
        return cls._NAMES[view_type]

    @classmethod
    def to_string(cls, view_type: int) -> str:
        """The name of a view, in lower case."""
        return cls.wire_name(view_type).lower()

    @classmethod
    def from_string(cls, view_name: str) -> int:
        """The number of a view, by its name in either case."""
        for number, name in cls._NAMES.items():
            if name == view_name.upper():
                return number
        raise ValueError(
            f"Could not get valid view type corresponding to string {view_name}. "
            f"Valid view types are {[name.lower() for name in cls._NAMES.values()]}"
        )


class ExperimentTag(Entity):
    """A key and a value attached to an experiment."""

    key: str
    value: str = msgspec.field(default_factory=str)


class Experiment(Entity):
    """A named group of runs. Times are milliseconds since 1970-01-01 UTC."""

    DEFAULT_EXPERIMENT_NAME: ClassVar[str] = "Default"

    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    tag_list: list[ExperimentTag] = msgspec.field(name="tags", default_factory=list)
    creation_time: int | None = None
    last_update_time: int | None = None
    workspace: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The tags as a dictionary."""
        return {tag.key: tag.value for tag in self.tag_list}


class CreateExperiment(Entity):
    """Create an experiment; an absent location means "below the store's artifact root"."""

    name: str
    artifact_location: str | None = None
    tags: list[ExperimentTag] = []


class ExperimentCreated(Entity):
    """The id of a new experiment."""

    experiment_id: str


class ExperimentId(Entity):
    """Names one experiment: get, delete, restore."""

    experiment_id: str


class GetExperimentByName(Entity):
    """Look an experiment up by name, active or deleted."""

    experiment_name: str


class UpdateExperiment(Entity):
    """Rename an experiment."""

    experiment_id: str
    new_name: str


class SetExperimentTag(Entity):
    """Set one tag, replacing its value."""

    experiment_id: str
    key: str
    value: str = ""


class DeleteExperimentTag(Entity):
    """Remove one tag."""

    experiment_id: str
    key: str


class SearchExperiments(Entity):
    """Search experiments. `max_results` must be 1 to 50,000."""

    max_results: int = 0
    filter: str | None = None
    order_by: list[str] = []
    view_type: ViewName = "ACTIVE_ONLY"
    page_token: str | None = None


class ExperimentPage(Entity):
    """One page of experiments; the token is absent on the last page."""

    experiments: list[Experiment] = []
    next_page_token: str | None = None
