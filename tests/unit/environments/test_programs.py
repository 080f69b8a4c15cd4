"""Programs of other environments run in place of this one, or under its eyes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream.environments import programs
from millstream.errors import MillstreamError

Run = Callable[[str], subprocess.Popen[str]]
_START = "import os, sys; from millstream.environments import programs\n"
_SHOW = "import os, signal, sys, time"


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts programs, and ends in the end those that a failed test has left behind."""
    with contextlib.ExitStack() as started:

        def run(program: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", _START + program],
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            started.enter_context(process)
            started.callback(_end, process)
            return process

        yield run


def _end(process: subprocess.Popen[str]) -> None:
    """Ends what still runs, and what it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def test_becoming_keeps_the_process_id_and_gives_the_variables(run: Run) -> None:
    inner = f"{_SHOW}; print(os.getpid(), os.environ['A'])"
    process = run(f"programs.become([sys.executable, '-c', {inner!r}], {{'A': 'b'}})")
    assert process.communicate()[0].split() == [str(process.pid), "b"]


def test_attending_gives_the_exit_code(run: Run) -> None:
    process = run("sys.exit(programs.attend([sys.executable, '-c', 'raise SystemExit(7)'], {}))")
    process.communicate()
    assert process.returncode == 7


def test_attending_passes_on_that_it_shall_end_and_then_goes_on(run: Run) -> None:
    inner = (
        f"{_SHOW}\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    process = run(
        f"code = programs.attend([sys.executable, '-c', {inner!r}], {{}})\n"
        "print('cleaning up after', code)"
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate()[0] == "cleaning up after 5\n"
    assert process.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="such names are Unix's")
@pytest.mark.parametrize("way", ["attend", "become"])
def test_what_is_handed_over_can_be_read_by_the_next_program(way: str, run: Run) -> None:
    inner = "import sys; print(open(sys.argv[1]).read())"
    process = run(
        "name = programs.handed(b'secret' * 20_000)\n"
        f"programs.{way}([sys.executable, '-c', {inner!r}, name], {{}})"
    )
    assert process.communicate()[0] == "secret" * 20_000 + "\n"


def test_a_program_is_found_on_the_path_first_and_then_beside_python(tmp_path: Path) -> None:
    beside = programs.find("python", path=str(tmp_path))
    assert beside is not None
    assert beside.parent == Path(sys.executable).parent
    (tmp_path / "python").write_text("#!/bin/sh\n")
    (tmp_path / "python").chmod(0o755)
    assert programs.find("python", path=str(tmp_path)) == tmp_path / "python"
    assert programs.find("no-such-program", path=str(tmp_path)) is None


def test_failure_tells_what_went_wrong_and_not_what_went_before(tmp_path: Path) -> None:
    script = "print('fetching'); print('error: no room\\n  on disk'); raise SystemExit(3)"
    shown: list[str] = []
    with pytest.raises(MillstreamError, match=r"exit code 3: error: no room on disk$"):
        programs.run(
            [sys.executable, "-c", script], variables={}, folder=tmp_path, show=shown.append
        )
    assert shown == ["fetching", "error: no room", "  on disk"]
