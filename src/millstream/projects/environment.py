"""The environment that a project asks for, and an interpreter that has it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from millstream import settings
from millstream.client.away import warn
from millstream.client.tracking import MillstreamClient
from millstream.entities.artifacts import CAPTURED
from millstream.environments.environment_files import pip_lines, python_of, read_yaml
from millstream.environments.folder import environments_folder
from millstream.environments.preparation import Prepared, say
from millstream.environments.preparation import prepare as prepare_environment
from millstream.environments.requirements_lock import LOCK, requirements_lock
from millstream.environments.specification import EnvironmentSpec, EnvManager
from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.model_format.uv_project import locked_requirements
from millstream.projects.manifest import Project, inside

TAG = "mlflow.project.env"
"""The tag of a run that says who made its environment."""


def specification(project: Project) -> EnvironmentSpec:
    """What a project asks for; nothing if it says nothing.

    A project whose environment is a Docker image raises `NotSupported`.
    """
    folder, environment = Path(project.folder), project.environment
    if environment.kind == "docker_env":
        raise NotSupported(
            f"The project {project.name} runs in the image {environment.docker.image!r}, which the "  # type: ignore[union-attr]  # of this kind it has one
            "backends local and kubernetes do: use one of them, give the project a python_env, or "
            "run it in the present environment with --env-manager local."
        )
    if environment.locked is not None:
        return environment.locked
    if environment.kind == "system" or environment.file is None:
        return EnvironmentSpec()
    if environment.kind == "uv_project":
        return _of_pyproject(folder)
    content = read_yaml(inside(folder, environment.file))
    found = _of_conda(content) if environment.kind == "conda_env" else _of_python_env(content)
    return EnvironmentSpec(**found, folder=str(folder))


def prepare(project: Project, manager: EnvManager, tell: Callable[[str], None] = say) -> Prepared:
    """An interpreter that has what a project asks for, made if need be; tells which."""
    takes_any = manager is EnvManager.LOCAL  # the present one, whatever the project asks for
    wanted = EnvironmentSpec() if takes_any else specification(project)
    if manager is EnvManager.CONDA and project.environment.kind == "python_env":
        raise InvalidParameter(
            f"The project in '{project.folder}' has a python_env, which --env-manager conda cannot "
            "make: use --env-manager uv or virtualenv."
        )
    known = settings.load()
    return prepare_environment(
        wanted,
        manager,
        root=environments_folder(),
        variables=settings.process_variables(),
        allow_code=True,  # a project is code that is about to be run
        creation=not known.disable_env_creation,
        tell=tell,
    )


def keep_lock(run_id: str, prepared: Prepared) -> None:
    """Keep with a run what its environment holds, if that was made for it; say if that fails."""
    try:
        lock = requirements_lock(prepared, settings.process_variables(), say)
    except MillstreamError as error:
        warn(f"what the environment of run {run_id} holds could not be kept: {error.message}")
        return
    if lock is not None:
        MillstreamClient().log_text(run_id, lock, f"{CAPTURED}/{LOCK}")


def _of_python_env(content: Mapping[str, Any]) -> dict[str, Any]:
    lines = [*(content.get("build_dependencies") or []), *(content.get("dependencies") or [])]
    python = content.get("python")
    return {
        "requirements": tuple(str(line) for line in lines),
        "python": None if python is None else str(python),
    }


def _of_conda(content: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "requirements": tuple(pip_lines(content)),
        "python": python_of(content),
        "conda": dict(content),
    }


def _of_pyproject(folder: Path) -> EnvironmentSpec:
    """The dependencies of a Python package, at the versions of uv's lock file if it has one."""
    path = folder / "pyproject.toml"
    table = tomllib.loads(path.read_text("utf-8")).get("project")
    if not isinstance(table, dict):
        raise InvalidParameter(f"'{path}' has no table [project], which says the dependencies.")
    lines = [str(line) for line in table.get("dependencies") or []]
    has_lock = (folder / "uv.lock").is_file()
    locked = locked_requirements(folder) if has_lock else None
    python = table.get("requires-python")
    return EnvironmentSpec(
        requirements=tuple(lines if locked is None else locked),
        python=None if python is None else str(python),
        folder=str(folder),
    )
