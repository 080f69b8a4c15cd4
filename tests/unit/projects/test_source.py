"""Projects come from folders, git repositories and zip files, and nothing leaves its folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from millstream.errors import InvalidParameter, MillstreamError
from millstream.projects import source
from millstream.projects.source import fetch

from .conftest import git


def zipped(folder: Path, path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            if file.is_file():
                archive.write(file, prefix + file.name)
    return path


def test_a_folder_is_run_where_it_is(project: Path) -> None:
    found = fetch(str(project))
    assert found.folder == project.resolve()
    assert (found.name, found.commit, found.temporary) == (str(project.resolve()), None, None)
    found.remove()
    assert project.is_dir()


def test_a_folder_in_a_folder(project: Path) -> None:
    (project / "inner").mkdir()
    found = fetch(f"{project}#inner")
    assert found.folder == project.resolve() / "inner"
    assert found.name == f"{project.resolve()}#inner"


@pytest.mark.parametrize("sub", ["../x", "a/../../b", "."])
def test_a_folder_in_it_cannot_lead_out(project: Path, sub: str) -> None:
    with pytest.raises(InvalidParameter, match="not allowed in project subdirectory"):
        fetch(f"{project}#{sub}")


def test_a_link_in_it_cannot_lead_out_either(project: Path, tmp_path: Path) -> None:
    (project / "link").symlink_to(tmp_path)
    with pytest.raises(InvalidParameter, match="leads out of the project"):
        fetch(f"{project}#link")


def test_a_folder_of_git_is_named_with_its_commit(repository: Path) -> None:
    found = fetch(str(repository))
    assert found.name == repository.resolve().as_uri()
    assert found.commit == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("version", "says", "branch"),
    [("main", "alpha", "main"), ("other", "other", "other"), ("v1", "alpha", None)],
)
def test_git_gives_a_branch_or_a_tag(
    repository: Path, tmp_path: Path, version: str, says: str, branch: str | None
) -> None:
    found = fetch(repository.as_uri(), version, tmp_path / "storage")
    assert says in (found.folder / "train.py").read_text()
    assert (found.commit, found.branch) == (git(repository, "rev-parse", version), branch)
    assert found.temporary is not None
    found.remove()
    assert list((tmp_path / "storage").iterdir()) == []


@pytest.mark.parametrize("length", [40, 8])
def test_git_gives_a_commit(repository: Path, tmp_path: Path, length: int) -> None:
    commit = git(repository, "rev-parse", "other")
    found = fetch(repository.as_uri(), commit[:length], tmp_path / "storage")
    assert (found.commit, found.branch) == (commit, None)


def test_a_bare_repository_needs_no_version(repository: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(bare))
    found = fetch(str(bare), storage=tmp_path / "storage")
    assert found.commit == git(repository, "rev-parse", "main")
    assert fetch(f"{bare}", "other", tmp_path / "storage").branch == "other"


def test_paths_are_seen_from_the_caller(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    zipped(repository, tmp_path / "project.zip")
    monkeypatch.chdir(tmp_path)
    found = fetch("bare.git", storage=tmp_path / "storage")
    assert found.name == found.repository == str(tmp_path / "bare.git")
    assert fetch("project.zip", storage=tmp_path / "storage").name == str(tmp_path / "project.zip")


def test_a_version_that_is_absent_is_named(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(MillstreamError, match="Unable to checkout version 'absent' of git repo"):
        fetch(repository.as_uri(), "absent", tmp_path / "storage")
    assert list((tmp_path / "storage").iterdir()) == []


@pytest.mark.parametrize("version", ["--upload-pack=touch pwned", "+a:b", "a b", "", "-x"])
def test_a_version_cannot_be_an_option(repository: Path, tmp_path: Path, version: str) -> None:
    with pytest.raises(InvalidParameter, match="no commit, branch or tag"):
        fetch(repository.as_uri(), version, tmp_path / "storage")


@pytest.mark.parametrize(
    "uri", ["--upload-pack=touch pwned;@host:x", "ext::sh -c touch% pwned", "git+ext::sh -c x"]
)
def test_an_address_cannot_be_a_command(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MillstreamError):
        fetch(uri, "main", tmp_path / "storage")
    assert not (tmp_path / "pwned").exists()


def test_hooks_of_the_user_are_not_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/pwned\n")
    (hooks / "post-checkout").chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(hooks.parent))
    fetch(repository.as_uri(), "main", tmp_path / "storage")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("prefix", ["", "whole/"])
def test_a_zip_file_is_unpacked(project: Path, tmp_path: Path, prefix: str) -> None:
    archive = zipped(project, tmp_path / "project.zip", prefix)
    found = fetch(str(archive), storage=tmp_path / "storage")
    assert (found.folder / "train.py").read_text() == (project / "train.py").read_text()
    assert fetch(archive.as_uri(), storage=tmp_path / "storage").folder.is_dir()
    found.remove()
    assert not found.folder.exists()


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "a/../../out.txt"])
def test_a_member_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr(name, "x")
    with pytest.raises(InvalidParameter, match="leads out of the project"):
        fetch(str(archive), storage=tmp_path / "storage")
    assert not list(tmp_path.rglob("out.txt"))


def test_an_archive_that_is_too_large_is_refused(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MOST_UNPACKED", 10)
    with pytest.raises(InvalidParameter, match=r"at most \d+ files of 10 bytes"):
        fetch(str(zipped(project, tmp_path / "project.zip")), storage=tmp_path / "storage")


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_text("no zip")
    with pytest.raises(InvalidParameter, match="is no zip file"):
        fetch(str(tmp_path / "bad.zip"), storage=tmp_path / "storage")


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_only_git_has_versions(project: Path, tmp_path: Path, kind: str) -> None:
    uri = str(project if kind == "folder" else zipped(project, tmp_path / "p.zip"))
    with pytest.raises(InvalidParameter, match="only supported for Git"):
        fetch(uri, "v1")


@pytest.mark.parametrize("uri", ["", "absent", "absent.zip"])
def test_what_is_not_there_is_named(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidParameter, match="project"):
        fetch(uri)
