"""Models behind one interface, and models written in Python (`millstream.pyfunc`)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from millstream.client.session import SESSION
from millstream.errors import InvalidParameter, NotSupported
from millstream.integrations.model_files import local_path
from millstream.integrations.models import Model, ModelInfo
from millstream.model_format import pyfunc as loading
from millstream.model_format.adapters import adapter
from millstream.model_format.description import describe
from millstream.model_format.directory import copy_code, create_directory, finish
from millstream.model_format.environment import (
    CONDA,
    PYTHON_ENV,
    REQUIREMENTS,
    default_conda_env,
    environment,
    pin_all,
)
from millstream.model_format.imports import imported_modules
from millstream.model_format.manifest import Manifest
from millstream.model_format.pyfunc import PyFuncModel, add_to_model
from millstream.model_format.python_model import (
    PythonModel,
    PythonModelContext,
    PythonModelRunner,
)
from millstream.model_format.signature import ModelSignature

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
    "log_model",
    "save_model",
]

FLAVOR_NAME = loading.FLAVOR
MAIN = LOADER_MODULE = "loader_module"
CODE = "code"
DATA = "data"
ENV = "env"
PY_VERSION = "python_version"
CONFIG_KEY_ARTIFACTS = "artifacts"

_PYTHON_MODEL_LOADER = "mlflow.pyfunc.model"


def save_model(
    path: str | os.PathLike[str],
    loader_module: str | None = None,
    data_path: str | None = None,
    code_paths: Sequence[str] | None = None,
    infer_code_paths: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    mlflow_model: Manifest | None = None,
    python_model: PythonModel | Callable[..., Any] | None = None,
    artifacts: Mapping[str, str] | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    metadata: dict[str, Any] | None = None,
    model_config: dict[str, Any] | None = None,
    streamable: bool | None = None,
    resources: Any = None,
    auth_policy: Any = None,
    **kwargs: Any,
) -> None:
    """Write a model as a directory: either a `python_model`, or data with a `loader_module`.

    `artifacts` maps names to URIs or paths of files, which are copied into the model and whose
    local paths the model finds in its context. A `loader_module` defines `_load_pyfunc(path)`.
    """
    _refuse(infer_code_paths=infer_code_paths, **kwargs)
    if (python_model is None) == (loader_module is None):
        raise InvalidParameter(
            "a model is either a `python_model` or a `loader_module`; give one of them"
        )
    if isinstance(python_model, (str, os.PathLike)):
        raise NotSupported(
            f"a model from the code in {os.fspath(python_model)!r} is not supported yet; give the "
            "model itself as `python_model`"
        )
    directory = create_directory(path)
    model = Model() if mlflow_model is None else mlflow_model
    keys: dict[str, Any] = {"code": copy_code(code_paths, directory)}
    needs: set[str] = set()
    predict = None
    if python_model is not None:
        keys |= adapter("pyfunc").save_python_model(python_model, directory)
        keys |= {"streamable": bool(streamable), "config": model_config}
        keys |= _copy_artifacts(artifacts, directory)
        needs = {"cloudpickle", *imported_modules(directory / keys["python_model"])}
        if input_example is not None:
            predict = _runner(python_model, keys, directory).predict
    else:
        keys["data"] = _copy_data(data_path, directory)
    describe(model, directory, input_example, signature, predict)
    loader = _PYTHON_MODEL_LOADER if loader_module is None else loader_module
    add_to_model(model, loader, conda_env=CONDA, python_env=PYTHON_ENV, **keys)
    model.metadata = metadata or model.metadata
    model.resources = resources or model.resources
    model.auth_policy = auth_policy or model.auth_policy
    wanted = environment(needs, conda_env, pip_requirements, extra_pip_requirements)
    finish(directory, model, wanted)


def log_model(
    artifact_path: str | None = None,
    loader_module: str | None = None,
    data_path: str | None = None,
    code_paths: Sequence[str] | None = None,
    infer_code_paths: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    python_model: PythonModel | Callable[..., Any] | None = None,
    artifacts: Mapping[str, str] | None = None,
    registered_model_name: str | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    metadata: dict[str, Any] | None = None,
    model_config: dict[str, Any] | None = None,
    streamable: bool | None = None,
    resources: Any = None,
    auth_policy: Any = None,
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
        **kwargs,
    )


def load_model(
    model_uri: str | os.PathLike[str],
    suppress_warnings: bool = False,  # noqa: ARG001 - MLflow's signature
    dst_path: str | None = None,
    model_config: Mapping[str, Any] | None = None,
) -> PyFuncModel:
    """The model at a URI or path, whatever made it, once its files are shown to be those saved."""
    directory = local_path(model_uri, dst_path)
    return loading.load(directory, SESSION.settings().allow_pickle, model_config)


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


def _refuse(**options: Any) -> None:
    given = sorted(name for name, value in options.items() if value)
    if given:
        raise NotSupported(f"these options of a model are not supported yet: {given}")


def _runner(
    python_model: PythonModel | Callable[..., Any], keys: Mapping[str, Any], directory: Path
) -> PythonModelRunner:
    paths = {name: str(directory / entry["path"]) for name, entry in _entries(keys).items()}
    model = adapter("pyfunc").as_model(python_model)
    return PythonModelRunner(model, PythonModelContext(paths, keys["config"]))


def _entries(keys: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = keys.get("artifacts") or {}
    return entries


def _copy_artifacts(artifacts: Mapping[str, str] | None, directory: Path) -> dict[str, Any]:
    """Copy files and folders into the model; answers with the key that says where they are."""
    if not artifacts:
        return {}
    entries: dict[str, dict[str, str]] = {}
    for name, uri in artifacts.items():
        source = local_path(uri)
        target = Path("artifacts", source.name)
        if str(target) in [entry["path"] for entry in entries.values()]:
            target = Path("artifacts", name, source.name)
        _copy(source, directory / target)
        entries[name] = {"path": target.as_posix(), "uri": str(uri)}
    return {"artifacts": entries}


def _copy_data(data_path: str | None, directory: Path) -> str | None:
    if data_path is None:
        return None
    source = Path(data_path)
    target = Path("data", source.name)
    _copy(source, directory / target)
    return target.as_posix()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.is_file():
        shutil.copy2(source, target)
    else:
        raise InvalidParameter(f"{str(source)!r} is to be saved with the model and does not exist")
