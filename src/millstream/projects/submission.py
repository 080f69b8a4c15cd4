"""From a project and the values of its parameters to a run that a backend carries out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from millstream.client.active import PARENT
from millstream.client.artifacts import download_artifacts
from millstream.client.context import (
    GIT_BRANCH,
    GIT_COMMIT,
    GIT_URL,
    SOURCE_NAME,
    SOURCE_TYPE,
    USER,
    user_name,
)
from millstream.client.runs import RunMethods
from millstream.client.session import SESSION
from millstream.entities.runs import Param
from millstream.environments.specification import EnvManager
from millstream.projects import command, invocation, manifest, parameters, source
from millstream.projects.command import Command
from millstream.projects.container_options import ContainerOptions
from millstream.projects.launch.backend import Launch
from millstream.projects.parameters import Values
from millstream.projects.source import Source
from millstream.projects.submitted_run import SubmittedRun

ENTRY_POINT = "mlflow.project.entryPoint"
BACKEND = "mlflow.project.backend"
_PREFIXES = ("MLFLOW", "MILLSTREAM")


class Target(msgspec.Struct, frozen=True):
    """Where a run is carried out and kept.

    With `attached` what it prints goes to this process's own output.
    """

    backend: str
    launch: Callable[[Launch], SubmittedRun]
    experiment_id: str
    env_manager: EnvManager
    config: Mapping[str, Any]
    attached: bool
    container: ContainerOptions = ContainerOptions()


class Call(msgspec.Struct, frozen=True):
    """An entry point with values, of which nothing is known to be wrong."""

    values: Values
    command: Command


class EntryPointOfProject:
    """An entry point of a project whose files are here; they can be removed once."""

    def __init__(self, fetched: Source, entry_point: str) -> None:
        self.source = fetched
        self.project = manifest.read(fetched.folder)
        self.entry_point = self.project.entry_point(entry_point)

    def call(self, given: Mapping[str, Any]) -> Call:
        """Check values, and put them into the command; what is wrong raises."""
        known = self.entry_point.parameters
        values = parameters.settle(known, given, self._fetch, Path.cwd())
        named = self.entry_point.name
        filled = command.fill(self.entry_point.command, values.declared, values.extra, named)
        return Call(values, filled)

    def create_run(
        self,
        target: Target,
        name: str | None = None,
        parent: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Make a run that says where its code is from, below `parent` if one is given; its id."""
        found = self.source
        told = {
            USER: user_name(SESSION.settings()),
            SOURCE_TYPE: "PROJECT",
            SOURCE_NAME: found.name,
            ENTRY_POINT: self.entry_point.name,
            BACKEND: target.backend,
            GIT_COMMIT: found.commit,
            GIT_URL: found.repository,
            GIT_BRANCH: found.branch,
            PARENT: parent,
        }
        known = {key: value for key, value in told.items() if value}
        created = RunMethods().create_run(
            target.experiment_id, tags={**known, **(tags or {})}, run_name=name
        )
        return created.info.run_id

    def submit(
        self,
        call: Call,
        target: Target,
        run_id: str,
        finished: Callable[[], None] = lambda: None,
    ) -> SubmittedRun:
        """Have a call carried out; if that cannot be begun, the run is FAILED, and it raises.

        `finished` is called once it is over, or could not be begun.
        """
        client = RunMethods()
        try:
            logged = [Param(name, value) for name, value in call.values.logged.items()]
            client.log_batch(run_id, params=logged)
            folder = Path(self.project.folder)
            named = self.entry_point.name
            invocation.keep(run_id, named, call.values.logged, folder, target.container)
            job = Launch(
                project=self.project,
                command=call.command,
                run_id=run_id,
                variables=variables_of(run_id, target.experiment_id),
                env_manager=target.env_manager,
                config=target.config,
                attached=target.attached,
                finished=finished,
                paths=self.paths(call),
                container=target.container,
                commit=self.source.commit,
            )
            return target.launch(job)
        except BaseException:
            client.set_terminated(run_id, "FAILED")
            finished()
            raise

    def paths(self, call: Call) -> frozenset[str]:
        """Those of the values that name a file or folder of this machine."""
        known = self.entry_point.parameters
        return frozenset(call.values.declared[one.name] for one in known if one.type == "path")

    def remove(self) -> None:
        """Remove what was fetched."""
        self.source.remove()

    def _fetch(self, uri: str, index: int) -> str:
        """Fetch the file or folder of a parameter to where all that is fetched lies."""
        root = self.source.temporary
        if root is None:
            root = source.new_folder(None)
            self.source = msgspec.structs.replace(self.source, temporary=root)
        folder = root / f"param_{index}"
        folder.mkdir(parents=True, exist_ok=True)
        return download_artifacts(artifact_uri=uri, dst_path=str(folder))


def variables_of(run_id: str, experiment_id: str) -> dict[str, str]:
    """What lets the code log to the run, under either of the names that are read."""
    found = {
        "TRACKING_URI": SESSION.place,
        "RUN_ID": run_id,
        "EXPERIMENT_ID": experiment_id,
    }
    return {f"{prefix}_{name}": value for name, value in found.items() for prefix in _PREFIXES}
