"""What a model needs to be installed: said by the caller, locked by uv, or seen in its files."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from millstream.client.session import SESSION
from millstream.errors import MillstreamError
from millstream.integrations.model_files import local_path
from millstream.model_format.digests import CODE
from millstream.model_format.environment import Environment, environment, pin_all, tabular_modules
from millstream.model_format.imports import modules_of_sources
from millstream.model_format.manifest import Manifest
from millstream.model_format.observation import modules_of_files, observed_modules
from millstream.model_format.uv_project import copy_project, find_project, locked_requirements

_logger = logging.getLogger("millstream.models")


class Wishes(msgspec.Struct, kw_only=True):
    """What the caller said of the requirements; at most one of the first three."""

    conda_env: Mapping[str, Any] | str | None = None
    pip_requirements: Sequence[str] | str | None = None
    extra_pip_requirements: Sequence[str] | str | None = None
    uv_project_path: str | Path | None = None
    uv_groups: Sequence[str] | None = None
    uv_extras: Sequence[str] | None = None


def model_environment(
    directory: Path, model: Manifest, modules: set[str], wishes: Wishes
) -> Environment:
    """The environment of a model whose files are written; nothing is loaded or run to know it.

    Without requirements of the caller's it is that of a uv project in the current folder (or the
    one named), else the given modules and those that its source files import, as installed here.
    """
    locked = None
    if wishes.conda_env is None and wishes.pip_requirements is None:
        locked = _locked(directory, wishes)
    needed = modules | tabular_modules(model) | modules_of_sources(_sources(directory))
    return environment(
        needed if locked is None else [],
        wishes.conda_env,
        wishes.pip_requirements if locked is None else None,
        wishes.extra_pip_requirements,
        locked,
    )


def _sources(directory: Path) -> list[Path]:
    return [*directory.glob("*.py"), *(directory / CODE).rglob("*.py")]


def _locked(directory: Path | None, wishes: Wishes) -> list[str] | None:
    settings = SESSION.settings()
    if wishes.uv_project_path is None and not settings.uv_auto_detect:
        return None
    project = find_project(wishes.uv_project_path)
    if project is None:
        return None
    locked = locked_requirements(project, wishes.uv_groups, wishes.uv_extras)
    if locked is not None and directory is not None and settings.log_uv_files:
        copy_project(project, directory)
    return locked


def infer_pip_requirements(
    model_uri: str,
    flavor: str | None,  # noqa: ARG001 - MLflow's signature
    fallback: Sequence[str] | None = None,
    timeout: float | None = None,
    extra_env_vars: Mapping[str, str] | None = None,
    uv_project_dir: str | Path | None = None,
    uv_groups: Sequence[str] | None = None,
    uv_extras: Sequence[str] | None = None,
) -> list[str]:
    """The packages that a saved model imports when it is loaded and predicts its example.

    It does so in a process of its own, which gets `timeout` seconds and `extra_env_vars`, and takes
    as long as loading takes. If that fails, the answer is `fallback`, with a warning, or without
    one the packages seen in the files. The lock of a uv project comes before all that.
    """
    wishes = Wishes(uv_project_path=uv_project_dir, uv_groups=uv_groups, uv_extras=uv_extras)
    locked = _locked(None, wishes)
    if locked is not None:
        return locked
    directory, settings = local_path(model_uri), SESSION.settings()
    seconds = settings.requirements_inference_timeout if timeout is None else timeout
    named = modules_of_files(directory) | modules_of_sources(_sources(directory))
    try:
        observed = observed_modules(directory, settings.allow_pickle, seconds, extra_env_vars)
    except MillstreamError as error:
        _logger.warning("The requirements of the model cannot be observed: %s", error)
        return list(fallback) if fallback is not None else pin_all(named)
    return pin_all(observed | named)
