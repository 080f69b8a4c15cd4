"""Registered models, as scripts and the client see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from millstream.client.paging import PagedList, collect
from millstream.client.session import RegistryConnection
from millstream.entities.model_versions import ModelVersion
from millstream.entities.registered_models import (
    CreateRegisteredModel,
    DeleteRegisteredModel,
    DeleteRegisteredModelAlias,
    DeleteRegisteredModelTag,
    GetLatestVersions,
    GetModelVersionByAlias,
    GetRegisteredModel,
    RegisteredModel,
    RegisteredModelTag,
    RenameRegisteredModel,
    SearchRegisteredModels,
    SetRegisteredModelAlias,
    SetRegisteredModelTag,
    UpdateRegisteredModel,
)
from millstream.errors import InvalidParameter

PAGE = 100


class RegisteredModelMethods(RegistryConnection):
    """What a client can do with registered models, their tags and aliases.

    `comment` says in the history why something was changed.
    """

    def create_registered_model(
        self,
        name: str,
        tags: Mapping[str, Any] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,  # noqa: ARG002 - MLflow's signature; Databricks only
        *,
        comment: str | None = None,
    ) -> RegisteredModel:
        """Create a registered model without versions; a name that is taken raises."""
        request = CreateRegisteredModel(
            name,
            [RegisteredModelTag(str(key), str(value)) for key, value in (tags or {}).items()],
            description,
            user_id=self._user,
            comment=comment,
        )
        return self._registry.registered_models.create(request).result()

    def rename_registered_model(
        self, name: str, new_name: str, *, comment: str | None = None
    ) -> RegisteredModel:
        """Give a registered model, with its versions, another name."""
        if not new_name.strip():
            raise InvalidParameter("The name must not be an empty string.")
        request = RenameRegisteredModel(name, new_name, user_id=self._user, comment=comment)
        return self._registry.registered_models.rename(request).result()

    def update_registered_model(
        self,
        name: str,
        description: str | None = None,
        deployment_job_id: str | None = None,  # noqa: ARG002 - MLflow's signature; Databricks only
        *,
        comment: str | None = None,
    ) -> RegisteredModel:
        """Replace the description; None clears it."""
        request = UpdateRegisteredModel(name, description, user_id=self._user, comment=comment)
        return self._registry.registered_models.update(request).result()

    def delete_registered_model(self, name: str, *, comment: str | None = None) -> None:
        """Delete a registered model with all its versions; only their history stays."""
        request = DeleteRegisteredModel(name, user_id=self._user, comment=comment)
        self._registry.registered_models.delete(request).result()

    def get_registered_model(self, name: str) -> RegisteredModel:
        """Get a registered model with the highest version of each stage, tags and aliases."""
        return self._registry.registered_models.get(GetRegisteredModel(name))

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = PAGE,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        """One page of the registered models that a filter lets through, by default by name."""
        request = SearchRegisteredModels(
            filter_string or None, max_results, list(order_by or []), page_token
        )
        page = self._registry.registered_models.search(request)
        return PagedList(page.registered_models, page.next_page_token)

    def get_latest_versions(
        self, name: str, stages: Sequence[str] | None = None
    ) -> list[ModelVersion]:
        """The highest version in each of the stages, or in every stage."""
        request = GetLatestVersions(name, list(stages or []))
        return self._registry.registered_models.get_latest_versions(request).model_versions

    def set_registered_model_tag(
        self, name: str, key: str, value: Any, *, comment: str | None = None
    ) -> None:
        """Set a tag, replacing its value."""
        request = SetRegisteredModelTag(name, key, str(value), user_id=self._user, comment=comment)
        self._registry.registered_models.set_tag(request).result()

    def delete_registered_model_tag(
        self, name: str, key: str, *, comment: str | None = None
    ) -> None:
        """Remove a tag; an absent one is no error."""
        request = DeleteRegisteredModelTag(name, key, user_id=self._user, comment=comment)
        self._registry.registered_models.delete_tag(request).result()

    def set_registered_model_alias(
        self, name: str, alias: str, version: str | int, *, comment: str | None = None
    ) -> None:
        """Let an alias point to a version, wherever it pointed before."""
        request = SetRegisteredModelAlias(
            name, alias, str(version), user_id=self._user, comment=comment
        )
        self._registry.registered_models.set_alias(request).result()

    def delete_registered_model_alias(
        self, name: str, alias: str, *, comment: str | None = None
    ) -> None:
        """Remove an alias; an absent one is no error."""
        request = DeleteRegisteredModelAlias(name, alias, user_id=self._user, comment=comment)
        self._registry.registered_models.delete_alias(request).result()

    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version that an alias points to."""
        return self._registry.registered_models.get_by_alias(GetModelVersionByAlias(name, alias))


_CLIENT = RegisteredModelMethods()


def search_registered_models(
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: Sequence[str] | None = None,
) -> list[RegisteredModel]:
    """All (or up to `max_results`) registered models that a filter lets through."""

    def page(size: int, token: str | None) -> PagedList[RegisteredModel]:
        return _CLIENT.search_registered_models(filter_string, size, order_by, token)

    return collect(page, max_results, PAGE)
