"""What a backend has to know to carry out a project, and how it is found by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

import msgspec

from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter
from millstream.projects.command import Command
from millstream.projects.container_options import ContainerOptions
from millstream.projects.manifest import Project
from millstream.projects.submitted_run import SubmittedRun

LOCAL = "local"
PLUGINS = "mlflow.project_backend"
_BACKENDS = {
    LOCAL: "local",
    "kubernetes": "kubernetes.submitting",
    "ray": "ray",
    "slurm": "slurm",
    "ssh": "ssh",
}


class Launch(msgspec.Struct, frozen=True):
    """A run that is about to be carried out.

    `variables` are those of the run for the command's environment, beside the command's own.
    `config` is what the caller says to the backend. With `attached` what is printed goes to the
    caller's terminal. `commit` is that of git, if the project is from there. `finished` is called
    once it is over, or could not be begun. `paths` are those of the command's values that name a
    file or folder of this machine.
    """

    project: Project
    command: Command
    run_id: str
    variables: Mapping[str, str]
    env_manager: EnvManager
    config: Mapping[str, Any]
    attached: bool
    finished: Callable[[], None]
    paths: frozenset[str] = frozenset()
    container: ContainerOptions = ContainerOptions()
    commit: str | None = None


def launcher(backend: str) -> Callable[[Launch], SubmittedRun] | None:
    """What carries out projects under a name of ours; None if it is not one of them."""
    module = _BACKENDS.get(backend)
    if module is None:
        return None
    found = import_module(f"millstream.projects.launch.{module}").launch
    return cast("Callable[[Launch], SubmittedRun]", found)


def plugin(backend: str) -> Any:
    """The backend of another package; its class, made. An unknown name raises."""
    found = {entry.name: entry for entry in entry_points(group=PLUGINS)}
    if backend not in found:
        known = sorted({*_BACKENDS, *found})
        raise InvalidParameter(
            f"Got unsupported execution mode {backend}. Supported values: {known}"
        )
    return found[backend].load()()
