"""Environments that nobody uses any more are removed; others stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.environments.conftest import Programs

from millstream.environments.preparation import COMPLETE, prepare
from millstream.environments.removal import remove, unused
from millstream.environments.specification import EnvironmentSpec, EnvManager

DAY = 86_400_000
NOW = 1_800_000_000_000


def made(root: Path, letter: str, last_used: int, complete: bool = True) -> Path:
    """The folder of an environment."""
    folder = root / (letter * 64)
    (folder / "environment").mkdir(parents=True)
    (folder / "environment" / "file").write_bytes(bytes(1000))
    path = folder / COMPLETE if complete else folder
    if complete:
        path.write_bytes(b'{"python":"environment/bin/python"}')
    os.utime(path, (last_used / 1000, last_used / 1000))
    return folder


def test_only_what_was_not_used_for_so_long_is_found_the_oldest_first(tmp_path: Path) -> None:
    old, older = made(tmp_path, "a", NOW - 2 * DAY), made(tmp_path, "b", NOW - 3 * DAY)
    half = made(tmp_path, "c", NOW - 4 * DAY, complete=False)
    made(tmp_path, "d", NOW)
    found = unused(tmp_path, NOW - DAY)
    assert [Path(one.folder) for one in found] == [half, older, old]
    assert [one.last_used for one in found[1:]] == [NOW - 3 * DAY, NOW - 2 * DAY]
    assert found[0].size >= 1000
    assert unused(tmp_path, 0) == []
    assert unused(tmp_path / "absent", NOW) == []


def test_nothing_but_environments_is_touched(tmp_path: Path) -> None:
    for name in ("z" * 64, "a" * 63, "notes"):
        (tmp_path / name).mkdir()
    (tmp_path / ("a" * 64)).write_text("a file")
    assert unused(tmp_path, NOW * 2) == []


def test_what_is_removed_is_gone(tmp_path: Path) -> None:
    folder = made(tmp_path, "a", NOW - 2 * DAY)
    (one,) = unused(tmp_path, NOW)
    assert remove(one)
    assert not folder.exists()
    assert not remove(one)


def test_one_that_was_used_meanwhile_stays(tmp_path: Path) -> None:
    folder = made(tmp_path, "a", NOW - 2 * DAY)
    (one,) = unused(tmp_path, NOW)
    os.utime(folder / COMPLETE)
    assert not remove(one)
    assert (folder / COMPLETE).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere programs do not tell")
def test_one_in_which_a_program_runs_is_in_use(tmp_path: Path) -> None:
    folder = made(tmp_path, "a", NOW - 2 * DAY)
    program = folder / "environment" / "python"
    program.symlink_to(sys.executable)
    waiting = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [str(program), "-c", waiting], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        assert unused(tmp_path, NOW) == []
        running.communicate()
    assert len(unused(tmp_path, NOW)) == 1


def test_asking_for_an_environment_uses_it(programs: Programs, tmp_path: Path) -> None:
    spec = EnvironmentSpec(requirements=("some-package==1",))

    def ask() -> Path:
        prepared = prepare(
            spec, EnvManager.UV, root=tmp_path / "envs", variables=programs.variables
        )
        return prepared.python

    ask()
    (folder,) = (path for path in (tmp_path / "envs").iterdir() if path.is_dir())
    os.utime(folder / COMPLETE, (0, 0))
    assert len(unused(tmp_path / "envs", DAY)) == 1
    ask()
    assert unused(tmp_path / "envs", DAY) == []
