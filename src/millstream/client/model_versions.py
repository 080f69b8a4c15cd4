"""Versions of registered models, as scripts and the client see them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from millstream.client.model_uris import registry_name, version_named
from millstream.client.paging import PagedList, collect
from millstream.client.session import RegistryConnection
from millstream.entities.model_versions import (
    CreateModelVersion,
    DeleteModelVersion,
    DeleteModelVersionTag,
    GetModelVersion,
    ModelVersion,
    ModelVersionTag,
    SearchModelVersions,
    SetModelVersionTag,
    TransitionModelVersionStage,
    UpdateModelVersion,
)
from millstream.entities.registered_models import CreateRegisteredModel, GetLatestVersions
from millstream.entities.stages import DEFAULT_STAGES, GetStagePolicy
from millstream.errors import (
    AlreadyExists,
    EndpointNotFound,
    InvalidParameter,
    InvalidState,
    NotFound,
    Unavailable,
)

PAGE = 1_000
MOST = 10_000
AWAIT_SECONDS = 300
_PAUSE = 0.5


class ModelVersionMethods(RegistryConnection):
    """What a client can do with versions of registered models and with their tags.

    A version is named by its model's name and its number, as text or int. `comment` says in the
    history why something was changed.
    """

    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: Mapping[str, Any] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        await_creation_for: float | None = AWAIT_SECONDS,
        model_id: str | None = None,
        *,
        comment: str | None = None,
    ) -> ModelVersion:
        """Register the files at `source` as the next version of a registered model.

        A server may take a while to copy them: it is waited for up to `await_creation_for`
        seconds; 0 or None does not wait.
        """
        request = CreateModelVersion(
            name,
            source,
            run_id,
            [ModelVersionTag(str(key), str(value)) for key, value in (tags or {}).items()],
            run_link,
            description,
            model_id,
            user_id=self._user,
            comment=comment,
        )
        version = self._registry.model_versions.create(request).result()
        return self._awaited(version, await_creation_for) if await_creation_for else version

    def copy_model_version(
        self, src_model_uri: str, dst_name: str, *, comment: str | None = None
    ) -> ModelVersion:
        """Register what a `models:/` URI of the registry names under another name.

        The registered model is created if it is absent.
        """
        named = registry_name(src_model_uri)
        if named is None:
            raise InvalidParameter(
                f"Unsupported source model URI: '{src_model_uri}'. What is copied is named by "
                "'models:/<name>/<version or stage>' or 'models:/<name>@<alias>'."
            )
        source = version_named(named, self._registry)
        ensured = CreateRegisteredModel(dst_name, user_id=self._user, comment=comment)
        with contextlib.suppress(AlreadyExists):
            self._registry.registered_models.create(ensured).result()
        return self.create_model_version(
            dst_name,
            f"models:/{source.name}/{source.version}",
            source.run_id or None,
            source.tags,
            source.run_link or None,
            source.description or None,
            comment=comment,
        )

    def update_model_version(
        self,
        name: str,
        version: str | int,
        description: str | None = None,
        *,
        comment: str | None = None,
    ) -> ModelVersion:
        """Replace the description."""
        if description is None:
            raise InvalidParameter(
                "Attempting to update model version with no new field values: give `description`."
            )
        request = UpdateModelVersion(
            name, str(version), description, user_id=self._user, comment=comment
        )
        return self._registry.model_versions.update(request).result()

    def transition_model_version_stage(
        self,
        name: str,
        version: str | int,
        stage: str,
        archive_existing_versions: bool = False,
        *,
        comment: str | None = None,
    ) -> ModelVersion:
        """Move a version to a stage, and on request whatever else is there to Archived."""
        request = TransitionModelVersionStage(
            name,
            str(version),
            stage,
            archive_existing_versions,
            user_id=self._user,
            comment=comment,
        )
        return self._registry.model_versions.transition_stage(request).result()

    def delete_model_version(
        self, name: str, version: str | int, *, comment: str | None = None
    ) -> None:
        """Delete a version; its number is never given again."""
        request = DeleteModelVersion(name, str(version), user_id=self._user, comment=comment)
        self._registry.model_versions.delete(request).result()

    def get_model_version(self, name: str, version: str | int) -> ModelVersion:
        """Get a version with its tags and aliases."""
        return self._registry.model_versions.get(GetModelVersion(name, str(version)))

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = MOST,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        """One page of the versions that a filter lets through, by default last updated first."""
        request = SearchModelVersions(
            filter_string or None, max_results, list(order_by or []), page_token
        )
        page = self._registry.model_versions.search(request)
        return PagedList(page.model_versions, page.next_page_token)

    def get_model_version_download_uri(self, name: str, version: str | int) -> str:
        """Where the files of a version can be read."""
        request = GetModelVersion(name, str(version))
        return self._registry.model_versions.get_download_uri(request).artifact_uri

    def get_model_version_stages(self, name: str, version: str | int) -> list[str]:  # noqa: ARG002 - MLflow's signature
        """The stages that a version can be in; a server that does not say has MLflow's."""
        try:
            return self._registry.stages.get_policy(GetStagePolicy()).names
        except EndpointNotFound:
            return list(DEFAULT_STAGES)

    def set_model_version_tag(
        self,
        name: str,
        version: str | int | None = None,
        key: str | None = None,
        value: Any = None,
        stage: str | None = None,
        *,
        comment: str | None = None,
    ) -> None:
        """Set a tag of a version, or of the highest version in a stage, replacing its value."""
        number = self._number(name, version, stage)
        request = SetModelVersionTag(
            name, number, _required(key), str(value), user_id=self._user, comment=comment
        )
        self._registry.model_versions.set_tag(request).result()

    def delete_model_version_tag(
        self,
        name: str,
        version: str | int | None = None,
        key: str | None = None,
        stage: str | None = None,
        *,
        comment: str | None = None,
    ) -> None:
        """Remove a tag of a version, or of the highest in a stage; an absent one is no error."""
        number = self._number(name, version, stage)
        request = DeleteModelVersionTag(
            name, number, _required(key), user_id=self._user, comment=comment
        )
        self._registry.model_versions.delete_tag(request).result()

    def _number(self, name: str, version: str | int | None, stage: str | None) -> str:
        if version and stage:
            raise InvalidParameter("version and stage cannot be set together")
        if version:
            return str(version)
        if not stage:
            raise InvalidParameter("version or stage must be set")
        request = GetLatestVersions(name, [stage])
        latest = self._registry.registered_models.get_latest_versions(request).model_versions
        if not latest:
            raise NotFound(f"Could not find any model version for {stage} stage of '{name}'")
        return latest[0].version

    def _awaited(self, version: ModelVersion, seconds: float) -> ModelVersion:
        """The version once the server has finished with it."""
        what = f"version {version.version} of '{version.name}'"
        deadline = time.monotonic() + seconds
        while version.status == "PENDING_REGISTRATION":
            if time.monotonic() > deadline:
                raise Unavailable(f"The server has not finished {what} within {seconds} s.")
            time.sleep(_PAUSE)
            version = self.get_model_version(version.name, version.version)
        if version.status != "READY":
            raise InvalidState(f"The server could not create {what}: {version.status_message}")
        return version


_CLIENT = ModelVersionMethods()


def search_model_versions(
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: Sequence[str] | None = None,
) -> list[ModelVersion]:
    """All (or up to `max_results`) versions that a filter lets through."""

    def page(size: int, token: str | None) -> PagedList[ModelVersion]:
        return _CLIENT.search_model_versions(filter_string, size, order_by, token)

    return collect(page, max_results, PAGE)


def set_model_version_tag(
    name: str, version: str | int | None = None, key: str | None = None, value: Any = None
) -> None:
    """Set a tag of a version, replacing its value."""
    _CLIENT.set_model_version_tag(name, version, key, value)


def _required(key: str | None) -> str:
    if key is None:
        raise InvalidParameter("Missing value for required parameter 'key'.")
    return key
