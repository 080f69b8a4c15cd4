"""Scripts see the console that they would have, and all that they write is heard."""

from __future__ import annotations

import ast
import os
import pty
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("terminal_script.py")


def in_pipes(what: str, target: Path, *, merged: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), what, str(target)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.PIPE,
        text=True,
        errors="replace",
        timeout=60,
        env={**os.environ, "MARK": uuid.uuid4().hex},
        check=False,
    )


def in_terminal(what: str, target: Path, typed: bytes = b"") -> str:
    """What a person sees in a terminal, who typed something at once."""
    child, master = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, str(SCRIPT), what, str(target)])  # noqa: S606  # a terminal of its own
    os.write(master, typed)
    seen = b""
    while True:
        try:
            data = os.read(master, 65_536)
        except OSError:
            break
        if not data:
            break
        seen += data
    os.close(master)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return seen.decode("utf-8", "replace").replace("\r\n", "\n")


def heard(target: Path) -> dict[str, str]:
    """All text of each stream."""
    found: dict[str, str] = {}
    for text, stream in ast.literal_eval(target.read_text(encoding="utf-8")):
        found[stream] = found.get(stream, "") + text
    return found


EVERYTHING = [
    "an error",
    "from a program",
    "raw \ufffd",
    "from a child",
    "no other child",
]


def test_in_a_terminal_all_is_seen_and_heard_in_order(tmp_path: Path) -> None:
    seen = in_terminal("everything", tmp_path / "heard")
    expected = "\n".join(["from Python é True", *EVERYTHING, ""])
    assert seen == expected + "after\n"
    assert heard(tmp_path / "heard") == {"stdout": expected}


def test_streams_that_lead_apart_are_told_apart(tmp_path: Path) -> None:
    done = in_pipes("everything", tmp_path / "heard")
    rest = [line for line in EVERYTHING if line != "an error"]
    assert done.stderr == "an error\n"
    # Python keeps what it writes to a pipe until it has much, or is asked to.
    assert sorted(done.stdout.splitlines()) == sorted(["from Python é False", *rest, "after"])
    found = heard(tmp_path / "heard")
    assert found["stderr"] == "an error\n"
    assert sorted(found["stdout"].splitlines()) == sorted(["from Python é False", *rest])


def test_streams_that_lead_to_one_pipe_share_the_way(tmp_path: Path) -> None:
    done = in_pipes("everything", tmp_path / "heard", merged=True)
    assert done.returncode == 0
    assert list(heard(tmp_path / "heard")) == ["stdout"]
    assert "an error" in done.stdout


def test_input_works(tmp_path: Path) -> None:
    seen = in_terminal("input", tmp_path / "heard", b"ada\n")
    assert seen.endswith("got ada\nafter\n")
    assert "name? " in seen
    assert "got ada" in heard(tmp_path / "heard")["stdout"]


def test_what_a_killed_script_wrote_last_appears(tmp_path: Path) -> None:
    done = in_pipes("killed", tmp_path / "heard")
    assert done.returncode == -9
    assert done.stdout == "last words\n"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_script_outlives_the_program_that_passes_on(tmp_path: Path) -> None:
    done = in_pipes("helper", tmp_path / "heard")
    assert (done.returncode, done.stdout) == (0, "still here\nafter\n")


@pytest.mark.parametrize("kind", ["terminal", "pipes"])
def test_a_storm_is_passed_on_whole(tmp_path: Path, kind: str) -> None:
    expected = [f"line {number}" for number in range(5_000)]
    if kind == "terminal":
        seen = in_terminal("storm", tmp_path / "heard")
    else:
        seen = in_pipes("storm", tmp_path / "heard").stdout
    assert seen.splitlines() == [*expected, "after"]
    assert heard(tmp_path / "heard")["stdout"].splitlines() == expected


def test_a_program_that_goes_on_is_not_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), "left behind", str(tmp_path / "heard")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as script:
        assert script.stdout is not None
        assert [script.stdout.readline(), script.stdout.readline()] == ["before\n", "after\n"]
        assert script.wait(20) == 0
        script.stdout.close()
    assert heard(tmp_path / "heard") == {"stdout": "before\n"}
