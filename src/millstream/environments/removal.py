"""Environments that nobody has used for a while: which there are, and their removal."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from millstream.environments.locks import locked
from millstream.environments.preparation import COMPLETE

_NAME_LENGTH = 64  # hexadecimal digits: nothing else in the folder is an environment


class KeptEnvironment(msgspec.Struct, frozen=True):
    """An environment on disk. `last_used` is in ms since 1970, `size` in bytes."""

    folder: str
    last_used: int
    size: int


def unused(root: Path, before: int) -> list[KeptEnvironment]:
    """The environments below `root` last used before that time, in ms, the oldest first.

    Those in which a program runs now are in use, on Linux, where programs tell.
    """
    running = list(_running())
    found = []
    for folder in _folders(root):
        last_used = _last_used(folder)
        busy = any(program.startswith(f"{folder}{os.sep}") for program in running)
        if last_used is not None and last_used < before and not busy:
            found.append(KeptEnvironment(str(folder), last_used, _size(folder)))
    return sorted(found, key=lambda one: one.last_used)


def remove(environment: KeptEnvironment) -> bool:
    """Remove it, unless somebody has used it meanwhile; says whether it is gone.

    Waits for a process that makes it. What is half removed is of use to nobody: the file that
    says it is whole goes first.
    """
    folder = Path(environment.folder)
    with locked(folder.with_suffix(".lock"), lambda: None):
        if _last_used(folder) != environment.last_used:
            return False
        (folder / COMPLETE).unlink(missing_ok=True)
        shutil.rmtree(folder)
    return True


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    found = [path for path in root.iterdir() if len(path.name) == _NAME_LENGTH and path.is_dir()]
    return [path for path in found if set(path.name) <= set("0123456789abcdef")]


def _last_used(folder: Path) -> int | None:
    """When it was made or asked for, in ms; None if it is gone."""
    for path in (folder / COMPLETE, folder):
        with contextlib.suppress(FileNotFoundError):
            return path.stat().st_mtime_ns // 1_000_000
    return None


def _size(folder: Path) -> int:
    """What it takes on the disk, in bytes; files that it shares with others are counted as well."""
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def _running() -> Iterator[str]:
    """The paths of the programs that run on this machine, as they were called."""
    if sys.platform != "linux":
        return
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            yield os.fsdecode(path.read_bytes().partition(b"\0")[0])
