"""Logged models: models as entities of their own, and the requests about them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from millstream.entities.entity import Entity
from millstream.entities.metrics import Metric
from millstream.errors import InvalidParameter

ModelStatusName = Literal[
    "LOGGED_MODEL_STATUS_UNSPECIFIED",
    "LOGGED_MODEL_PENDING",
    "LOGGED_MODEL_READY",
    "LOGGED_MODEL_UPLOAD_FAILED",
]


class LoggedModelStatus(enum.StrEnum):
    """Whether a logged model's files have all arrived."""

    UNSPECIFIED = "UNSPECIFIED"
    PENDING = "PENDING"
    READY = "READY"
    FAILED = "FAILED"

    @property
    def wire_name(self) -> ModelStatusName:
        """The name in MLflow's protocol."""
        return _WIRE_NAMES[self]

    @property
    def number(self) -> int:
        """The number in MLflow's protocol."""
        return list(_WIRE_NAMES).index(self)

    def to_int(self) -> int:
        """MLflow's name of `number`."""
        return self.number

    @classmethod
    def from_int(cls, status_int: int) -> LoggedModelStatus:
        """The status of that number in MLflow's protocol."""
        numbered = list(cls)
        if not 0 <= status_int < len(numbered):
            raise InvalidParameter(
                f"Unknown model status: {status_int}; known are 0 to {len(numbered) - 1}"
            )
        return numbered[status_int]

    @staticmethod
    def is_finalized(status: LoggedModelStatus | str) -> bool:
        """Whether it is known if the files have all arrived."""
        return str(status) in ("READY", "FAILED")

    @classmethod
    def from_wire(cls, name: str) -> LoggedModelStatus:
        """The status of that name in MLflow's protocol."""
        return next(status for status, wire in _WIRE_NAMES.items() if wire == name)


_WIRE_NAMES: dict[LoggedModelStatus, ModelStatusName] = {
    LoggedModelStatus.UNSPECIFIED: "LOGGED_MODEL_STATUS_UNSPECIFIED",
    LoggedModelStatus.PENDING: "LOGGED_MODEL_PENDING",
    LoggedModelStatus.READY: "LOGGED_MODEL_READY",
    LoggedModelStatus.FAILED: "LOGGED_MODEL_UPLOAD_FAILED",
}


class LoggedModelParameter(Entity):
    """A param of a logged model."""

    key: str
    value: str = msgspec.field(default_factory=str)


class LoggedModelTag(Entity):
    """A key and a value attached to a logged model."""

    key: str
    value: str = msgspec.field(default_factory=str)


Pair = TypeVar("Pair", LoggedModelParameter, LoggedModelTag)


class LoggedModelInfo(Entity):
    """What a logged model is. Times are milliseconds since 1970-01-01 UTC."""

    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: ModelStatusName
    model_type: str | None = None
    source_run_id: str | None = None
    status_message: str | None = None
    tags: list[LoggedModelTag] = []


class LoggedModelData(Entity):
    """What was logged for a model."""

    params: list[LoggedModelParameter] = []
    metrics: list[Metric] = []


class LoggedModel(Entity):
    """A model that was logged, with MLflow's flat attributes as properties."""

    info: LoggedModelInfo
    data: LoggedModelData = msgspec.field(default_factory=LoggedModelData)

    @property
    def model_id(self) -> str:
        """`m-` and 32 hexadecimal digits."""
        return self.info.model_id

    @property
    def experiment_id(self) -> str:
        """The experiment it belongs to."""
        return self.info.experiment_id

    @property
    def name(self) -> str:
        """Its name, not necessarily unique."""
        return self.info.name

    @property
    def artifact_location(self) -> str:
        """The URI of its directory."""
        return self.info.artifact_uri

    @property
    def creation_timestamp(self) -> int:
        """When it was created, in ms."""
        return self.info.creation_timestamp_ms

    @property
    def last_updated_timestamp(self) -> int:
        """When it was last changed, in ms."""
        return self.info.last_updated_timestamp_ms

    @property
    def model_type(self) -> str | None:
        """A free text such as "classifier"."""
        return self.info.model_type

    @property
    def source_run_id(self) -> str | None:
        """The run that produced it."""
        return self.info.source_run_id

    @property
    def status(self) -> LoggedModelStatus:
        """Whether its files have all arrived."""
        return LoggedModelStatus.from_wire(self.info.status)

    @property
    def status_message(self) -> str | None:
        """Why the upload failed."""
        return self.info.status_message

    @property
    def tags(self) -> dict[str, str]:
        """The tags as a dictionary."""
        return {tag.key: tag.value for tag in self.info.tags}

    @property
    def params(self) -> dict[str, str]:
        """The params as a dictionary."""
        return {param.key: param.value for param in self.data.params}

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that name this model."""
        return self.data.metrics

    @property
    def model_uri(self) -> str:
        """The URI that loads it."""
        return f"models:/{self.info.model_id}"

    def to_dictionary(self) -> dict[str, Any]:
        """MLflow's flat dictionary; the status as its number."""
        return {
            "artifact_location": self.artifact_location,
            "creation_timestamp": self.creation_timestamp,
            "experiment_id": self.experiment_id,
            "last_updated_timestamp": self.last_updated_timestamp,
            "metrics": [metric.to_dictionary() for metric in self.metrics],
            "model_id": self.model_id,
            "model_type": self.model_type,
            "name": self.name,
            "params": self.params,
            "source_run_id": self.source_run_id,
            "status": self.status.number,
            "status_message": self.status_message,
            "tags": self.tags,
        }

    @classmethod
    def from_dictionary(cls, values: Mapping[str, Any]) -> LoggedModel:
        """Build the model from MLflow's flat dictionary."""
        return cls.of(**{name: values[name] for name in _FLAT if name in values})

    @classmethod
    def of(
        cls,
        experiment_id: str,
        model_id: str,
        name: str,
        artifact_location: str,
        creation_timestamp: int,
        last_updated_timestamp: int,
        model_type: str | None = None,
        source_run_id: str | None = None,
        status: LoggedModelStatus | int = LoggedModelStatus.READY,
        status_message: str | None = None,
        tags: Sequence[LoggedModelTag] | Mapping[str, str] | None = None,
        params: Sequence[LoggedModelParameter] | Mapping[str, str] | None = None,
        metrics: Sequence[Metric | Mapping[str, Any]] | None = None,
    ) -> LoggedModel:
        """Build the model from what MLflow's constructor takes."""
        if isinstance(status, int):
            status = LoggedModelStatus.from_int(status)
        info = LoggedModelInfo(
            model_id,
            experiment_id,
            name,
            creation_timestamp,
            last_updated_timestamp,
            artifact_location,
            LoggedModelStatus(status).wire_name,
            model_type,
            source_run_id,
            status_message,
            _pairs(LoggedModelTag, tags),
        )
        points = [m if isinstance(m, Metric) else Metric.from_dictionary(m) for m in metrics or []]
        return cls(info, LoggedModelData(_pairs(LoggedModelParameter, params), points))

    def _shown(self) -> Iterable[str]:
        return (*_FLAT, "model_uri")


_FLAT = (
    "artifact_location",
    "creation_timestamp",
    "experiment_id",
    "last_updated_timestamp",
    "metrics",
    "model_id",
    "model_type",
    "name",
    "params",
    "source_run_id",
    "status",
    "status_message",
    "tags",
)


def _pairs(kind: type[Pair], values: Sequence[Pair] | Mapping[str, str] | None) -> list[Pair]:
    if isinstance(values, Mapping):
        return [kind(key, value) for key, value in values.items()]
    return list(values or [])


class CreateLoggedModel(Entity):
    """Create a logged model with status PENDING; an absent name is made up by the store.

    `model_id` is chosen by a caller that may have to ask again, or had the model in another store.
    """

    experiment_id: str
    name: str | None = None
    model_type: str | None = None
    source_run_id: str | None = None
    params: list[LoggedModelParameter] = []
    tags: list[LoggedModelTag] = []
    model_id: str | None = None


class FinalizeLoggedModel(Entity):
    """Say whether the files of a logged model have all arrived."""

    model_id: str
    status: ModelStatusName


class LoggedModelId(Entity):
    """Names one logged model: delete."""

    model_id: str


class GetLoggedModel(Entity):
    """Get a logged model; a deleted one only on request."""

    model_id: str
    allow_deleted: bool = False


class SetLoggedModelTags(Entity):
    """Set tags of a logged model, replacing their values."""

    model_id: str
    tags: list[LoggedModelTag] = []


class DeleteLoggedModelTag(Entity):
    """Remove one tag of a logged model."""

    model_id: str
    tag_key: str


class LogLoggedModelParams(Entity):
    """Log params of a logged model; a second value for the same key is refused."""

    model_id: str
    params: list[LoggedModelParameter] = []


class DatasetFilter(Entity):
    """Restricts a search to models with metrics on a dataset; without a digest, any of the name."""

    dataset_name: str
    dataset_digest: str | None = None


class ModelOrder(Entity):
    """Orders a search of models by an attribute or a metric (on a dataset)."""

    field_name: str
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


class SearchLoggedModels(Entity):
    """Search the logged models of the given experiments; `max_results` 0 means 50."""

    experiment_ids: list[str]
    filter: str | None = None
    datasets: list[DatasetFilter] = []
    max_results: int = 50
    order_by: list[ModelOrder] = []
    page_token: str | None = None


class LoggedModelPage(Entity):
    """One page of logged models; the token is absent on the last page."""

    models: list[LoggedModel] = []
    next_page_token: str | None = None
