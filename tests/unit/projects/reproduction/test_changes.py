"""Files that differ between the commits of two runs are named by a repository that has both."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.unit.projects.conftest import git, project, repository
from tests.unit.projects.reproduction.test_findings import record

from millstream.capture.source import Tree
from millstream.client.context import GIT_COMMIT, SOURCE_NAME
from millstream.errors import InvalidParameter
from millstream.projects.invocation import Invocation
from millstream.projects.reproduction.changes import MOST_NAMED, Changes, between
from millstream.projects.reproduction.findings import compare
from millstream.projects.reproduction.record import Record

__all__ = ["project", "repository"]  # fixtures of that room


def run_of(folder: Path, version: str, below: str = "") -> Record:
    """A run of a commit of the repository in a folder."""
    commit = git(folder, "rev-parse", version)
    called = Invocation("main", {}, below)
    return record(tags={GIT_COMMIT: commit}, tree=Tree(str(folder)), invocation=called)


def committed(folder: Path, *names: str) -> None:
    """Commit files that hold their own name and one line more."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path.read_text() if path.exists() else ''}{name}\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "more")


def found(one: Record, other: Record) -> list[tuple[str, str | float | None, str | float | None]]:
    """The files that differ, with what each has."""
    told = compare(one, other, changes=between(one, other)).findings
    return [(f.name, f.expected, f.got) for f in told if f.name != "commit"]


def test_each_file_is_named_with_what_each_has(repository: Path) -> None:
    blobs = [git(repository, "rev-parse", f"{v}:train.py")[:12] for v in ("main", "other")]
    assert found(run_of(repository, "main"), run_of(repository, "other")) == [
        (
            "train.py",
            f"2 lines of its own, blob {blobs[0]}",
            f"1 line of its own, blob {blobs[1]}",
        )
    ]


def test_new_gone_binary_and_executable_files(repository: Path) -> None:
    first = run_of(repository, "main")
    (repository / "data.bin").write_bytes(b"\0\1")
    (repository / "it's \t one").write_text("a\n")
    (repository / "train.py").chmod(0o755)
    (repository / "MLproject").unlink()
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "more")
    told = {
        name: (before, after) for name, before, after in found(first, run_of(repository, "main"))
    }
    assert told.keys() == {"data.bin", "it's \t one", "train.py", "MLproject"}
    assert told["data.bin"][0] is None
    assert str(told["data.bin"][1]).startswith("blob ")
    assert str(told["it's \t one"][1]).startswith("1 line of its own, blob ")
    assert str(told["train.py"][1]).endswith(", mode 100755")
    assert told["MLproject"][1] is None


def test_what_was_not_committed_is_told_with_it(repository: Path) -> None:
    one, other = run_of(repository, "main"), run_of(repository, "other")
    patch = (
        b"diff --git a/train.py b/train.py\nindex 1..2 100644\n--- a/train.py\n+++ b/train.py\n+x\n"
    )
    changed = record(tags=other.run.data.tags, tree=other.tree, difference=patch)
    ((name, _, got),) = found(one, changed)
    assert name == "train.py"
    assert "1 line of its own, blob" in str(got)
    assert "; changed by +1 -0 lines" in str(got)


def test_so_many_are_named_those_of_the_project_first(repository: Path) -> None:
    committed(repository, "deep/model.py", "other.py")
    first = run_of(repository, "main", "deep")
    committed(repository, "deep/model.py", "other.py", *(f"a{n:02}.txt" for n in range(30)))
    told = found(first, run_of(repository, "main", "deep"))
    assert len(told) == MOST_NAMED + 1
    names = [name for name, _, _ in told]
    assert {"deep/model.py", "other.py"} < set(names)
    assert told[-1] == (f"and {32 - MOST_NAMED} more files", None, None)


@pytest.mark.parametrize("way", ["bare", "name", "named"])
def test_wherever_the_repository_is(repository: Path, tmp_path: Path, way: str) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(bare))
    commits = [git(repository, "rev-parse", version) for version in ("main", "other")]
    place = {"bare": bare.as_uri(), "name": repository.as_uri(), "named": "https://h/x.git"}[way]
    one, other = (record(tags={GIT_COMMIT: commit, SOURCE_NAME: place}) for commit in commits)
    told = between(one, other, bare if way == "named" else None)
    assert told is not None
    assert list(told.before) == list(told.after) == ["train.py"]


def test_nothing_is_told_where_none_has_both(repository: Path, tmp_path: Path) -> None:
    one, other = run_of(repository, "main"), run_of(repository, "other")
    shutil.move(repository, tmp_path / "elsewhere")
    assert between(one, other) is None
    assert any("no repository" in phrase for phrase in compare(one, other).unknown)
    assert between(one, other, tmp_path / "elsewhere") is not None
    assert between(one, one) == Changes()
    with pytest.raises(InvalidParameter, match="is no git repository of this machine"):
        between(one, other, tmp_path / "absent")


def test_a_commit_is_no_option(repository: Path, tmp_path: Path) -> None:
    attack = f"--output={tmp_path / 'pwned'}"
    tree = Tree(str(repository))
    one, other = (record(tags={GIT_COMMIT: commit}, tree=tree) for commit in (attack, "a" * 40))
    assert between(one, other) is None
    assert not (tmp_path / "pwned").exists()


def test_no_program_of_the_repository_is_run(repository: Path, tmp_path: Path) -> None:
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("*.py diff=evil filter=evil\n")
    for name in ("diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "core.pager"):
        git(repository, "config", name, f"touch {tmp_path}/pwned")
    assert [name for name, _, _ in found(run_of(repository, "main"), run_of(repository, "other"))]
    assert not (tmp_path / "pwned").exists()
