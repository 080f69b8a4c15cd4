"""Running a project, and waiting for it unless the caller wants to go on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from millstream.client.active import active_run
from millstream.client.experiments import active_experiment_id
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.environments.preparation import say
from millstream.environments.specification import EnvManager
from millstream.errors import ExecutionException, InvalidParameter
from millstream.projects import source
from millstream.projects.container_options import container_options
from millstream.projects.launch.backend import LOCAL, launcher, plugin
from millstream.projects.manifest import MAIN
from millstream.projects.submission import EntryPointOfProject, Target
from millstream.projects.submitted_run import SubmittedRun


def run(
    uri: str | os.PathLike[str],
    entry_point: str = MAIN,
    version: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    docker_args: Mapping[str, Any] | None = None,
    experiment_name: str | None = None,
    experiment_id: str | None = None,
    backend: str = LOCAL,
    backend_config: Mapping[str, Any] | str | os.PathLike[str] | None = None,
    storage_dir: str | os.PathLike[str] | None = None,
    synchronous: bool = True,
    run_id: str | None = None,
    run_name: str | None = None,
    env_manager: str | None = None,
    build_image: bool = False,
    docker_auth: Mapping[str, Any] | None = None,
) -> SubmittedRun:
    """Run an entry point of a project, by default to its end.

    `uri` is a folder, a git repository or a zip file (see `millstream.projects.source`), `version`
    a commit, branch or tag of git. What is wrong with the project or its parameters raises
    `InvalidParameter` before there is a run. A run that fails raises `ExecutionException`, unless
    `synchronous` is false: then the caller goes on at once, and this interpreter waits for the run
    before it ends. `env_manager` is auto, local, uv, virtualenv or conda. Files that are fetched
    lie below `storage_dir` for as long as the run lasts. Of projects in containers, `docker_args`
    are further arguments for docker (true for one without a value), `build_image` puts the
    project's files into the image, and `docker_auth` (username, password, registry) signs in to a
    registry.
    """
    manager = env_manager_of(env_manager)
    container = container_options(docker_args, build_image, docker_auth)
    config = config_of(backend_config)
    given = {str(name): value for name, value in (parameters or {}).items()}
    chosen = experiment_of(experiment_name, experiment_id)
    launch = launcher(backend)
    if launch is None:
        extra = {
            "ENV_MANAGER": manager.value,
            "SYNCHRONOUS": synchronous,
            "DOCKER_ARGS": dict(container.arguments),
            "STORAGE_DIR": None if storage_dir is None else os.fspath(storage_dir),
            "build_image": build_image,
            "docker_auth": docker_auth,
        }
        place = SESSION.tracking_uri
        told = (os.fspath(uri), entry_point, given, version, {**config, **extra}, place, chosen)
        found: SubmittedRun = plugin(backend).run(*told)
        return _awaited(found) if synchronous else found
    fetched = fetch_entry_point(uri, entry_point, version, storage_dir)
    try:
        call = fetched.call(given)
        target = Target(backend, launch, chosen, manager, config, synchronous, container)
        parent = active_run()
        above = None if parent is None else parent.info.run_id
        run_id = run_id or fetched.create_run(target, run_name, above)
    except BaseException:
        fetched.remove()
        raise
    say(f"=== Running command '{call.command.shown}' in run with ID '{run_id}' ===")
    submitted = fetched.submit(call, target, run_id, fetched.remove)
    return _awaited(submitted) if synchronous else submitted


def fetch_entry_point(
    uri: str | os.PathLike[str],
    entry_point: str,
    version: str | None,
    storage_dir: str | os.PathLike[str] | None,
) -> EntryPointOfProject:
    """Fetch a project and find one of its entry points; nothing is left behind if there is none."""
    storage = None if storage_dir is None else Path(storage_dir).absolute()
    fetched = source.fetch(os.fspath(uri), version, storage)
    try:
        return EntryPointOfProject(fetched, entry_point)
    except BaseException:
        fetched.remove()
        raise


def env_manager_of(name: str | None) -> EnvManager:
    """Who makes environments; `auto` if nobody is named, and a name that is none raises."""
    try:
        return EnvManager(name or EnvManager.AUTO)
    except ValueError:
        known = ", ".join(manager.value for manager in EnvManager)
        raise InvalidParameter(f"The env_manager {name!r} is none of {known}.") from None


def experiment_of(name: str | None, experiment_id: str | None) -> str:
    """The id of the experiment that is meant, made by its name if it is absent."""
    if name is not None and experiment_id is not None:
        raise InvalidParameter(
            f"The experiment is given twice, as the name '{name}' and the id '{experiment_id}'."
        )
    if name is None:
        return experiment_id or active_experiment_id(SESSION.place)
    client = MillstreamClient()
    found = client.get_experiment_by_name(name)
    return found.experiment_id if found is not None else client.create_experiment(name)


def _awaited(submitted: SubmittedRun) -> SubmittedRun:
    if not submitted.wait():
        raise ExecutionException(f"Run (ID '{submitted.run_id}') failed")
    return submitted


def config_of(given: Mapping[str, Any] | str | os.PathLike[str] | None) -> dict[str, Any]:
    """What the caller says to the backend, as it is, or in a file of JSON; else it raises."""
    if given is None or isinstance(given, Mapping):
        return dict(given or {})
    path = Path(given)
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise InvalidParameter(f"The backend's configuration cannot be read: {error}") from error
    except msgspec.DecodeError as error:
        raise InvalidParameter(f"'{path}' is no object in JSON: {error}") from error
