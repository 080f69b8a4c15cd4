"""Projects as jobs of a Ray cluster, by the client that Ray has for jobs.

The project's folder becomes the working directory of the job, so that tasks on all nodes can import
its modules. The variables travel as those of the job's runtime environment.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from millstream import address, settings
from millstream.client import extras
from millstream.client.runs import RunMethods
from millstream.entities.runs import RunStatusName
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter, Unavailable
from millstream.masking import shown
from millstream.projects.launch import far_side
from millstream.projects.launch.backend import Launch
from millstream.projects.launch.carried_run import CarriedRun
from millstream.projects.launch.far_side import FarSide
from millstream.projects.launch.polling import check_interval, poll
from millstream.projects.source import new_folder

SUBMISSION_ID = "millstream.ray.submission_id"
"""The tag of a run that says which job it is."""

STATES: dict[str, RunStatusName] = {
    "PENDING": "SCHEDULED",
    "RUNNING": "RUNNING",
    "STOPPED": "KILLED",
    "SUCCEEDED": "FINISHED",
    "FAILED": "FAILED",
}
"""What each status of a job is as the status of a run."""

_OURS = ("working_dir", "env_vars")
_FIRST = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")


class RayOptions(FarSide, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The configuration of the backend.

    `address` is that of the cluster's dashboard, as http://head:8265; `headers` go with every
    request to it, and `verify` is false or the file of certificates by which it is checked. The
    entry point itself takes as much of a node as `entrypoint_…` says, nothing unless given;
    `runtime_env` is what Ray has to prepare besides. The job is asked after every `poll_interval`
    seconds.
    """

    address: str
    python: str = "python"
    headers: dict[str, str] = {}
    verify: bool | str = True
    runtime_env: dict[str, Any] = {}
    entrypoint_num_cpus: float | None = None
    entrypoint_num_gpus: float | None = None
    entrypoint_memory: int | None = None
    entrypoint_resources: dict[str, float] | None = None
    poll_interval: float = 2.0

    def check(self) -> None:
        """Raise for what cannot be meant, and for an address that Ray would not go to."""
        check_interval(self.poll_interval)
        address.parse(self.address)
        for name in _FIRST:
            instead = settings.process_variables().get(name)
            if instead and instead != self.address:
                raise InvalidParameter(
                    f"{name} is '{shown(instead)}', which Ray obeys instead of the address "
                    f"'{shown(self.address)}' of the configuration: unset it."
                )
        taken = [name for name in _OURS if name in self.runtime_env]
        if taken:
            raise InvalidParameter(
                f"runtime-env has {taken[0]}, which is the project's here; name further variables "
                "in variables."
            )

    def resources(self) -> dict[str, Any]:
        """What of a node the entry point takes, as Ray's client calls it."""
        found = {
            "entrypoint_num_cpus": self.entrypoint_num_cpus,
            "entrypoint_num_gpus": self.entrypoint_num_gpus,
            "entrypoint_memory": self.entrypoint_memory,
            "entrypoint_resources": self.entrypoint_resources,
        }
        return {name: value for name, value in found.items() if value is not None}


def launch(job: Launch) -> CarriedRun:
    """Submit a project as a job; raises if the cluster does not take it."""
    options = far_side.options("ray", job.config, RayOptions)
    options.check()
    far_side.check_environment(job)
    variables = far_side.variables(job, options)
    with _translated(options.address):
        client = extras.load("ray.job_submission", "The backend ray").JobSubmissionClient(
            options.address, headers=options.headers or None, verify=options.verify
        )
    job_id = f"millstream-{job.run_id}-{secrets.token_hex(4)}"
    folder = new_folder(None)
    try:
        (folder / "job").mkdir()
        far_side.pack(job, folder / "job", temporary=False)
        # As an archive, since of a folder Ray would leave out what .gitignore names.
        archive = shutil.make_archive(str(folder / "job"), "zip", folder / "job")
        with _translated(options.address):
            client.submit_job(
                submission_id=job_id,
                entrypoint=options.arrival("."),
                runtime_env={
                    **options.runtime_env,
                    "working_dir": archive,
                    "env_vars": variables,
                },
                metadata={"run_id": job.run_id, "project": job.project.name or ""},
                **options.resources(),
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"=== It is job {job_id} of Ray ===")
    RunMethods().set_tag(job.run_id, SUBMISSION_ID, job_id)
    work = RayWork(client, options.address, job_id, options.poll_interval)
    return CarriedRun(job, work, echo=job.attached)


class RayWork:
    """A job of a Ray cluster."""

    def __init__(self, client: Any, cluster: str, job_id: str, every: float) -> None:
        self._client = client
        self._cluster = cluster
        self._job_id = job_id
        self._every = every
        self._status: RunStatusName = "SCHEDULED"
        self._message = ""
        self._is_stopped = False

    def status(self) -> RunStatusName:
        """SCHEDULED until Ray has a place for it."""
        return self._status

    def wait(self) -> RunStatusName:
        """Ask for its status until it is over."""
        outcome = poll(self._look, self._every, self._see)
        if outcome != "FINISHED":
            say(f"Ray says of job {self._job_id}: {self._message}")
        return outcome

    def stop(self, over: threading.Event) -> None:  # noqa: ARG002  # Ray itself ends what does not end
        """Have Ray end it, which gives it the time that Ray is set up for, 3 s by default."""
        with _translated(self._cluster):
            self._client.stop_job(self._job_id)
        self._is_stopped = True

    def lines(self, over: threading.Event, *, follow: bool) -> Iterator[str]:  # noqa: ARG002  # Ray says when there is no more
        """The lines that the cluster has kept, or that come until the job is over."""
        if follow:
            return self._followed()
        with _translated(self._cluster):
            return iter(self._client.get_job_logs(self._job_id).splitlines())

    def _see(self, status: RunStatusName) -> None:
        self._status = status

    def _look(self) -> RunStatusName:
        with _translated(self._cluster):
            found = self._client.get_job_info(self._job_id)
        self._message = found.message or found.status.value
        status = STATES[found.status.value]
        # Ray stops a job that waits for its place once it has one, which may take long.
        return "KILLED" if self._is_stopped and status == "SCHEDULED" else status

    def _followed(self) -> Iterator[str]:
        begun = ""
        with _translated(self._cluster):
            for chunk in self._chunks():
                *lines, begun = (begun + chunk).split("\n")
                yield from lines
        if begun:
            yield begun

    def _chunks(self) -> Iterator[str]:
        """What Ray's client gives asynchronously, one after the other."""
        loop = asyncio.new_event_loop()
        chunks = self._client.tail_job_logs(self._job_id)
        try:
            while True:
                chunk = loop.run_until_complete(anext(chunks, None))
                if chunk is None:
                    return
                yield chunk
        finally:
            loop.run_until_complete(chunks.aclose())
            loop.close()


@contextmanager
def _translated(cluster: str) -> Iterator[None]:
    """What Ray's client complains of as `Unavailable`."""
    raised = (
        extras.load("ray.exceptions", "The backend ray").RayError,
        extras.load("aiohttp", "The backend ray").ClientError,
        RuntimeError,
        ValueError,
        OSError,
    )
    try:
        yield
    except raised as error:
        raise Unavailable(f"The Ray cluster at {shown(cluster)} says: {error}") from error
