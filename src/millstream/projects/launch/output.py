"""What programs print: into a file, and from a file that may still be written as lines."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

LOOK = 0.2
"""How often a growing file is looked at, in s."""


class OutputFile:
    """A temporary file for what the command of a run prints; it goes when this does."""

    def __init__(self, run_id: str) -> None:
        descriptor, name = tempfile.mkstemp(prefix=f"millstream-{run_id}-", suffix=".log")
        os.close(descriptor)
        self.path = Path(name)
        weakref.finalize(self, self.path.unlink, missing_ok=True)

    def lines(self, over: threading.Event, *, follow: bool) -> Iterator[str]:
        """The lines in it, with `follow` until `over` is set."""
        yield from lines_of(self.path, over, follow=follow)


def start(
    command: Sequence[str],
    output: OutputFile | None,
    *,
    variables: Mapping[str, str],
    folder: str | None = None,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, which prints to the file or else where we do.

    So all that it starts can be ended with it, and what interrupts us does not end it.
    """
    with contextlib.ExitStack() as stack:
        file = None if output is None else stack.enter_context(output.path.open("wb"))
        return subprocess.Popen(  # noqa: S603  # a list of words
            command,
            cwd=folder,
            env=dict(variables),
            stdin=stdin,
            stdout=file,
            stderr=None if file is None else subprocess.STDOUT,
            start_new_session=True,
        )


def lines_of(path: Path, over: threading.Event, *, follow: bool) -> Iterator[str]:
    """The lines of a file without their ends, with `follow` until `over` is set.

    A line that is being written comes once it is whole. A file that is not there yet has none.
    """
    while not path.exists():
        if over.is_set() or not follow:
            return
        over.wait(LOOK)
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        yield from _lines(file, over, follow=follow)


def _lines(file: TextIO, over: threading.Event, *, follow: bool) -> Iterator[str]:
    begun = ""
    while True:
        ended = over.is_set()  # before reading, so that nothing comes after the last look
        for piece in file:
            begun += piece
            if begun.endswith("\n"):
                yield begun.rstrip("\r\n")
                begun = ""
        if ended or not follow:
            break
        over.wait(LOOK)
    if begun:
        yield begun
