"""The files that are kept of a run as it starts. Loaded by the thread that saves them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from millstream.capture import machine, packages, source
from millstream.capture.choice import Part


def contents(
    parts: frozenset[Part],
    script: Path | None,
    folder: Path,
    failed: Callable[[str, Exception], None],
) -> Iterator[tuple[str, bytes]]:
    """Each file's path and content; what cannot be had is told to `failed`."""
    if "machine" in parts:
        yield machine.FILE, _machine()
    if "packages" in parts:
        yield packages.FILE, _packages()
    if "git" in parts:
        try:
            yield from source.captured(script, folder)
        except OSError as error:
            failed("the state of the source", error)


@functools.cache
def _packages() -> bytes:
    """The same for all runs of a process."""
    return packages.requirements()


@functools.cache
def _machine() -> bytes:
    return machine.machine()
