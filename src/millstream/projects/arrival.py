"""`python -m millstream.projects.arrival PLACE`: carry out a run that was sent from elsewhere.

PLACE is a folder that holds a shipment, or `-`: then it comes by standard input, as one line of
JSON (the variables, and the number of bytes that follow) and a tar file. In that case the end of
the input, which comes when whoever sent it is gone, ends the run.

The project's environment is made here, the command runs in it, and the run is told what became of
it, whether or not somebody watches. What asks this process to end is passed on to all that the
command has started.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec
import psutil

from millstream import settings
from millstream.client.runs import RunMethods
from millstream.entities.runs import RunStatusName
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter, MillstreamError
from millstream.projects import environment, manifest, shipment
from millstream.projects.command import shell_of
from millstream.projects.launch.settling import settle
from millstream.projects.shipment import ShippedJob
from millstream.projects.source import new_folder

GRACE = 10.0
"""How long what is to end may take for it by itself, in s."""

LONGEST_HEADER = 1 << 20
_LOOK = 0.05
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Header(msgspec.Struct, frozen=True):
    """What comes before a shipment on standard input: its size in bytes, and the variables."""

    size: int
    variables: dict[str, str]


class AskedToEnd(BaseException):
    """Somebody wants this process to end; nothing but `main` catches it."""


def main(place: str) -> int:
    """Carry out what is in a place; the exit code of its command, or 1."""
    for number in _ENDING:
        signal.signal(number, _ask)
    folder: Path | None = None
    temporary = place == "-"
    try:
        folder = _received(sys.stdin.buffer) if temporary else Path(place).resolve()
        settings.adopt(shipment.take_variables(folder))
        job = shipment.unpack(folder)
        temporary = temporary or job.temporary
        if place == "-":
            threading.Thread(target=_end_with_input, daemon=True).start()
        return _carried_out(job, folder)
    except AskedToEnd:
        return 1
    except MillstreamError as error:
        say(error.message)
        return 1
    finally:
        if folder is not None and temporary:
            shutil.rmtree(folder, ignore_errors=True)


def _received(stream: BinaryIO) -> Path:
    """Take over the variables of a shipment, and lay its files into a folder of their own."""
    line = stream.readline(LONGEST_HEADER)
    try:
        header = msgspec.json.decode(line, type=Header)
    except msgspec.DecodeError as error:
        raise InvalidParameter(f"What came by standard input is no shipment: {error}") from error
    settings.adopt(header.variables)
    folder = new_folder(None)
    try:
        with tempfile.TemporaryFile() as archive:
            _copy(stream, archive, header.size)
            archive.seek(0)
            with tarfile.open(fileobj=archive) as content:
                content.extractall(folder, filter="data")
    except tarfile.TarError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise InvalidParameter(f"The shipment cannot be unpacked: {error}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _copy(stream: BinaryIO, target: BinaryIO, size: int) -> None:
    left = size
    while left:
        chunk = stream.read(min(left, 1 << 20))
        if not chunk:
            raise InvalidParameter(f"The shipment ended {left} bytes before its end.")
        target.write(chunk)
        left -= len(chunk)


def _end_with_input() -> None:
    """Wait for the end of standard input, below Python's own buffer, which others hold at exit."""
    while os.read(sys.stdin.fileno(), 1 << 16):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _carried_out(job: ShippedJob, folder: Path) -> int:
    outcome: RunStatusName = "FAILED"
    try:
        code = _run(job, folder)
        outcome = "FINISHED" if code == 0 else "FAILED"
    except AskedToEnd:
        outcome = "KILLED"
        raise
    finally:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)  # it is over, and only has to be told
        if outcome == "KILLED":
            _end_all()
        _tell(job.run_id, outcome)
    return code


def _run(job: ShippedJob, folder: Path) -> int:
    prepared = environment.prepare(manifest.read(folder), job.env_manager)
    if not prepared.is_present:
        RunMethods().set_tag(job.run_id, environment.TAG, prepared.manager.value)
        environment.keep_lock(job.run_id, prepared)
    # At level 0, bash would take itself for the first shell of a login by ssh, and read the user's
    # files once more, which may set another PATH.
    level = {"SHLVL": "1"}
    variables = prepared.variables(settings.process_variables()) | level | job.values
    process = subprocess.Popen(  # noqa: S603  # the command is the project's own
        [shell_of(variables), "-c", job.command],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
    )  # in this process's own group: whoever ends that ends the command as well
    return process.wait()


def _tell(run_id: str, outcome: RunStatusName) -> None:
    try:
        settle(run_id, outcome)
    except MillstreamError as error:
        say(f"What became of run {run_id} could not be noted: {error.message}")


def _end_all() -> None:
    """Ask all that the command has started to end, and after a while end it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + GRACE
        for process in _started():
            _signal(process, number)
        while _started() and time.monotonic() < until:
            time.sleep(_LOOK)


def _started() -> list[psutil.Process]:
    """All processes below this one, and those of its group whose parents are gone."""
    this = psutil.Process()
    above = {this.pid, *(process.pid for process in this.parents())}
    group = os.getpgrp()
    found = {process.pid: process for process in this.children(recursive=True)}
    for process in psutil.process_iter():
        if process.pid not in above and _group_of(process.pid) == group:
            found[process.pid] = process
    return [process for process in found.values() if _lives(process)]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return  # it has ended meanwhile


def _ask(*_: object) -> NoReturn:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)  # once is enough
    raise AskedToEnd


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python -m {__spec__.name} FOLDER, or - for standard input")
    sys.exit(main(sys.argv[1]))
