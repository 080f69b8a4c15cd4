"""What libraries with a flavor of their own take from `mlflow.utils` and `mlflow.models.utils`.

Their `save_model` prepares a directory, works out the environment, writes its own files, and saves
the manifest; these are the steps, in the forms in which such libraries call them.
"""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from millstream.errors import InvalidParameter
from millstream.model_format import environment as env
from millstream.model_format.directory import add_code_to_path, copy_code, create_directory
from millstream.model_format.example import save_example
from millstream.model_format.manifest import Manifest
from mlflow._compat.model_registry import (
    get_model_version_from_model_uri as get_model_version_from_model_uri,
)

_CONDA_ENV_FILE_NAME = env.CONDA
_CONSTRAINTS_FILE_NAME = env.CONSTRAINTS
_PYTHON_ENV_FILE_NAME = env.PYTHON_ENV
_REQUIREMENTS_FILE_NAME = env.REQUIREMENTS

_Requirements = Sequence[str] | str | None
_Processed = tuple[dict[str, Any], list[str], list[str]]


def _save_example(mlflow_model: Manifest, input_example: Any, path: str) -> None:
    """Write an example of the input beside the model, and say so in its manifest."""
    mlflow_model.saved_input_example_info = save_example(input_example, Path(path))


def _get_pinned_requirement(
    req_str: str, version: str | None = None, module: str | None = None
) -> str:
    """The requirement for the installed version of a package."""
    if version is not None:
        return f"{req_str}=={version}"
    return env.pinned(module or req_str) or req_str


def _mlflow_conda_env(
    path: str | None = None,
    additional_conda_deps: Sequence[str] | None = None,
    additional_pip_deps: Sequence[str] | None = None,
    additional_conda_channels: Sequence[str] | None = None,
    install_mlflow: bool = True,
) -> dict[str, Any] | None:
    """A conda environment with the given packages; written to `path` instead if that is given."""
    del install_mlflow
    conda, _, _ = _process_pip_requirements(additional_pip_deps)
    conda["channels"] += list(additional_conda_channels or [])
    conda["dependencies"][1:1] = list(additional_conda_deps or [])
    if path is None:
        return conda
    Path(path).write_text(yaml.safe_dump(conda, sort_keys=False))
    return None


def _validate_env_arguments(
    conda_env: object, pip_requirements: object, extra_pip_requirements: object
) -> None:
    """Raise if an environment is described in more than one way."""
    given = [x is not None for x in (conda_env, pip_requirements, extra_pip_requirements)]
    if sum(given) > 1:
        raise InvalidParameter(
            "Only one of `conda_env`, `pip_requirements`, and `extra_pip_requirements` can be "
            "specified"
        )


def _process_conda_env(conda_env: Mapping[str, Any] | str) -> _Processed:
    """The conda environment, its requirements and its constraints."""
    return _processed(env.environment([], conda_env))


def _process_pip_requirements(
    default_pip_requirements: _Requirements,
    pip_requirements: _Requirements = None,
    extra_pip_requirements: _Requirements = None,
) -> _Processed:
    """The same from lists or files of requirements; extra ones are added to the default ones."""
    if pip_requirements is None:
        wanted = env.environment([], pip_requirements=list(default_pip_requirements or []))
        extra = env.environment([], extra_pip_requirements=extra_pip_requirements or [])
        known = set(wanted.requirements)
        wanted.requirements += [line for line in extra.requirements if line not in known]
        wanted.constraints += extra.constraints
    else:
        wanted = env.environment([], pip_requirements=pip_requirements)
    return _processed(wanted)


def _processed(wanted: env.Environment) -> _Processed:
    return wanted.conda_yaml(), wanted.requirements, wanted.constraints


class _PythonEnv:
    """The Python version and the packages to build with, as in python_env.yaml."""

    def __init__(
        self,
        python: str | None = None,
        build_dependencies: Sequence[str] | None = None,
        dependencies: Sequence[str] | None = None,
    ) -> None:
        self.python = python or platform.python_version()
        self.build_dependencies = list(build_dependencies or [])
        self.dependencies = list(dependencies or [])

    @classmethod
    def current(cls) -> _PythonEnv:
        """That of this process."""
        return cls(**env.Environment([]).python_env())

    def to_dict(self) -> dict[str, Any]:
        """The keys of python_env.yaml."""
        return {
            "python": self.python,
            "build_dependencies": self.build_dependencies,
            "dependencies": self.dependencies,
        }

    def to_yaml(self, path: str) -> None:
        """Write python_env.yaml."""
        Path(path).write_text(yaml.safe_dump(self.to_dict(), sort_keys=False))


def write_to(filename: str, data: str) -> None:
    """Write a text file."""
    Path(filename).write_text(data, encoding="utf-8")


def _copy_file_or_tree(src: str, dst: str, dst_dir: str | None = None) -> str:
    """Copy a file or folder below `dst`, or below `dst/dst_dir`; answers with where, below dst."""
    below = Path(dst_dir or "", Path(src.rstrip("/")).name)
    target = Path(dst, below)
    target.parent.mkdir(parents=True, exist_ok=True)
    if Path(src).is_dir():
        shutil.copytree(src, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(src, target)
    return str(below)


class TempDir:
    """A folder that is removed at the end of the block; with `chdir` it is the current one."""

    def __init__(self, chdr: bool = False, remove_on_exit: bool = True) -> None:
        self._change = chdr
        self._remove = remove_on_exit
        self._before: Path | None = None
        self._path = ""

    def __enter__(self) -> TempDir:
        self._path = tempfile.mkdtemp()
        if self._change:
            self._before = Path.cwd()
            os.chdir(self._path)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            os.chdir(self._before)
        if self._remove:
            shutil.rmtree(self._path, ignore_errors=True)

    def path(self, *path: str) -> str:
        """A path in the folder."""
        return str(Path("." if self._change else self._path, *path))


def _validate_and_prepare_target_save_path(path: str) -> None:
    """Make the directory of a model; one that holds anything is refused."""
    create_directory(path)


def _validate_and_copy_code_paths(
    code_paths: Sequence[str] | None, path: str, default_subpath: str = "code"
) -> str | None:
    """Copy source files into the model; answers with their folder's name."""
    del default_subpath
    return copy_code(code_paths, Path(path))


def _add_code_from_conf_to_system_path(
    local_path: str, conf: dict[str, Any], code_key: str = "code"
) -> None:
    """Make the source files that came with a model importable."""
    add_code_to_path(Path(local_path), {"code": conf.get(code_key)})


def _get_flavor_configuration(model_path: str, flavor_name: str) -> dict[str, Any]:
    """How the library of that name loads the model in a directory."""
    return Manifest.read(Path(model_path)).flavor(flavor_name)


def _get_fully_qualified_class_name(obj: object) -> str:
    """Module and name of the object's class."""
    return f"{type(obj).__module__}.{type(obj).__name__}"


def _get_class_from_string(fully_qualified_class_name: str) -> type:
    """The class of that module and name."""
    module, _, name = fully_qualified_class_name.rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found
