"""Other programs: where they are, and running them with what they print passed on."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from millstream.environments.requirements import redacted
from millstream.errors import MillstreamError

_TAIL = 12


def find(*names: str, path: str) -> Path | None:
    """The first of these programs on a search path, or else beside the running Python."""
    beside = [str(Path(sys.executable).parent), sysconfig.get_path("scripts")]
    for name in names:
        found = shutil.which(name, path=os.pathsep.join([path, *beside]))
        if found:
            return Path(found)
    return None


def run(
    command: Sequence[str | Path],
    *,
    variables: Mapping[str, str],
    folder: Path,
    show: Callable[[str], None],
    keep_open: int | None = None,
) -> None:
    """Run a program in a folder, its output shown line by line without passwords.

    The file `keep_open`, a lock, is held by the program as well: should this process be killed,
    the lock stays until the program has ended too. Failure raises `MillstreamError` with the last
    lines of output.
    """
    tail: deque[str] = deque(maxlen=_TAIL)
    with subprocess.Popen(  # noqa: S603 a list of words, no shell
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        cwd=folder,
        env=dict(variables),
        pass_fds=() if keep_open is None or os.name == "nt" else (keep_open,),
    ) as process:
        try:
            for line in process.stdout or ():
                text = redacted(line.rstrip())
                if text:
                    tail.append(text)
                    show(text)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        called = f"{Path(command[0]).name} {' '.join(map(str, command[1:3]))}"
        raise MillstreamError(
            f"`{called}` failed with exit code {process.returncode}: {_complaint(list(tail))}"
        )


def become(command: Sequence[str], variables: Mapping[str, str]) -> NoReturn:
    """Run a program in place of this one: it keeps the process id, and signals reach it."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # there, the caller would not wait for the new process
        sys.exit(attend(command, variables))
    os.execve(command[0], list(command), dict(variables))  # noqa: S606 a list of words, no shell


def handed(text: bytes) -> str:
    """A name under which the next program can read the text; others cannot, and see only the name.

    It is for what does not belong on a command line, which all users of a machine can read.
    """
    with tempfile.TemporaryFile() as file:
        file.write(text)
        file.seek(0)
        number = os.dup(file.fileno())
    os.set_inheritable(number, True)
    return f"/dev/fd/{number}"


def attend(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a program to its end, and give its exit code; what asks to end is passed on to it."""
    asked: deque[int] = deque()
    before = {
        number: signal.signal(number, lambda number, _: asked.append(number)) for number in _ENDING
    }
    try:
        with subprocess.Popen(  # noqa: S603 a list of words, no shell
            list(command), env=dict(variables), close_fds=False
        ) as process:
            while True:
                # A signal that comes just before a wait without end would be noticed only after it.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(_LOOK)
                while asked:
                    number = asked.popleft()
                    if number != signal.SIGINT:  # the terminal tells both about Ctrl-C
                        process.send_signal(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_ENDING = (signal.SIGTERM, signal.SIGINT)
_LOOK = 0.1  # seconds


def _complaint(lines: list[str]) -> str:
    """The lines from the first that begins with "error" on, or all."""
    start = next((at for at, line in enumerate(lines) if _ERROR.match(line)), 0)
    return " ".join(" ".join(lines[start:]).split())


_ERROR = re.compile(r"\s*(error|fatal)\b", re.IGNORECASE)
