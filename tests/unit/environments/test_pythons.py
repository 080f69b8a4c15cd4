"""A Python of the wanted version is found, or it is said how to go on."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from millstream.environments import pythons
from millstream.errors import InvalidParameter, NotFound


@pytest.mark.parametrize(
    "wanted", [None, "", "3.11", "3.11.2", "==3.11.*", " 3.11.*", ">=3.8", ">=3.8,<3.12", "~=3.11"]
)
def test_met(wanted: str | None) -> None:
    assert pythons.meets("3.11.7", wanted)


@pytest.mark.parametrize("wanted", ["3.1", "3.12.7", "==3.12.*", ">=3.12", "<3.11", "2.7"])
def test_not_met(wanted: str) -> None:
    assert not pythons.meets("3.11.7", wanted)


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="'newest'"):
        pythons.meets("3.11.7", "newest")


class TestFind:
    @pytest.fixture
    def other(self, tmp_path: Path) -> Path:
        """A program that says it is Python 3.14.2."""
        program = tmp_path / "python3.14"
        program.write_text("#!/bin/sh\necho 3.14.2\n")
        program.chmod(0o755)
        return program

    def test_the_present_one_first(self) -> None:
        found = pythons.find(platform.python_version(), None, {})
        assert found.executable == Path(sys.executable)

    def test_another_one_on_the_path(self, other: Path) -> None:
        found = pythons.find("3.14", None, {"PATH": str(other.parent)})
        assert (found.executable, found.version) == (other, "3.14.2")
        assert pythons.find(">=3.14", None, {"PATH": str(other.parent)}) == found

    def test_one_of_pyenv_rather_than_its_shim_which_does_not_answer(
        self, other: Path, tmp_path: Path
    ) -> None:
        root = tmp_path / "pyenv"
        for folder in ("shims", "versions/3.14.2/bin"):
            (root / folder).mkdir(parents=True)
        (root / "shims" / other.name).write_text("#!/bin/sh\nexit 127\n")
        (root / "shims" / other.name).chmod(0o755)
        other.rename(root / "versions/3.14.2/bin" / other.name)
        variables = {"PATH": str(root / "shims"), "PYENV_ROOT": str(root)}
        assert pythons.find("3.14", None, variables).version == "3.14.2"

    def test_one_that_uv_knows(self, other: Path, tmp_path: Path) -> None:
        uv = tmp_path / "uv"
        uv.write_text(f"#!/bin/sh\necho {other}\n")
        uv.chmod(0o755)
        found = pythons.find("3.14", uv, {"PATH": os.defpath, "PYENV_ROOT": str(tmp_path)})
        assert found.executable == other

    def test_a_program_that_is_another_version_is_passed_over(self, tmp_path: Path) -> None:
        program = tmp_path / "python3.14"
        program.write_text("#!/bin/sh\necho 3.13.1\n")
        program.chmod(0o755)
        with pytest.raises(NotFound, match=r"Python 3\.14 is asked for, and none is found"):
            pythons.find("3.14", None, {"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)})

    def test_one_too_old_for_this_package_is_not_sought(self) -> None:
        with pytest.raises(NotFound, match=r"runs on Python 3\.11 or newer.*--env-manager local"):
            pythons.find("3.8.10", None, {})
