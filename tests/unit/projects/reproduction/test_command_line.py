"""A recorded command is started again as the script it was, and as nothing else."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projects.reproduction.test_findings import record

from millstream.capture.source import Tree
from millstream.errors import InvalidParameter
from millstream.projects.reproduction.command_line import Script, script_of


def script(words: list[Any], folder: str = "/code", root: str = "/code") -> Script:
    """The script that these words were, started in a folder, in the repository `root`."""
    return script_of(record(machine={"command": words, "folder": folder}, tree=Tree(root)))


@pytest.mark.parametrize(
    ("words", "folder", "expected"),
    [
        (["python", "train.py"], "/code", Script([], "train.py", [], ".", False)),
        (
            ["/x/python3", "-u", "-X", "dev", "-Wignore", "../train.py", "-c", "--n=1"],
            "/code/sub",
            Script(["-u", "-X", "dev", "-Wignore"], "train.py", ["-c", "--n=1"], "sub", False),
        ),
        (["python", "/code/a/b.py"], "/home", Script([], "a/b.py", [], "/home", False)),
        (["python", "-m", "pkg.train", "1"], "/code", Script([], "pkg.train", ["1"], ".", True)),
    ],
)
def test_scripts_and_modules(words: list[str], folder: str, expected: Script) -> None:
    assert script(words, folder) == expected


@pytest.mark.parametrize(
    ("words", "folder", "complaint"),
    [
        (["python", "-c", "import os"], "/code", "no script"),
        (["python", "-"], "/code", "no script"),
        (["python"], "/code", "no script"),
        (["python", "-i", "train.py"], "/code", "no script"),
        (["python", "--upload-pack=x", "train.py"], "/code", "no script"),
        (["python", "/bin/pytest"], "/code", "'/bin/pytest', which is not in the repository"),
        (["python", "../../bin/sh"], "/code/sub", "not in the repository"),
        (["python", "train.py"], "/codes", "not in the repository"),
        (["python", "-m", "http.server"], "/home", "not in the repository"),
        (["python", "-m", "a;b"], "/code", "not in the repository"),
        (["python", "-m"], "/code", "not in the repository"),
        (["python", "train.py", "--token=***"], "/code", "A secret was masked"),
        (["python", "train.py", "a\0b"], "/code", "NUL"),
        (["python", 3], "/code", "damaged"),
        ("python train.py", "/code", "damaged"),
    ],
)
def test_what_is_not_started(words: list[Any], folder: str, complaint: str) -> None:
    with pytest.raises(InvalidParameter, match=complaint):
        script(words, folder)


def test_what_was_not_recorded_cannot_be_started() -> None:
    with pytest.raises(InvalidParameter, match="not recorded"):
        script_of(record(tree=Tree("/code")))


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)))
def test_arguments_arrive_as_they_were(tmp_path_factory: Any, arguments: list[str]) -> None:
    if any("***" in word for word in arguments):
        return
    root = tmp_path_factory.getbasetemp()
    (root / "show.py").write_text("")
    filled = script(["python", "show.py", *arguments]).command(root)
    text = filled.text.replace("python", "printf '%s\\0'", 1)
    shell = ["/bin/bash", "-c", text]
    printed = subprocess.run(
        shell, env=filled.variables, capture_output=True, check=True, cwd=root
    ).stdout
    assert printed.decode().split("\0")[:-1] == [str(root / "show.py"), *arguments]


def test_a_script_that_is_not_there_is_refused(tmp_path: Path) -> None:
    found = script(["python", "train.py"])
    with pytest.raises(InvalidParameter, match="neither in its commit nor"):
        found.command(tmp_path)
    (tmp_path / "out.py").symlink_to("/bin/true")
    with pytest.raises(InvalidParameter, match="leads out"):
        script(["python", "out.py"]).command(tmp_path)


def test_it_is_started_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert script(["python", "a.py"], "/code/sub").start_folder(tmp_path) == tmp_path / "sub"
    outside = script(["python", "/code/a.py"], str(tmp_path / "gone"))
    with pytest.raises(InvalidParameter, match="which is not here"):
        outside.start_folder(tmp_path)
