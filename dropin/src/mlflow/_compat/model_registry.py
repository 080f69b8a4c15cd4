"""What the model registry holds, under the names of `mlflow.entities.model_registry`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from millstream.client.model_uris import Where, registry_name, version_named
from millstream.client.session import SESSION
from millstream.entities import model_versions, registered_models
from millstream.entities.metrics import Metric
from millstream.entities.model_versions import ModelVersionTag
from millstream.entities.models import LoggedModelParameter
from millstream.entities.registered_models import RegisteredModelAlias, RegisteredModelTag
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from mlflow._compat.constructors import Form

__all__ = [
    "ModelVersion",
    "ModelVersionSearch",
    "ModelVersionStatus",
    "ModelVersionTag",
    "RegisteredModel",
    "RegisteredModelAlias",
    "RegisteredModelSearch",
    "RegisteredModelTag",
    "get_model_name_and_version",
    "get_model_version_from_model_uri",
]


class ModelVersion(metaclass=Form):
    """A version of a registered model."""

    ours = model_versions.ModelVersion

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls,
        name: str,
        version: str,
        creation_timestamp: int,
        last_updated_timestamp: int | None = None,
        description: str | None = None,
        user_id: str | None = None,
        current_stage: str | None = None,
        source: str | None = None,
        run_id: str | None = None,
        status: model_versions.ModelVersionStatusName = "READY",
        status_message: str | None = None,
        tags: Sequence[ModelVersionTag] | None = None,
        run_link: str | None = None,
        aliases: Sequence[str] | None = None,
        model_id: str | None = None,
        params: Sequence[LoggedModelParameter] | None = None,
        metrics: Sequence[Metric] | None = None,
        deployment_job_state: object = None,
        workspace: str | None = None,
    ) -> model_versions.ModelVersion:
        """Build it with lists; deployment jobs and workspaces are not kept."""
        del deployment_job_state, workspace
        return model_versions.ModelVersion(
            name=name,
            version=version,
            creation_timestamp=creation_timestamp,
            last_updated_timestamp=last_updated_timestamp,
            description=description,
            user_id=user_id,
            current_stage=current_stage,
            source=source,
            run_id=run_id,
            status=status,
            status_message=status_message,
            tag_list=list(tags or []),
            run_link=run_link,
            aliases=list(aliases or []),
            model_id=model_id,
            params=list(params or []),
            metrics=list(metrics or []),
        )


class RegisteredModel(metaclass=Form):
    """A registered model."""

    ours = registered_models.RegisteredModel

    def __new__(  # type: ignore[misc]  # it makes what this class stands for
        cls,
        name: str,
        creation_timestamp: int | None = None,
        last_updated_timestamp: int | None = None,
        description: str | None = None,
        latest_versions: Sequence[model_versions.ModelVersion] | None = None,
        tags: Sequence[RegisteredModelTag] | None = None,
        aliases: Sequence[RegisteredModelAlias] | None = None,
        deployment_job_id: str | None = None,
        deployment_job_state: object = None,
        workspace: str | None = None,
    ) -> registered_models.RegisteredModel:
        """Build it with lists; deployment jobs and workspaces are not kept."""
        del deployment_job_id, deployment_job_state, workspace
        return registered_models.RegisteredModel(
            name=name,
            creation_timestamp=creation_timestamp,
            last_updated_timestamp=last_updated_timestamp,
            description=description,
            latest_versions=list(latest_versions or []),
            tag_list=list(tags or []),
            alias_list=list(aliases or []),
        )


ModelVersionSearch = ModelVersion
RegisteredModelSearch = RegisteredModel


class ModelVersionStatus:
    """How far a version is; numbers and names are those of MLflow."""

    PENDING_REGISTRATION = 1
    FAILED_REGISTRATION = 2
    READY = 3

    _NAMES: ClassVar[dict[int, str]] = {
        1: "PENDING_REGISTRATION",
        2: "FAILED_REGISTRATION",
        3: "READY",
    }

    @classmethod
    def from_string(cls, status_str: str) -> int:
        """The number of a name."""
        for number, name in cls._NAMES.items():
            if name == status_str:
                return number
        raise MillstreamError(
            f"Could not get model version status corresponding to string {status_str}. "
            f"Valid status strings: {list(cls._NAMES.values())}"
        )

    @classmethod
    def to_string(cls, status: int) -> str:
        """The name of a number."""
        if status not in cls._NAMES:
            raise MillstreamError(
                f"Could not get string corresponding to model version status {status}. "
                f"Valid statuses: {list(cls._NAMES)}"
            )
        return cls._NAMES[status]

    @classmethod
    def all_status(cls) -> list[int]:
        """All numbers."""
        return list(cls._NAMES)


def get_model_name_and_version(client: Any, models_uri: str) -> tuple[str, ...]:
    """Name and version that a `models:/` URI means now; of a logged model, its id alone."""
    named = registry_name(models_uri)
    if named is None:
        if not models_uri.startswith("models:/"):
            raise InvalidParameter(f"Not a proper models:/ URI: {models_uri}.")
        return (models_uri.strip("/").rpartition("/")[2],)
    if named.suffix is not None and named.suffix.isdecimal():
        return named.name, named.suffix
    if named.alias is not None:
        found = client.get_model_version_by_alias(named.name, named.alias)
        return named.name, found.version
    newest = str(named.suffix).lower() == "latest"
    latest = client.get_latest_versions(named.name, None if newest else [named.suffix])
    if not latest:
        raise NotFound(
            f"No versions of model with name '{named.name}' and stage '{named.suffix}' found"
        )
    return named.name, str(max(int(one.version) for one in latest))


def get_model_version_from_model_uri(model_uri: str) -> model_versions.ModelVersion:
    """The version of the registry that a `models:/` URI means now."""
    named = registry_name(model_uri)
    if named is None:
        raise InvalidParameter(
            f"{model_uri!r} names no version of a registered model; such URIs are "
            "'models:/<name>/<version or stage>' and 'models:/<name>@<alias>'"
        )
    return version_named(named, SESSION.stores.patient(Where.now().registry))
