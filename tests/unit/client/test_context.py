from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from millstream.client.context import context_tags, git_tags, main_file, user_name
from millstream.settings import Settings


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "deep").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "trunk")
    (folder / "deep" / "train.py").write_text("")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    return folder


def test_commit_branch_and_origin_are_those_git_knows(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://me:secret@example.com/x.git")
    assert git_tags(str(repository / "deep" / "train.py")) == {
        "mlflow.source.git.commit": git(repository, "rev-parse", "HEAD"),
        "mlflow.source.git.branch": "trunk",
        "mlflow.source.git.repoURL": "https://example.com/x.git",
    }


def test_packed_references_are_read(repository: Path) -> None:
    git(repository, "pack-refs", "--all")
    found = git_tags(str(repository / "deep" / "train.py"))
    assert found["mlflow.source.git.commit"] == git(repository, "rev-parse", "HEAD")


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "-q", "--detach")
    found = git_tags(str(repository / "deep" / "train.py"))
    assert found == {"mlflow.source.git.commit": git(repository, "rev-parse", "HEAD")}


def test_a_linked_working_tree_is_understood(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    found = git_tags(str(tmp_path / "linked" / "deep" / "train.py"))
    assert found["mlflow.source.git.branch"] == "side"
    assert found["mlflow.source.git.commit"] == git(repository, "rev-parse", "HEAD")


def test_a_repository_without_commits_has_a_branch_only(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    assert git_tags(str(tmp_path / "x.py")) == {"mlflow.source.git.branch": "trunk"}


def test_a_script_gets_its_user_and_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "train.py"), "--lr", "1"])
    monkeypatch.setenv("LOGNAME", "ada")
    tags = context_tags(Settings())
    assert tags["mlflow.user"] == "ada"
    assert tags["mlflow.source.name"] == str(tmp_path / "train.py")
    assert tags["mlflow.source.type"] == "LOCAL"


@pytest.mark.parametrize("argv", [[""], ["-c"], []])
def test_without_a_script_the_source_is_the_console(
    monkeypatch: pytest.MonkeyPatch, argv: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    assert context_tags(Settings())["mlflow.source.name"] == "<console>"


def test_a_notebook_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class ZMQInteractiveShell:
        user_ns: dict[str, Any] = {}

    shell = ZMQInteractiveShell()
    ipython: Any = SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    tags = context_tags(Settings(notebook="/home/ada/study.ipynb"))
    assert (tags["mlflow.source.name"], tags["mlflow.source.type"]) == ("study.ipynb", "NOTEBOOK")
    ZMQInteractiveShell.user_ns = {"__vsc_ipynb_file__": "/x/code.ipynb"}
    assert context_tags(Settings())["mlflow.source.name"] == "code.ipynb"


def test_the_file_of_a_notebook_is_the_notebook_and_never_what_launched_its_kernel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class ZMQInteractiveShell:
        user_ns: dict[str, Any] = {}

    ipython: Any = SimpleNamespace(get_ipython=ZMQInteractiveShell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    notebook = tmp_path / "study.ipynb"
    assert main_file(Settings()) == ""
    assert main_file(Settings(notebook=str(notebook))) == ""
    notebook.write_text("{}")
    assert main_file(Settings(notebook=str(notebook))) == str(notebook)


def test_the_environment_adds_tags_and_nonsense_in_it_is_told() -> None:
    assert context_tags(Settings(run_context='{"team": "a", "size": 3}'))["size"] == "3"
    with pytest.warns(RuntimeWarning, match="MLFLOW_RUN_CONTEXT"):
        assert "mlflow.user" in context_tags(Settings(run_context="[1]"))


def test_credentials_name_the_user() -> None:
    assert user_name(Settings(tracking_username="ada")) == "ada"


def test_a_user_without_a_name_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert user_name(Settings()).startswith("uid-")
