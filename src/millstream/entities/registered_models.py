"""Registered models: names under which versions are kept, and the requests about them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millstream.entities.entity import Entity
from millstream.entities.model_versions import ModelVersion
from millstream.entities.registry_events import RegistryChange


class RegisteredModelTag(Entity):
    """A key and a value attached to a registered model."""

    key: str
    value: str = msgspec.field(default_factory=str)


class RegisteredModelAlias(Entity):
    """A name that points to one version of a registered model."""

    alias: str
    version: str


class RegisteredModel(Entity):
    """A name under which versions of a model are kept. Times are ms since 1970-01-01 UTC.

    `latest_versions` holds the highest version of each stage in which there is one.
    """

    name: str
    creation_timestamp: int | None = None
    last_updated_timestamp: int | None = None
    description: str | None = None
    latest_versions: list[ModelVersion] = []
    tag_list: list[RegisteredModelTag] = msgspec.field(name="tags", default_factory=list)
    alias_list: list[RegisteredModelAlias] = msgspec.field(name="aliases", default_factory=list)
    workspace: str | None = None

    @property
    def tags(self) -> dict[str, str]:
        """The tags as a dictionary."""
        return {tag.key: tag.value for tag in self.tag_list}

    @property
    def aliases(self) -> dict[str, str]:
        """The version of each alias."""
        return {item.alias: item.version for item in self.alias_list}

    def _shown(self) -> Iterable[str]:
        return self.__struct_encode_fields__


class CreateRegisteredModel(RegistryChange):
    """Create a registered model without versions."""

    name: str
    tags: list[RegisteredModelTag] = []
    description: str | None = None


class GetRegisteredModel(Entity):
    """Names one registered model."""

    name: str


class RenameRegisteredModel(RegistryChange):
    """Give a registered model, and with it its versions, another name."""

    name: str
    new_name: str


class UpdateRegisteredModel(RegistryChange):
    """Replace the description of a registered model; an absent one clears it."""

    name: str
    description: str | None = None


class DeleteRegisteredModel(RegistryChange):
    """Delete a registered model with all its versions; only their history stays."""

    name: str


class SetRegisteredModelTag(RegistryChange):
    """Set one tag of a registered model, replacing its value."""

    name: str
    key: str
    value: str = ""


class DeleteRegisteredModelTag(RegistryChange):
    """Remove one tag of a registered model; an absent one is no error."""

    name: str
    key: str


class SetRegisteredModelAlias(RegistryChange):
    """Let an alias point to a version, wherever it pointed before."""

    name: str
    alias: str
    version: str


class DeleteRegisteredModelAlias(RegistryChange):
    """Remove an alias; an absent one is no error."""

    name: str
    alias: str


class GetModelVersionByAlias(Entity):
    """Ask which version an alias points to."""

    name: str
    alias: str


class GetLatestVersions(Entity):
    """Ask for the highest version in each of the stages, or in every stage."""

    name: str
    stages: list[str] = []


class LatestVersions(Entity):
    """The highest versions, one for a stage."""

    model_versions: list[ModelVersion] = []


class SearchRegisteredModels(Entity):
    """Search registered models; `max_results` is at most 1,000."""

    filter: str | None = None
    max_results: int = 100
    order_by: list[str] = []
    page_token: str | None = None


class RegisteredModelPage(Entity):
    """One page of registered models; the token is absent on the last page."""

    registered_models: list[RegisteredModel] = []
    next_page_token: str | None = None
