"""Asking git about a working tree executes nothing that the tree names."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from millstream.capture.git import WorkingTree, working_tree


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path: Path) -> WorkingTree:
    folder = tmp_path / "tree"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "train.py").write_text("print(1)\n")
    (folder / "data.bin").write_bytes(bytes(range(256)))
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    found = working_tree(folder)
    assert found is not None
    return found


def test_a_clean_tree_differs_in_nothing(tree: WorkingTree) -> None:
    assert tree.difference(1_000) == (b"", False)
    assert tree.untracked() == []


def test_the_difference_makes_the_commit_what_the_folder_is(
    tree: WorkingTree, tmp_path: Path
) -> None:
    (tree.folder / "train.py").write_text("print(2)\n")
    (tree.folder / "data.bin").write_bytes(bytes(range(255, -1, -1)))
    (tree.folder / "añadido é.py").write_text("x\n")
    git(tree.folder, "add", "añadido é.py")
    patch, is_cut = tree.difference(100_000)
    assert not is_cut
    copy = tmp_path / "copy"
    git(tmp_path, "clone", "--quiet", str(tree.folder), str(copy))
    subprocess.run(["git", "apply"], input=patch, cwd=copy, check=True)
    for name in ("train.py", "data.bin", "añadido é.py"):
        assert (copy / name).read_bytes() == (tree.folder / name).read_bytes()


def test_a_large_difference_is_cut(tree: WorkingTree) -> None:
    (tree.folder / "train.py").write_text("x = 1\n" * 10_000)
    patch, is_cut = tree.difference(500)
    assert (len(patch), is_cut) == (500, True)


def test_a_tree_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a.py").write_text("x\n")
    git(tmp_path, "add", "a.py")
    found = working_tree(tmp_path / "a.py")
    assert found is not None
    assert b"+x" in found.difference(1_000)[0]


def test_what_git_was_told_to_ignore_is_not_untracked(tree: WorkingTree) -> None:
    (tree.folder / ".gitignore").write_text("secret.py\n")
    (tree.folder / "secret.py").write_text("x")
    (tree.folder / "new\nline.py").write_text("x")
    assert tree.untracked() == [".gitignore", "new\nline.py"]
    assert tree.holds("train.py")
    assert not tree.holds("secret.py")
    assert not tree.holds("*.py")  # a name, not a pattern


def test_a_folder_that_git_does_not_keep(tmp_path: Path) -> None:
    assert working_tree(tmp_path) is None


SWITCHES = {
    "core.fsmonitor": "{}",
    "diff.external": "{}",
    "filter.evil.clean": "{}",
    "filter.evil.process": "{}",
    "filter.evil.smudge": "{}",
    "filter.evil.required": "true",
    "filter.e.v.i.l.clean": "{}",
    "diff.evil.command": "{}",
    "diff.evil.textconv": "{}",
    "core.pager": "{}",
    "core.sshCommand": "{}",
}


def test_no_program_that_the_tree_names_is_run(tree: WorkingTree, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\necho ran >> {trace}\ncat\n")
    program.chmod(0o755)
    for name, value in SWITCHES.items():
        git(tree.folder, "config", name, value.format(program))
    hooks = tree.folder / ".git" / "hooks"
    for name in ("post-index-change", "fsmonitor-watchman", "pre-commit"):
        (hooks / name).write_text(program.read_text())
        (hooks / name).chmod(0o755)
    attributes = "*.py filter=evil diff=evil\n*.bin filter=e.v.i.l diff=evil\n"
    (tree.folder / ".gitattributes").write_text(attributes)
    (tree.folder / "train.py").write_text("print(3)\n")
    (tree.folder / "data.bin").write_bytes(b"\0\1")
    patch, _ = tree.difference(100_000)
    assert b"print(3)" in patch
    assert ".gitattributes" in tree.untracked()
    assert not trace.exists()
    subprocess.run(["git", "add", "train.py"], cwd=tree.folder, check=False, capture_output=True)
    assert trace.exists()  # the trap does work


def test_a_filter_that_cannot_be_switched_off_is_refused(tree: WorkingTree) -> None:
    with (tree.folder / ".git" / "config").open("a") as file:
        file.write('[filter "a=b"]\n\tclean = touch /nowhere\n')
    with pytest.raises(OSError, match=r"'filter\.a=b' of .* cannot be switched off"):
        tree.difference(1_000)


def test_variables_that_lead_git_elsewhere_are_not_passed_on(
    tree: WorkingTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    (tree.folder / "train.py").write_text("print(4)\n")
    assert b"print(4)" in tree.difference(10_000)[0]
