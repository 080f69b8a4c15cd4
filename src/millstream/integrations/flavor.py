"""What the modules of all frameworks share: saving, logging and loading a model of a flavor."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, TypedDict

from millstream.client.session import SESSION
from millstream.integrations.model_files import local_path
from millstream.integrations.models import Model, ModelInfo
from millstream.integrations.requirements import Wishes, model_environment
from millstream.model_format import pyfunc
from millstream.model_format.description import describe
from millstream.model_format.directory import (
    EXTRA_FILES,
    add_code_to_path,
    copy_code,
    copy_extra_files,
    create_directory,
    finish,
)
from millstream.model_format.environment import CONDA, PYTHON_ENV
from millstream.model_format.flavors import FLAVORS
from millstream.model_format.interface import flavor_adapter
from millstream.model_format.manifest import Manifest
from millstream.model_format.signature import ModelSignature


class SaveOptions(TypedDict, total=False):
    """The options that `save_model` of every framework has.

    `mlflow_model` is the MLmodel to fill. Without `signature` the one of `input_example` and its
    prediction is recorded. Of `pip_requirements`, `extra_pip_requirements` and the parameter
    `conda_env` only one may be given. `extra_files` are further files to keep.
    """

    mlflow_model: Manifest | None
    signature: ModelSignature | None
    input_example: Any
    pip_requirements: Sequence[str] | str | None
    extra_pip_requirements: Sequence[str] | str | None
    metadata: dict[str, Any] | None
    extra_files: Sequence[str] | None


class LogOptions(TypedDict, total=False):
    """The options that `log_model` of every framework has: those of `save_model`, and where to.

    `name` is the logged model's; `params`, `tags` and `model_type` are recorded with it, `step`
    places it in its run, and `model_id` fills one that was created before.
    """

    signature: ModelSignature | None
    input_example: Any
    pip_requirements: Sequence[str] | str | None
    extra_pip_requirements: Sequence[str] | str | None
    metadata: dict[str, Any] | None
    extra_files: Sequence[str] | None
    registered_model_name: str | None
    await_registration_for: int
    name: str | None
    params: Mapping[str, Any] | None
    tags: Mapping[str, Any] | None
    model_type: str | None
    step: int
    model_id: str | None
    run_id: str | None
    prompts: list[str] | None
    resources: Any
    auth_policy: Any


def save(
    flavor: str,
    native: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None,
    code_paths: Sequence[str] | None,
    options: SaveOptions,
    **own: Any,
) -> None:
    """Write the object of a framework as a model directory; `own` goes to its adapter.

    `code_paths` are source files and folders to keep with the model and to import from when it is
    loaded. A `path` that holds something already raises `AlreadyExists`.
    """
    adapter = flavor_adapter(flavor)
    directory = create_directory(path)
    model = options.get("mlflow_model") or Model()
    code = copy_code(code_paths, directory)
    saved = adapter.save(native, directory, **own)
    model.add_flavor(flavor, **saved.flavor, code=code)
    if options.get("extra_files"):
        files = copy_extra_files(options.get("extra_files"), directory)
        model.flavors[flavor][EXTRA_FILES] = files
    if saved.pyfunc is not None:
        pyfunc.add_to_model(
            model,
            FLAVORS[flavor].loader_module,
            code=code,
            conda_env=CONDA,
            python_env=PYTHON_ENV,
            **saved.pyfunc,
        )
    describe(
        model, directory, options.get("input_example"), options.get("signature"), saved.predict
    )
    metadata = options.get("metadata")
    if metadata is not None:
        model.metadata = metadata
    wishes = Wishes(
        conda_env=conda_env,
        pip_requirements=options.get("pip_requirements"),
        extra_pip_requirements=options.get("extra_pip_requirements"),
    )
    finish(directory, model, model_environment(directory, model, saved.modules, wishes))


def log(
    flavor: ModuleType,
    artifact_path: str | None,
    conda_env: Mapping[str, Any] | str | None,
    code_paths: Sequence[str] | None,
    options: LogOptions,
    **own: Any,
) -> ModelInfo:
    """Log a model that `flavor.save_model` writes, as an output of the active run if there is one.

    `artifact_path` is an older name of the option `name`.
    """
    given = {**options, **own, "conda_env": conda_env, "code_paths": code_paths}
    return Model.log(artifact_path, flavor, **given)


def load(
    flavor: str, model_uri: str | os.PathLike[str], dst_path: str | None = None, **own: Any
) -> Any:
    """The framework's object at a URI or path, once its files are shown to be those saved."""
    directory = local_path(model_uri, dst_path)
    model = Manifest.verify(directory)
    keys = model.flavor(flavor)
    add_code_to_path(directory, keys)
    return flavor_adapter(flavor).load(directory, keys, SESSION.settings().allow_pickle, **own)
