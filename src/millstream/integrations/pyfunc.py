"""Models behind one interface, and models written in Python (`millstream.pyfunc`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from millstream.client.session import SESSION
from millstream.errors import InvalidParameter
from millstream.integrations.batches import ray_map, spark_udf
from millstream.integrations.flavor import LogOptions
from millstream.integrations.model_files import local_path
from millstream.integrations.models import Model, ModelInfo, declared
from millstream.integrations.option_names import known_options
from millstream.integrations.python_models import Parts, Source, copy, write_python_model
from millstream.integrations.requirements import Wishes, model_environment
from millstream.model_format import pyfunc as loading
from millstream.model_format.code_model import read_config
from millstream.model_format.description import describe
from millstream.model_format.directory import copy_code, create_directory, finish
from millstream.model_format.environment import (
    CONDA,
    PYTHON_ENV,
    REQUIREMENTS,
    default_conda_env,
    pin_all,
)
from millstream.model_format.local_code import local_modules
from millstream.model_format.manifest import Manifest
from millstream.model_format.pyfunc import PyFuncModel, add_to_model
from millstream.model_format.python_model import PythonModel, PythonModelContext
from millstream.model_format.signature import ModelSignature
from millstream.model_format.source_files import copy_modules

__all__ = [
    "CODE",
    "CONFIG_KEY_ARTIFACTS",
    "DATA",
    "ENV",
    "FLAVOR_NAME",
    "LOADER_MODULE",
    "MAIN",
    "PY_VERSION",
    "PyFuncModel",
    "PythonModel",
    "PythonModelContext",
    "add_to_model",
    "get_default_conda_env",
    "get_default_pip_requirements",
    "get_model_dependencies",
    "load_model",
    "load_pyfunc",
    "log_model",
    "ray_map",
    "save_model",
    "spark_udf",
]

FLAVOR_NAME = loading.FLAVOR
MAIN = LOADER_MODULE = "loader_module"
CODE = "code"
DATA = "data"
ENV = "env"
PY_VERSION = "python_version"
CONFIG_KEY_ARTIFACTS = "artifacts"

_PYTHON_MODEL_LOADER = "mlflow.pyfunc.model"


@known_options()
def save_model(
    path: str | os.PathLike[str],
    loader_module: str | None = None,
    data_path: str | None = None,
    code_paths: Sequence[str] | None = None,
    infer_code_paths: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    mlflow_model: Manifest | None = None,
    python_model: PythonModel | Callable[..., Any] | str | os.PathLike[str] | None = None,
    artifacts: Mapping[str, str] | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    metadata: dict[str, Any] | None = None,
    model_config: dict[str, Any] | str | os.PathLike[str] | None = None,
    streamable: bool | None = None,
    resources: Any = None,
    auth_policy: Any = None,
    uv_project_path: str | None = None,
    uv_groups: Sequence[str] | None = None,
    uv_extras: Sequence[str] | None = None,
) -> None:
    """Write a model as a directory: either a `python_model`, or data with a `loader_module`.

    `python_model` is an object, a function, or the path of a Python file that calls `set_model`;
    the file is kept as it is and run when the model is loaded, with `model_config`, a dictionary or
    the path of a YAML file. A type hint of its input is its signature. `artifacts` maps names to
    URIs or paths of files, which are copied into the model and whose local paths the model finds in
    its context. A `loader_module` defines `_load_pyfunc(path)`. With `infer_code_paths` the modules
    imported from the current folder go along. `uv_project_path` names a project of uv whose lock
    file says the requirements, with `uv_groups` and `uv_extras` of it.
    """
    if (python_model is None) == (loader_module is None):
        raise InvalidParameter(
            "a model is either a `python_model` or a `loader_module`; give one of them"
        )
    if infer_code_paths and code_paths:
        raise InvalidParameter("give either `code_paths` or `infer_code_paths`, not both")
    config = read_config(model_config)
    source = None if python_model is None else Source(python_model, config)
    directory = create_directory(path)
    model = Model() if mlflow_model is None else mlflow_model
    code = copy_code(code_paths, directory)
    if source is not None:
        parts = Parts(
            artifacts=artifacts,
            config=config,
            streamable=streamable,
            signature=signature,
            input_example=input_example,
        )
        loader, keys, modules = write_python_model(source, directory, model, parts)
    else:
        loader, modules = str(loader_module), set()
        keys = {"data": _copy_data(data_path, directory), "config": config}
        describe(model, directory, input_example, signature, None)
    if infer_code_paths:
        code = copy_modules(local_modules(), directory)
    add_to_model(model, loader, conda_env=CONDA, python_env=PYTHON_ENV, **keys)
    model.flavor(FLAVOR_NAME)["code"] = code
    model.metadata = metadata or model.metadata
    model.resources = declared(resources, "resources") or model.resources
    model.auth_policy = declared(auth_policy, "auth_policy") or model.auth_policy
    wishes = Wishes(
        conda_env=conda_env,
        pip_requirements=pip_requirements,
        extra_pip_requirements=extra_pip_requirements,
        uv_project_path=uv_project_path,
        uv_groups=uv_groups,
        uv_extras=uv_extras,
    )
    finish(directory, model, model_environment(directory, model, modules, wishes))


@known_options(LogOptions)
def log_model(
    artifact_path: str | None = None,
    loader_module: str | None = None,
    data_path: str | None = None,
    code_paths: Sequence[str] | None = None,
    infer_code_paths: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    python_model: PythonModel | Callable[..., Any] | str | os.PathLike[str] | None = None,
    artifacts: Mapping[str, str] | None = None,
    registered_model_name: str | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    metadata: dict[str, Any] | None = None,
    model_config: dict[str, Any] | str | os.PathLike[str] | None = None,
    streamable: bool | None = None,
    resources: Any = None,
    auth_policy: Any = None,
    uv_project_path: str | None = None,
    uv_groups: Sequence[str] | None = None,
    uv_extras: Sequence[str] | None = None,
    prompts: list[str] | None = None,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    return Model.log(
        artifact_path,
        sys.modules[__name__],
        registered_model_name=registered_model_name,
        await_registration_for=await_registration_for,
        metadata=metadata,
        resources=resources,
        auth_policy=auth_policy,
        prompts=prompts,
        name=name,
        model_type=model_type,
        params=params,
        tags=tags,
        step=step,
        model_id=model_id,
        loader_module=loader_module,
        data_path=data_path,
        code_paths=code_paths,
        infer_code_paths=infer_code_paths,
        conda_env=conda_env,
        python_model=python_model,
        artifacts=artifacts,
        signature=signature,
        input_example=input_example,
        pip_requirements=pip_requirements,
        extra_pip_requirements=extra_pip_requirements,
        model_config=model_config,
        streamable=streamable,
        uv_project_path=uv_project_path,
        uv_groups=uv_groups,
        uv_extras=uv_extras,
        **kwargs,
    )


def load_model(
    model_uri: str | os.PathLike[str],
    suppress_warnings: bool = False,  # noqa: ARG001 - MLflow's signature
    dst_path: str | None = None,
    model_config: Mapping[str, Any] | str | os.PathLike[str] | None = None,
) -> PyFuncModel:
    """The model at a URI or path, whatever made it, once its files are shown to be those saved.

    `model_config`, a dictionary or the path of a YAML file, overrides the one it was saved with.
    """
    directory = local_path(model_uri, dst_path)
    return loading.load(directory, SESSION.settings().allow_pickle, read_config(model_config))


def load_pyfunc(model_uri: str, suppress_warnings: bool = False) -> PyFuncModel:
    """An older name of `load_model`."""
    return load_model(model_uri, suppress_warnings)


def get_model_dependencies(model_uri: str, format: str = "pip") -> str:
    """The path of the file that says what the model needs: for `pip`, or for `conda`."""
    files = {"pip": REQUIREMENTS, "conda": CONDA}
    if format not in files:
        raise InvalidParameter(f"`format` must be one of {sorted(files)}, not {format!r}")
    path = local_path(model_uri) / files[format]
    if not path.is_file():
        raise InvalidParameter(f"the model at {model_uri!r} has no file {path.name!r}")
    return str(path)


def get_default_pip_requirements() -> list[str]:
    """What a model written in Python needs at least, at the version installed here."""
    return pin_all(["cloudpickle"])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env(["cloudpickle"])


def _copy_data(data_path: str | None, directory: Path) -> str | None:
    if data_path is None:
        return None
    source = Path(data_path)
    target = Path("data", source.name)
    copy(source, directory / target)
    return target.as_posix()
