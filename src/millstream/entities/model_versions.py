"""Versions of registered models, and the requests about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from millstream.entities.entity import Entity
from millstream.entities.metrics import Metric
from millstream.entities.models import LoggedModelParameter
from millstream.entities.registry_events import RegistryChange

ModelVersionStatusName = Literal["PENDING_REGISTRATION", "FAILED_REGISTRATION", "READY"]


class ModelVersionTag(Entity):
    """A key and a value attached to a version of a registered model."""

    key: str
    value: str = msgspec.field(default_factory=str)


class ModelVersion(Entity):
    """One version of a registered model. Times are milliseconds since 1970-01-01 UTC.

    `version` is a whole number, as text. `source` is where the files were said to be; `model_id`
    and `run_id` are the logged model and the run they came from. What is unknown of description,
    run and link is an empty text.
    """

    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int | None = None
    description: str | None = msgspec.field(default_factory=str)
    user_id: str | None = None
    current_stage: str | None = msgspec.field(default_factory=lambda: "None")
    source: str | None = msgspec.field(default_factory=str)
    run_id: str | None = msgspec.field(default_factory=str)
    status: ModelVersionStatusName = msgspec.field(default_factory=lambda: "READY")
    status_message: str | None = None
    tag_list: list[ModelVersionTag] = msgspec.field(name="tags", default_factory=list)
    run_link: str | None = msgspec.field(default_factory=str)
    aliases: list[str] = []
    model_id: str | None = None
    params: list[LoggedModelParameter] = msgspec.field(name="model_params", default_factory=list)
    metrics: list[Metric] = msgspec.field(name="model_metrics", default_factory=list)
    workspace: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The tags as a dictionary."""
        return {tag.key: tag.value for tag in self.tag_list}

    def _shown(self) -> Iterable[str]:
        return _SHOWN


_SHOWN = (
    "aliases",
    "creation_timestamp",
    "current_stage",
    "description",
    "last_updated_timestamp",
    "metrics",
    "model_id",
    "name",
    "params",
    "run_id",
    "run_link",
    "source",
    "status",
    "status_message",
    "tags",
    "user_id",
    "version",
)


class CreateModelVersion(RegistryChange):
    """Register the files at `source` as the next version of a registered model."""

    name: str
    source: str
    run_id: str | None = None
    tags: list[ModelVersionTag] = []
    run_link: str | None = None
    description: str | None = None
    model_id: str | None = None


class GetModelVersion(Entity):
    """Names one version."""

    name: str
    version: str


class UpdateModelVersion(RegistryChange):
    """Replace the description of a version; an absent one is kept."""

    name: str
    version: str
    description: str | None = None


class TransitionModelVersionStage(RegistryChange):
    """Move a version to a stage, and on request whatever else is there to Archived."""

    name: str
    version: str
    stage: str
    archive_existing_versions: bool = False


class DeleteModelVersion(RegistryChange):
    """Delete a version; its number is never given again."""

    name: str
    version: str


class SetModelVersionTag(RegistryChange):
    """Set one tag of a version, replacing its value."""

    name: str
    version: str
    key: str
    value: str = ""


class DeleteModelVersionTag(RegistryChange):
    """Remove one tag of a version; an absent one is no error."""

    name: str
    version: str
    key: str


class DownloadUri(Entity):
    """Where the files of a version can be read."""

    artifact_uri: str


class SearchModelVersions(Entity):
    """Search versions; `max_results` is 1 to 200,000."""

    filter: str | None = None
    max_results: int = 200_000
    order_by: list[str] = []
    page_token: str | None = None


class ModelVersionPage(Entity):
    """One page of versions; the token is absent on the last page."""

    model_versions: list[ModelVersion] = []
    next_page_token: str | None = None
