"""Projects as batch jobs of Slurm, by its own programs.

The project's files lie in a folder that the nodes see as well, and the job is a script that carries
out what is in it. The states are those of `squeue` in its long form, and of `sacct` for jobs that
squeue has forgotten: https://slurm.schedmd.com/job_state_codes.html
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from millstream import settings
from millstream.client.runs import RunMethods
from millstream.entities.runs import RunStatusName
from millstream.environments import programs
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter, MillstreamError, NotFound, Unavailable
from millstream.projects import shipment
from millstream.projects.launch import far_side
from millstream.projects.launch.backend import Launch
from millstream.projects.launch.carried_run import CarriedRun
from millstream.projects.launch.far_side import FarSide
from millstream.projects.launch.output import lines_of
from millstream.projects.launch.polling import check_interval, poll

JOB_ID = "millstream.slurm.job_id"
"""The tag of a run that says which job it is."""

PLACE = "{command}"
"""Where a template of a job has the command."""

_SCRIPT = f"#!/bin/sh\nexec {PLACE}\n"
_LARGEST_SCRIPT = 1 << 20
_ANSWER = 60.0
_OPTION = re.compile(r"[a-z][a-z0-9-]*")
_OURS = {
    "array", "chdir", "clusters", "error", "export-file", "gid", "help", "input", "no-requeue",
    "open-mode", "output", "parsable", "quiet", "requeue", "test-only", "uid", "usage", "verbose",
    "version", "wait", "wrap",
}  # fmt: skip
_SCHEDULED = (
    "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD",
    "SPECIAL_EXIT", "POWER_UP_NODE",
)  # fmt: skip
_RUNNING = (
    "RUNNING", "COMPLETING", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED", "SUSPENDED",
    "EXPEDITING", "UPDATE_DB",
)  # fmt: skip
_FAILED = (
    "FAILED", "BOOT_FAIL", "DEADLINE", "LAUNCH_FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED",
    "RECONFIG_FAIL", "REVOKED", "TIMEOUT",
)  # fmt: skip
STATES: dict[str, RunStatusName] = {
    **dict.fromkeys(_SCHEDULED, "SCHEDULED"),
    **dict.fromkeys(_RUNNING, "RUNNING"),
    **dict.fromkeys(_FAILED, "FAILED"),
    "COMPLETED": "FINISHED",
    "CANCELLED": "KILLED",
}
"""What each state of a job is as the status of a run."""


class SlurmOptions(FarSide, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The configuration of the backend.

    `folder` is one that the nodes see as well, the current one unless given. `options` are long
    options of `sbatch` and their values, true for one that takes none. `job_template` is a script
    with one place `{command}`, instead of ours, which holds nothing else. The job is asked after
    every `poll_interval` seconds.
    """

    python: str = sys.executable
    folder: str | None = None
    job_template: str | None = None
    options: dict[str, str | int | float | bool] = {}
    poll_interval: float = 5.0

    def words(self) -> list[str]:
        """The options as words of a command; one that cannot be given raises."""
        return [word for name, value in self.options.items() for word in _option(name, value)]

    def script(self, command: str) -> str:
        """The script of the job."""
        if self.job_template is None:
            return _SCRIPT.replace(PLACE, command)
        path = Path(self.job_template).expanduser()
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidParameter(f"The job-template cannot be read: {error}") from error
        if len(text) > _LARGEST_SCRIPT or not text.startswith("#!") or text.count(PLACE) != 1:
            raise InvalidParameter(
                f"The job-template '{path}' has to be a script that begins with #!, of at most "
                f"{_LARGEST_SCRIPT} signs, and to have {PLACE} in it once; it has it "
                f"{text.count(PLACE)} times."
            )
        return text.replace(PLACE, command)


def _option(name: str, value: str | int | float | bool) -> list[str]:
    if not _OPTION.fullmatch(name) or name in _OURS:
        raise InvalidParameter(
            f"options has {name!r}, which is no long option of sbatch that can be given here; "
            f"without the dashes, as partition or cpus-per-task, and none of "
            f"{', '.join(sorted(_OURS))}."
        )
    if isinstance(value, bool):
        return [f"--{name}"] if value else []
    text = str(value)
    if not text.isprintable() or text.split() != [text]:
        raise InvalidParameter(f"options has {name} = {value!r}; it has to be one word.")
    return [f"--{name}={text}"]


def launch(job: Launch) -> CarriedRun:
    """Submit a project as a job; raises if that is refused."""
    options = far_side.options("slurm", job.config, SlurmOptions)
    check_interval(options.poll_interval)
    words = options.words()
    far_side.check_environment(job)
    variables = far_side.variables(job, options)
    root = Path(options.folder or ".").expanduser().absolute()
    if not root.is_dir():
        raise InvalidParameter(f"The folder for jobs, '{root}', is no folder.")
    folder = Path(tempfile.mkdtemp(prefix=f"millstream-{job.run_id}-", dir=root))
    output = root / f"millstream-{job.run_id}.out"
    try:
        far_side.pack(job, folder, temporary=True)
        shipment.put_variables(folder, variables)
        script = folder / shipment.JOB_FOLDER / "job.sh"
        script.write_text(options.script(options.arrival(str(folder))), "utf-8")
        told = ["--parsable", "--no-requeue", f"--job-name={_name(job)}", f"--chdir={folder}"]
        told += [f"--output={_literal(output)}", *words, str(script)]
        answer = said(["sbatch", *told], without=variables)
        job_id, cluster = _submitted(answer)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    say(f"=== It is job {job_id} of Slurm, and prints to {output} ===")
    RunMethods().set_tag(job.run_id, JOB_ID, job_id)
    work = SlurmWork(job_id, cluster, folder, output, options.poll_interval)
    return CarriedRun(job, work, echo=job.attached)


class SlurmWork:
    """A job of Slurm, the folder that it works in, and the file that it prints to, which stays."""

    def __init__(
        self, job_id: str, cluster: str | None, folder: Path, output: Path, every: float
    ) -> None:
        self._job_id = job_id
        self._where = [] if cluster is None else [f"--clusters={cluster}"]
        self._folder = folder
        self._output = output
        self._every = every
        self._status: RunStatusName = "SCHEDULED"
        self._state = ""

    def status(self) -> RunStatusName:
        """SCHEDULED while it waits in the queue."""
        return self._status

    def wait(self) -> RunStatusName:
        """Ask for its state until it is over."""
        outcome = poll(self._look, self._every, self._see)
        shutil.rmtree(self._folder, ignore_errors=True)
        if outcome != "FINISHED":
            say(f"Slurm says of job {self._job_id}: {self._state}")
        return outcome

    def stop(self, over: threading.Event) -> None:  # noqa: ARG002  # Slurm itself ends what does not end
        """Have Slurm end it, which gives it the time that Slurm is set up for."""
        said(["scancel", *self._where, self._job_id])

    def lines(self, over: threading.Event, *, follow: bool) -> Iterator[str]:
        """The lines of its output."""
        return lines_of(self._output, over, follow=follow)

    def _see(self, status: RunStatusName) -> None:
        self._status = status

    def _look(self) -> RunStatusName:
        self._state = state_of(self._job_id, self._where)
        status = STATES.get(self._state)
        if status is None:
            raise Unavailable(
                f"Slurm says that job {self._job_id} is {self._state!r}, which is none of the "
                f"states that are known: {', '.join(STATES)}."
            )
        return status


def state_of(job_id: str, where: Sequence[str] = ()) -> str:
    """The state of a job in Slurm's long form; raises `Unavailable` if nobody knows of it."""
    shown = ["--noheader", "--states=all", "--format=%T"]
    try:
        found = _words(said(["squeue", *where, *shown, f"--jobs={job_id}"]))
    except Unavailable as error:
        if "Invalid job id" not in error.message:
            raise
        found = []
    if not found:
        shown = ["--noheader", "--allocations", "--parsable2", "--format=State"]
        found = said(["sacct", *where, *shown, f"--jobs={job_id}"]).split()
    if not found:
        raise Unavailable(f"Neither squeue nor sacct knows of job {job_id}.")
    return found[0]


def _words(printed: str) -> list[str]:
    """The words that squeue prints, without the line that names the cluster if one was named."""
    words = printed.split()
    return words[2:] if words[:1] == ["CLUSTER:"] else words


def said(command: Sequence[str], *, without: Mapping[str, str] | None = None) -> str:
    """What one of Slurm's programs prints; raises `Unavailable` with its complaint if it fails.

    It does not inherit the variables that are named in `without`.
    """
    inherited = settings.process_variables()
    program = programs.find(command[0], path=inherited.get("PATH", os.defpath))
    if program is None:
        raise NotFound(f"The backend slurm needs Slurm's program {command[0]} on PATH.")
    variables = {name: value for name, value in inherited.items() if name not in (without or ())}
    try:
        done = subprocess.run(  # noqa: S603  # a list of words, no shell
            [str(program), *command[1:]],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{command[0]} has not answered within {_ANSWER:g} s.") from error
    if done.returncode:
        complaint = " ".join((done.stderr or done.stdout).split())
        raise Unavailable(f"{command[0]} failed with exit code {done.returncode}: {complaint}")
    return done.stdout


def _submitted(answer: str) -> tuple[str, str | None]:
    """The id of a job, and its cluster if Slurm has several: `1234` or `1234;name`."""
    job_id, _, cluster = answer.strip().partition(";")
    if not job_id.isdecimal():
        raise MillstreamError(f"sbatch answered {answer!r} and not with the id of a job.")
    return job_id, cluster or None


def _name(job: Launch) -> str:
    name = job.project.name or Path(job.project.folder).name
    return "millstream-" + re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:100]


def _literal(path: Path) -> str:
    """A path in which Slurm sees no patterns; after a backslash it looks for none anyway."""
    text = str(path)
    return text if "\\" in text else text.replace("%", "%%")
