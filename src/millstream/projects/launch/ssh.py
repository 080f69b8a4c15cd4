"""Projects on another machine, by its `sshd`.

One connection carries it all: the shipment and the variables go in by standard input, what is
printed comes out, and the exit code is that of the command. As long as the input stays open the
run goes on; when it is closed, or the connection is lost, all that the command has started is
ended over there and its folder is removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, cast

import msgspec

from millstream import settings
from millstream.entities.runs import RunStatusName
from millstream.environments import programs
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter, NotFound
from millstream.projects.launch import far_side
from millstream.projects.launch.backend import Launch
from millstream.projects.launch.carried_run import CarriedRun
from millstream.projects.launch.far_side import FarSide
from millstream.projects.launch.output import OutputFile, start
from millstream.projects.source import new_folder

GRACE = 25.0
"""How long the far side may take to end a run, which gives the command ten seconds of it, in s."""

CONNECTION = 255
"""The exit code by which ssh says that there was no connection, or that it broke."""

_HOST = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9_\[:][A-Za-z0-9_.:\]-]*")


class SshOptions(FarSide, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The configuration of the backend: `host` is one that `ssh` knows, or `user@host`.

    `config_file` is read instead of the user's own file for ssh. What else is to be said of a host
    belongs there. The key has to be usable without a question.
    """

    host: str
    port: int | None = None
    identity_file: str | None = None
    config_file: str | None = None

    def command(self, program: str) -> list[str]:
        """The words that start the far side; only the last is read by a shell, that one's."""
        if not _HOST.fullmatch(self.host):
            raise InvalidParameter(
                f"host is {self.host!r}; it has to be the name or address of a host, or user@host."
            )
        if self.port is not None and not 0 < self.port < 1 << 16:
            raise InvalidParameter(f"port is {self.port}; it has to be from 1 to 65535.")
        words = [program, "-T", "-a", "-x", "-e", "none"]
        for name in ("BatchMode=yes", "ServerAliveInterval=15", "ServerAliveCountMax=8"):
            words += ["-o", name]
        if self.config_file is not None:
            words += ["-F", str(Path(self.config_file).expanduser().absolute())]
        if self.identity_file is not None:
            words += ["-i", str(Path(self.identity_file).expanduser().absolute())]
        if self.port is not None:
            words += ["-p", str(self.port)]
        return [*words, "--", self.host, f"exec {self.arrival('-')}"]


def launch(job: Launch) -> CarriedRun:
    """Send a project to a host and start it there; raises if that cannot be begun."""
    options = far_side.options("ssh", job.config, SshOptions)
    inherited = settings.process_variables()
    program = programs.find("ssh", path=inherited.get("PATH", os.defpath))
    if program is None:
        raise NotFound(
            "The backend ssh needs the program ssh of OpenSSH, and there is none on PATH."
        )
    command = options.command(str(program))
    far_side.check_environment(job)
    variables = far_side.variables(job, options)
    with tempfile.TemporaryFile() as archive:
        _archive(job, archive)
        work = SshWork(job, options.host, command, inherited)
        work.send(archive, variables)
    return CarriedRun(job, work)


def _archive(job: Launch, archive: IO[bytes]) -> None:
    folder = new_folder(None)
    try:
        far_side.pack(job, folder, temporary=True)
        with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as content:
            content.add(folder, arcname=".")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class SshWork:
    """A run on another host, and the connection that it lives by."""

    def __init__(
        self, job: Launch, host: str, command: list[str], inherited: Mapping[str, str]
    ) -> None:
        self._host = host
        self._output = None if job.attached else OutputFile(job.run_id)
        self._process = start(command, self._output, variables=inherited, stdin=subprocess.PIPE)

    def send(self, archive: IO[bytes], variables: Mapping[str, str]) -> None:
        """Send the shipment; that the other end does not take it shows in how it ends."""
        size = archive.seek(0, os.SEEK_END)
        archive.seek(0)
        header = msgspec.json.encode({"size": size, "variables": variables})
        try:
            self._input.write(header + b"\n")
            shutil.copyfileobj(archive, self._input, 1 << 20)
            self._input.flush()
        except BrokenPipeError:
            self._close()

    def status(self) -> RunStatusName:
        """It runs from the beginning."""
        return "RUNNING"

    def wait(self) -> RunStatusName:
        """Wait until the far side has ended."""
        code = self._process.wait()
        self._close()
        if code == CONNECTION:
            say(f"ssh ended with {code}: {self._host} was not reached, or the connection was lost.")
        return "FINISHED" if code == 0 else "FAILED"

    def stop(self, over: threading.Event) -> None:
        """Close the input, by which the far side ends all that the command has started."""
        self._close()
        if not over.wait(GRACE):
            self._process.kill()

    def lines(self, over: threading.Event, *, follow: bool) -> Iterator[str]:
        """The lines it has printed, unless it prints to the terminal."""
        if self._output is None:
            return iter(())
        return self._output.lines(over, follow=follow)

    @property
    def _input(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdin)  # since a pipe was asked for

    def _close(self) -> None:
        with contextlib.suppress(BrokenPipeError):  # the other end is gone before it is told
            self._input.close()
