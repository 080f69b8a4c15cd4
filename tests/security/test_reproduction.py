"""What a run recorded is a stranger's text: reproducing it writes nowhere else and runs no more."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.projects.conftest import git, project, repository
from tests.unit.projects.reproduction.test_findings import record

from millstream.capture.source import Tree
from millstream.client.context import GIT_COMMIT, GIT_URL, SOURCE_NAME
from millstream.environments.requirements_lock import pins
from millstream.errors import InvalidParameter, MillstreamError
from millstream.projects.reproduction.restoration import check, places, restore

__all__ = ["project", "repository"]  # fixtures of that room
COMMIT = "a" * 40


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing may appear."""
    folder = tmp_path / "outside"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "commit",
    [
        "--upload-pack=touch /tmp/exploded",
        "-x",
        "main",
        "HEAD",
        "v1",
        "a" * 39,
        "a" * 41,
        "A" * 40,
        f"{COMMIT}\n--upload-pack=x",
        f"{COMMIT}^{{/x}}",
        "refs/heads/main",
    ],
)
def test_a_commit_is_forty_digits(commit: str) -> None:
    with pytest.raises(InvalidParameter, match="40 or 64 hexadecimal digits"):
        check(record(tags={GIT_COMMIT: commit}))


@pytest.mark.parametrize(
    "address",
    [
        "--upload-pack=touch {marker}",
        "ext::sh -c 'touch {marker}'",
        "ext::touch {marker}",
        "fd::17/foo",
        "ssh://-oProxyCommand=touch {marker}/x",
        "-oProxyCommand=touch@{marker}:x",
        "file:///nowhere; touch {marker}",
        "$(touch {marker})",
        "relative/folder",
        "https://***@example.com/x.git",
    ],
)
def test_addresses_run_nothing(address: str, outside: Path, tmp_path: Path) -> None:
    written = address.format(marker=outside / "exploded")
    for tags in ({GIT_URL: written}, {SOURCE_NAME: written}):
        hostile = record(tags={**tags, GIT_COMMIT: COMMIT}, tree=Tree(written))
        with pytest.raises(MillstreamError, match="cannot be fetched"):
            restore(hostile, None, tmp_path / "storage")
    assert not any((tmp_path / "storage").iterdir() if (tmp_path / "storage").exists() else ())


def test_only_git_is_a_place() -> None:
    written = ["ext::sh", "-x", "s3://bucket/x", "javascript:x", "relative", "http:x***"]
    assert [one for place in written for one in places({GIT_URL: place}, None)] == []


def patch(path: str, *, mode: str = "100644", content: str = "exploded") -> bytes:
    """A patch that makes a file."""
    return (
        f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
        f"@@ -0,0 +1 @@\n+{content}\n\\ No newline at end of file\n"
    ).encode()


def recorded(repository: Path, difference: bytes, **files: bytes) -> object:
    """A run of the repository's first commit with this difference."""
    tags = {GIT_COMMIT: git(repository, "rev-parse", "HEAD"), SOURCE_NAME: str(repository)}
    return record(tags=tags, difference=difference, tree=Tree(str(repository)), files=files)


@pytest.mark.parametrize(
    "path",
    [
        "../outside/exploded",
        "../../../outside/exploded",
        "x/../../outside/exploded",
        "/{outside}/exploded",
        ".git/hooks/post-checkout",
        ".git/config",
        ".GIT/config",
        "sub/.git/config",
    ],
)
def test_a_patch_stays_in_the_working_tree(
    repository: Path, outside: Path, tmp_path: Path, path: str
) -> None:
    named = path.format(outside=str(outside).lstrip("/"))
    storage = tmp_path / "storage"
    with pytest.raises(MillstreamError, match="does not fit to its commit"):
        restore(recorded(repository, patch(named)), None, storage)  # type: ignore[arg-type]  # it is a record
    assert list(storage.iterdir()) == []


def test_a_patch_does_not_go_through_a_link(
    repository: Path, outside: Path, tmp_path: Path
) -> None:
    link = patch("link", mode="120000", content=str(outside))
    both = link + patch("link/exploded")
    with pytest.raises(MillstreamError, match="does not fit to its commit"):
        restore(recorded(repository, both), None, tmp_path / "storage")  # type: ignore[arg-type]  # it is a record


@pytest.mark.parametrize("target", ["{outside}", ".git"])
def test_sources_do_not_go_through_a_link(
    repository: Path, outside: Path, tmp_path: Path, target: str
) -> None:
    link = patch("link", mode="120000", content=target.format(outside=outside))
    hostile = recorded(repository, link, **{"link/exploded": b"x"})
    with pytest.raises(InvalidParameter, match="leads"):
        restore(hostile, None, tmp_path / "storage")  # type: ignore[arg-type]  # it is a record
    assert list((tmp_path / "storage").iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "../exploded",
        "x/../../exploded",
        "/srv/exploded",
        ".git/config",
        "sub/.Git/config",
        ".git. /config",
        "git~1/config",
        ".git::$INDEX_ALLOCATION/config",
        "a\\..\\..\\exploded",
        "a//b",
        "a\0b",
        "",
    ],
)
def test_names_of_sources_stay_in_the_working_tree(repository: Path, name: str) -> None:
    with pytest.raises(InvalidParameter, match="no file of a working tree"):
        check(recorded(repository, b"", **{name: b"x"}))  # type: ignore[arg-type]  # it is a record


def test_no_filter_or_hook_of_the_code_runs(
    repository: Path, outside: Path, tmp_path: Path
) -> None:
    explode = f"touch {outside}/exploded"
    for name in (
        "filter.x.smudge",
        "filter.x.clean",
        "core.fsmonitor",
        "uploadpack.packObjectsHook",
    ):
        git(repository, "config", name, explode)
    for name in ("post-checkout", "post-index-change", "applypatch-msg", "reference-transaction"):
        hook = repository / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{explode}\n")
        hook.chmod(0o755)
    difference = patch(".gitattributes", content="* filter=x") + patch("new.py")
    found = restore(recorded(repository, difference), None, tmp_path / "storage")  # type: ignore[arg-type]  # it is a record
    assert (found.folder / "new.py").read_text() == "exploded"
    found.remove()


def test_a_branch_named_as_the_commit_is_not_it(repository: Path, tmp_path: Path) -> None:
    subprocess.run(
        ["git", "update-ref", f"refs/heads/{COMMIT}", "HEAD"], cwd=repository, check=True
    )
    hostile = record(tags={GIT_COMMIT: COMMIT, SOURCE_NAME: str(repository)})
    with pytest.raises(MillstreamError):
        restore(hostile, None, tmp_path / "storage")
    assert list((tmp_path / "storage").iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.com/simple",
        "-e .",
        "-r other.txt",
        "./own.whl",
        "/srv/own.whl",
        "https://example.com/own.whl",
        "numpy",
        "numpy>=1",
        "numpy==1.0; import os",
        "numpy==1.0 --global-option=x",
        "numpy==1.0 --hash=md5:abc",
        "numpy==$(id)",
        "--hash=sha256:" + "0" * 64,
    ],
)
def test_a_lock_holds_packages_and_no_options(line: str) -> None:
    with pytest.raises(InvalidParameter, match="no package at a version"):
        pins(f"six==1.0\n{line}\n")
