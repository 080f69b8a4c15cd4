"""What is told of processes: this one, one that has ended, and one that Linux describes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from millstream.machine import Machine

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
STAT = "12 (a (b) c) {} 1 12 12 0 -1 4194304 99 0 0 0 7 3 0 0 20 0 1 0 {} 1000 5\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One that a test describes: process 12, and a control group."""
    for name in ("proc", "cgroups"):
        (tmp_path / name).mkdir()
    return Machine(tmp_path / "proc", tmp_path / "cgroups")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_this_process_is_here() -> None:
    here = Machine()
    start = here.process_start(os.getpid())
    assert start is not None
    assert not here.is_gone(os.getpid(), start)
    assert here.is_gone(os.getpid(), start - 1)


def test_a_process_that_ended_is_gone_before_and_after_its_parent_notices() -> None:
    here = Machine()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = here.process_start(child.pid)
    assert start is not None
    assert not here.is_gone(child.pid, start)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert here.process_start(child.pid) is None
    assert here.is_gone(child.pid, start)
    child.communicate()
    assert here.is_gone(child.pid, start)


def test_the_boot_is_the_same_for_all_who_share_processes() -> None:
    code = "from millstream.machine import Machine; print(Machine().boot_id)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = Machine().boot_id
    assert other.stdout.strip() == found
    assert found is not None
    assert found.count(" ") == 2


def test_names_with_parentheses_do_not_confuse(machine: Machine, tmp_path: Path) -> None:
    write(tmp_path / "proc/12/stat", STAT.format("S", 4711))
    assert machine.process_start(12) == 4711
    assert not machine.is_gone(12, 4711)
    assert machine.is_gone(12, 4712)
    write(tmp_path / "proc/12/stat", STAT.format("Z", 4711))
    assert machine.process_start(12) is None
    assert machine.is_gone(12, 4711)


def test_what_is_hidden_is_not_gone(machine: Machine) -> None:
    assert not machine.is_gone(os.getpid(), 1)


def test_where_nothing_is_told_nothing_is_known(machine: Machine) -> None:
    assert machine.boot_id is None
    assert machine.memory_counter() is None
    assert machine.is_gone(1 << 40, 5)


@pytest.mark.parametrize(
    ("groups", "file", "counter"),
    [
        ("0::/jobs/a\n", "jobs/a/memory.events", "jobs/a/memory.events"),
        (
            "3:cpu:/\n2:memory:/b\n0::/\n",
            "memory/b/memory.oom_control",
            "memory/b/memory.oom_control",
        ),
        ("0::/outside\n", "memory.events", "memory.events"),
        ("0::/\n", "memory.events", "memory.events"),
    ],
)
def test_kills_for_memory_are_counted(
    machine: Machine, tmp_path: Path, groups: str, file: str, counter: str
) -> None:
    write(tmp_path / "proc/self/cgroup", groups)
    assert machine.memory_counter() is None
    write(tmp_path / "cgroups" / file, "low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
    assert machine.memory_counter() == counter
    assert machine.out_of_memory_kills(counter) == 2


@pytest.mark.parametrize(
    "counter",
    [
        "../secret/memory.events",
        "/etc/passwd",
        "jobs/other",
        "memory.events/../../x",
        "absent/memory.events",
        "",
    ],
)
def test_no_other_file_is_read(machine: Machine, tmp_path: Path, counter: str) -> None:
    for place in ("secret/memory.events", "cgroups/jobs/other", "x"):
        write(tmp_path / place, "oom_kill 9\n")
    assert machine.out_of_memory_kills(counter) is None


@pytest.mark.parametrize("content", ["", "oom_kill", "oom_kill many\n", "under_oom 0\n"])
def test_a_file_that_says_nothing_says_nothing(
    machine: Machine, tmp_path: Path, content: str
) -> None:
    write(tmp_path / "cgroups/memory.events", content)
    assert machine.out_of_memory_kills("memory.events") is None
