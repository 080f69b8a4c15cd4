"""Small disks, and files that may not grow."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.faults.privileges import NotHere

_BLOCK = 4096


class SmallDisk(NamedTuple):
    """A file system of a few megabytes."""

    folder: Path

    def fill(self) -> None:
        """Leave no room on it."""
        with self._filling.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * _BLOCK)
            except OSError:  # it is full, which was the aim
                return

    def clear(self) -> None:
        """Make room again."""
        self._filling.unlink(missing_ok=True)

    @property
    def _filling(self) -> Path:
        return self.folder / "filling"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk for a `with` block; raises `NotHere` where none may be mounted."""
    folder.mkdir(parents=True)
    size = f"size={megabytes}m"
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        raise NotHere("small disks are mounted on Linux, by a privileged user")
    mount = ["mount", "-t", "tmpfs", "-o", size, "none", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        raise NotHere(f"a small disk cannot be mounted here: {done.stderr}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def keep_files_small(process_id: int) -> None:
    """Let no file that a process writes to grow beyond a few thousand bytes."""
    if sys.platform != "linux":
        raise NotHere("the limits of another process are set on Linux")
    _, hard = resource.prlimit(process_id, resource.RLIMIT_FSIZE)
    resource.prlimit(process_id, resource.RLIMIT_FSIZE, (_BLOCK, hard))
