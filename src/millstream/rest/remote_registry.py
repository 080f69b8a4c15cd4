"""The registry's nouns as requests."""

from __future__ import annotations

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities.asking import Asking
from millstream.rest.caller import Caller
from millstream.store.pending import Pending


class _Noun:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller


class RemoteRegisteredModels(_Noun):
    """The registered models of a server."""

    def create(
        self, request: rm.CreateRegisteredModel, asking: Asking | None = None
    ) -> Pending[rm.RegisteredModel]:
        """Create without versions."""
        return self._caller.write("registered_models.create", request, rm.RegisteredModel, asking)

    def get(self, request: rm.GetRegisteredModel) -> rm.RegisteredModel:
        """Get by name."""
        return self._caller.read("registered_models.get", request, rm.RegisteredModel)

    def rename(self, request: rm.RenameRegisteredModel) -> Pending[rm.RegisteredModel]:
        """Rename, versions included."""
        return self._caller.write("registered_models.rename", request, rm.RegisteredModel)

    def update(self, request: rm.UpdateRegisteredModel) -> Pending[rm.RegisteredModel]:
        """Replace the description."""
        return self._caller.write("registered_models.update", request, rm.RegisteredModel)

    def delete(self, request: rm.DeleteRegisteredModel) -> Pending[None]:
        """Delete with all versions."""
        return self._caller.command("registered_models.delete", request)

    def search(
        self, request: rm.SearchRegisteredModels, asking: Asking | None = None
    ) -> rm.RegisteredModelPage:
        """Search."""
        return self._caller.read(
            "registered_models.search", request, rm.RegisteredModelPage, asking
        )

    def get_latest_versions(self, request: rm.GetLatestVersions) -> rm.LatestVersions:
        """The highest version in each stage."""
        return self._caller.read(
            "registered_models.get_latest_versions", request, rm.LatestVersions
        )

    def set_tag(self, request: rm.SetRegisteredModelTag) -> Pending[None]:
        """Set a tag."""
        return self._caller.command("registered_models.set_tag", request)

    def delete_tag(self, request: rm.DeleteRegisteredModelTag) -> Pending[None]:
        """Remove a tag."""
        return self._caller.command("registered_models.delete_tag", request)

    def set_alias(
        self, request: rm.SetRegisteredModelAlias, asking: Asking | None = None
    ) -> Pending[None]:
        """Let an alias point to a version."""
        return self._caller.command("registered_models.set_alias", request, asking)

    def delete_alias(self, request: rm.DeleteRegisteredModelAlias) -> Pending[None]:
        """Remove an alias."""
        return self._caller.command("registered_models.delete_alias", request)

    def get_by_alias(self, request: rm.GetModelVersionByAlias) -> mv.ModelVersion:
        """The version that an alias points to."""
        return self._caller.read("registered_models.get_by_alias", request, mv.ModelVersion)


class RemoteModelVersions(_Noun):
    """The versions of a server's registered models."""

    def create(self, request: mv.CreateModelVersion) -> Pending[mv.ModelVersion]:
        """Register the next version."""
        return self._caller.write("model_versions.create", request, mv.ModelVersion)

    def get(self, request: mv.GetModelVersion) -> mv.ModelVersion:
        """Get by name and number."""
        return self._caller.read("model_versions.get", request, mv.ModelVersion)

    def update(self, request: mv.UpdateModelVersion) -> Pending[mv.ModelVersion]:
        """Replace the description."""
        return self._caller.write("model_versions.update", request, mv.ModelVersion)

    def transition_stage(
        self, request: mv.TransitionModelVersionStage, asking: Asking | None = None
    ) -> Pending[mv.ModelVersion]:
        """Move to a stage."""
        operation = "model_versions.transition_stage"
        return self._caller.write(operation, request, mv.ModelVersion, asking)

    def delete(self, request: mv.DeleteModelVersion) -> Pending[None]:
        """Delete for good."""
        return self._caller.command("model_versions.delete", request)

    def search(
        self, request: mv.SearchModelVersions, asking: Asking | None = None
    ) -> mv.ModelVersionPage:
        """Search."""
        return self._caller.read("model_versions.search", request, mv.ModelVersionPage, asking)

    def get_download_uri(self, request: mv.GetModelVersion) -> mv.DownloadUri:
        """Where the files are."""
        return self._caller.read("model_versions.get_download_uri", request, mv.DownloadUri)

    def set_tag(self, request: mv.SetModelVersionTag) -> Pending[None]:
        """Set a tag."""
        return self._caller.command("model_versions.set_tag", request)

    def delete_tag(self, request: mv.DeleteModelVersionTag) -> Pending[None]:
        """Remove a tag."""
        return self._caller.command("model_versions.delete_tag", request)


class RemoteRegistryEvents(_Noun):
    """The history of a server's registry."""

    def search(
        self, request: ev.SearchRegistryEvents, asking: Asking | None = None
    ) -> ev.RegistryEventPage:
        """The events of a model or of all."""
        return self._caller.read("registry_events.search", request, ev.RegistryEventPage, asking)

    def get_state(
        self, request: ev.GetRegistryState, asking: Asking | None = None
    ) -> ev.RegistryState:
        """The state at a moment."""
        return self._caller.read("registry_events.get_state", request, ev.RegistryState, asking)

    def roll_back(
        self, request: ev.RollBack, asking: Asking | None = None
    ) -> Pending[ev.RolledBack]:
        """Undo the last change of a stage or an alias."""
        return self._caller.write("registry_events.roll_back", request, ev.RolledBack, asking)
