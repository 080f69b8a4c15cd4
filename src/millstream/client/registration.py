"""A model, wherever a URI finds it, becomes the next version of a registered model."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from millstream import connect
from millstream.client.model_uris import (
    Where,
    logged_by,
    registry_name,
    run_and_path,
    version_named,
)
from millstream.client.model_versions import AWAIT_SECONDS, ModelVersionMethods
from millstream.client.registered_models import RegisteredModelMethods
from millstream.client.session import SESSION
from millstream.entities.model_versions import ModelVersion
from millstream.entities.models import GetLoggedModel, LoggedModel
from millstream.entities.runs import RunId
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, NotSupported


class Source(NamedTuple):
    """The files to register, and what they are known to come from."""

    uri: str
    run_id: str | None = None
    model_id: str | None = None


def register_model(
    model_uri: str | os.PathLike[str],
    name: str,
    await_registration_for: float | None = AWAIT_SECONDS,
    *,
    tags: Mapping[str, Any] | None = None,
    env_pack: Any = None,
    comment: str | None = None,
) -> ModelVersion:
    """Register the model at a URI or path as the next version of a registered model.

    The registered model is created if it is absent. `runs:/<run>/<name>` means the logged model of
    that name, or else the files there. `env_pack` is refused: it packs for Databricks alone.
    """
    if env_pack is not None:
        raise NotSupported(
            f"`env_pack` ({env_pack!r}) packs an environment for Databricks, which Millstream does "
            "not serve; a model's requirements are in its directory"
        )
    if not name:
        raise InvalidParameter("Missing value for required parameter 'name'.")
    found = source(os.fspath(model_uri), Where.now())
    try:
        RegisteredModelMethods().create_registered_model(name, comment=comment)
        _say(f"Successfully registered model '{name}'.")
    except AlreadyExists:
        _say(f"Registered model '{name}' already exists. Creating a new version of it...")
    version = ModelVersionMethods().create_model_version(
        name,
        found.uri,
        found.run_id,
        tags,
        await_creation_for=await_registration_for,
        model_id=found.model_id,
        comment=comment,
    )
    _say(f"Created version '{version.version}' of model '{version.name}'.")
    return version


def source(uri: str, where: Where) -> Source:
    """What the registry is told of the files at a URI; raises `NotFound` where nothing is known."""
    named = registry_name(uri)
    if named is not None:
        if named.path:
            raise InvalidParameter(f"{uri!r} names a part of a version, which cannot be registered")
        version = version_named(named, SESSION.fresh(where.registry))
        return Source(f"models:/{version.name}/{version.version}")
    if uri.startswith("models:/"):
        model_id = uri.removeprefix("models:/").strip("/").rpartition("/")[2]
        return _of_model(SESSION.fresh(where.tracking).models.get(GetLoggedModel(model_id)), where)
    in_run = run_and_path(uri)
    if in_run is not None:
        return _of_run(*in_run, where)
    return Source(connect.local_folder(uri) or uri)


def _of_model(model: LoggedModel, where: Where) -> Source:
    run_id = model.source_run_id or None
    if where.registry == where.tracking:
        return Source(f"models:/{model.model_id}", run_id, model.model_id)
    # Another registry knows nothing of the logged models here.
    location = connect.absolute_artifacts(model.artifact_location, where.tracking)
    return Source(location, run_id, model.model_id)


def _of_run(run_id: str, path: str, where: Where) -> Source:
    store = SESSION.fresh(where.tracking)
    info = store.runs.get(RunId(run_id)).info
    model = logged_by(run_id, info.experiment_id, path, store) if path else None
    if model is not None:
        return _of_model(model, where)
    root = connect.absolute_artifacts(info.artifact_uri or "", where.tracking)
    files = connect.open_artifacts(root, SESSION.settings(), tracking_uri=where.tracking)
    if not path or not files.list(path):
        raise NotFound(
            f"Unable to find a logged_model with artifact_path {path} under run {run_id}, nor a "
            "folder of that path among its artifacts."
        )
    shown = info.artifact_uri if where.registry == where.tracking else root
    return Source(f"{(shown or '').rstrip('/')}/{path}", run_id)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
