"""What can be told of processes on this machine: who runs, and where memory ran out.

Linux tells all of it; elsewhere nothing is known, and nothing is claimed.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

_COUNTERS = ("memory.events", "memory.oom_control")
_NAMESPACES = ("pid", "cgroup")
_START_TIME = 19  # behind the name in parentheses, as proc(5) counts from there


class Machine:
    """This machine, as the two file systems show it in which Linux tells of itself."""

    def __init__(
        self, processes: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")
    ) -> None:
        self._processes = processes
        self._cgroups = cgroups

    @cached_property
    def boot_id(self) -> str | None:
        """What is the same for all who see the same processes by the same ids, and control groups.

        It changes with each boot and from container to container; None where that cannot be told.
        """
        try:
            boot = (self._processes / "sys/kernel/random/boot_id").read_text("ascii").strip()
            own = self._processes / "self/ns"
            spaces = [(own / name).readlink().name for name in _NAMESPACES]
        except OSError:
            return None
        return " ".join([boot, *spaces])

    def process_start(self, process_id: int) -> int | None:
        """When a process began, in clock ticks since the boot; None if it is not to be seen.

        One that has ended and waits for its parent to notice has ended.
        """
        try:
            content = (self._processes / str(process_id) / "stat").read_bytes()
        except OSError:
            return None
        fields = content.rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X", b"x") else int(fields[_START_TIME])

    def is_gone(self, process_id: int, process_start: int) -> bool:
        """Whether the process of this id that began then is certainly no more."""
        found = self.process_start(process_id)
        if found is not None:
            return found != process_start
        if (self._processes / str(process_id) / "stat").exists():
            return True  # it has ended, and its parent has not noticed
        try:
            os.kill(process_id, 0)  # asks, and sends nothing
        except (ProcessLookupError, OverflowError):
            return True
        except OSError:
            return False  # it is there, and hidden
        return False

    def memory_counter(self) -> str | None:
        """The file, below the folder of control groups, that counts kills of this process's group.

        None if there is none.
        """
        try:
            lines = (self._processes / "self/cgroup").read_text("utf-8").splitlines()
        except OSError:
            return None
        for line in lines:
            _, kinds, path = line.split(":", 2)
            if kinds in ("", "memory"):
                name = _COUNTERS[bool(kinds)]
                for place in (f"{kinds}{path}/{name}", f"{kinds}/{name}"):
                    if self.out_of_memory_kills(place.strip("/")) is not None:
                        return place.strip("/")
        return None

    def out_of_memory_kills(self, counter: str) -> int | None:
        """How many processes of a control group were killed because memory ran out.

        None if the file does not say so, or is none of the files that do.
        """
        path = Path(os.path.normpath(self._cgroups / counter))
        if path.name not in _COUNTERS or self._cgroups not in path.parents:
            return None
        try:
            words = path.read_text("ascii").split()
        except (OSError, UnicodeDecodeError):
            return None
        counts = dict(zip(words[::2], words[1::2], strict=False))
        found = counts.get("oom_kill", "")
        return int(found) if found.isdecimal() else None
