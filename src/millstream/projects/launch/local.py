"""Projects as programs of this machine."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

from millstream import settings
from millstream.client.runs import RunMethods
from millstream.containers.program import Program
from millstream.entities.runs import RunStatusName
from millstream.environments.preparation import say, say_once
from millstream.environments.specification import EnvManager
from millstream.projects import environment
from millstream.projects.command import shell_of
from millstream.projects.launch.backend import Launch
from millstream.projects.launch.carried_run import CarriedRun
from millstream.projects.launch.containers import starting
from millstream.projects.launch.output import OutputFile, start

GRACE = 10.0
"""How long a cancelled run may take to end by itself, in s."""


def launch(job: Launch) -> CarriedRun:
    """Start the command in the project's environment; raises if that cannot be made."""
    is_boxed = job.project.environment.docker is not None
    if is_boxed and job.env_manager is not EnvManager.LOCAL:
        return CarriedRun(job, LocalWork(job, starting.program(job)))
    return CarriedRun(job, LocalWork(job, _program(job)))


def _program(job: Launch) -> Program:
    """The command as a text for a shell, with the interpreter of the project's environment."""
    tell = say if job.attached else say_once  # a sweep has many runs in one environment
    prepared = environment.prepare(job.project, job.env_manager, tell)
    if not prepared.is_present:
        RunMethods().set_tag(job.run_id, environment.TAG, prepared.manager.value)
        environment.keep_lock(job.run_id, prepared)
    variables = {
        **prepared.variables(settings.process_variables()),
        **job.variables,
        **job.command.variables,
    }
    words = [shell_of(variables), "-c", job.command.text]
    return Program(words, job.project.folder, variables)


class LocalWork:
    """A project's process on this machine, in a session of its own."""

    def __init__(self, job: Launch, program: Program) -> None:
        self._program = program
        self._output = None if job.attached else OutputFile(job.run_id)
        try:
            self._process = start(
                program.words, self._output, variables=program.variables, folder=program.folder
            )
        except BaseException:
            program.over()
            raise

    def status(self) -> RunStatusName:
        """It runs from the beginning."""
        return "RUNNING"

    def wait(self) -> RunStatusName:
        """Wait until the process is over."""
        try:
            return "FINISHED" if self._process.wait() == 0 else "FAILED"
        finally:
            self._program.over()

    def stop(self, over: threading.Event) -> None:
        """Ask the process and all it started to end, and after ten seconds end them."""
        self._signal(signal.SIGTERM)
        is_over = over.wait(GRACE)
        self._program.kill()  # what it had others do may go on without it
        if not is_over:
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def lines(self, over: threading.Event, *, follow: bool) -> Iterator[str]:
        """The lines it has printed, unless it prints to the terminal."""
        if self._output is None:
            return iter(())
        return self._output.lines(over, follow=follow)

    def _signal(self, number: int) -> None:
        """To the process and all that it started and left in its group."""
        if os.name == "nt":
            self._process.terminate()
            return
        with contextlib.suppress(ProcessLookupError):  # all of it is over
            os.killpg(self._process.pid, number)
