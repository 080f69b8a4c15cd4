from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream.artifacts import digests
from millstream.artifacts.local import STAGING, LocalArtifacts
from millstream.errors import InvalidParameter, NotFound


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    return folder


def attempts(store: LocalArtifacts, path: str) -> list[Callable[[], object]]:
    return [
        lambda: store.list(path),
        lambda: store.stat(path),
        lambda: store.read(path),
        lambda: store.write(path, [b"x"]),
        lambda: store.delete(path),
        lambda: store.below(path),
    ]


@pytest.mark.parametrize("path", ["file", "folder", "folder/secret", "in/folder/secret"])
def test_no_symlink_leads_out_of_the_root(root: Path, path: str) -> None:
    (root / "in").mkdir()
    (root / "file").symlink_to("../outside/secret")
    (root / "folder").symlink_to(root.parent / "outside")
    (root / "in" / "folder").symlink_to("../../outside")
    for attempt in attempts(LocalArtifacts(root), path):
        with pytest.raises(InvalidParameter, match="leads out of the artifact root"):
            attempt()
    assert (root.parent / "outside" / "secret").read_text() == "secret"


def test_links_that_lead_out_are_not_listed(root: Path) -> None:
    (root / "out").symlink_to(root.parent / "outside")
    (root / "broken").symlink_to("nowhere")
    (root / "real").write_text("x")
    (root / "link").symlink_to("real")
    assert [found.path for found in LocalArtifacts(root).list()] == ["link", "real"]


def test_links_within_the_root_are_followed(root: Path) -> None:
    store = LocalArtifacts(root)
    store.write("a/b", [b"x"])
    (root / "link").symlink_to("a")
    assert b"".join(store.read("link/b")) == b"x"


def test_a_link_from_one_folder_to_another_stays_within_the_boundary(root: Path) -> None:
    store = LocalArtifacts(root)
    store.write("shared", [b"x"])
    store.write("run/own", [b"x"])
    (root / "run" / "link").symlink_to("../shared")
    assert b"".join(store.below("run").read("link")) == b"x"
    with pytest.raises(InvalidParameter, match="leads out"):
        LocalArtifacts(root / "run").read("link")


def test_the_root_itself_may_be_a_link(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    store = LocalArtifacts(link)
    store.write("a", [b"x"])
    assert (root / "a").read_bytes() == b"x"
    assert store.uri == str(link)


def test_a_link_that_is_deleted_with_its_folder_keeps_what_it_points_to(root: Path) -> None:
    (root / "run").mkdir()
    (root / "run" / "out").symlink_to(root.parent / "outside")
    LocalArtifacts(root).delete("run")
    assert (root.parent / "outside" / "secret").exists()


@pytest.mark.parametrize("path", ["pipe", "pipe/x"])
def test_what_is_no_file_is_not_read(root: Path, path: str) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises((InvalidParameter, NotFound)):
        LocalArtifacts(root).read(path)


def test_an_interrupted_write_leaves_nothing(root: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"beginning"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        LocalArtifacts(root).write("new", broken())
    assert list(root.iterdir()) == []


def test_a_file_that_is_being_written_is_not_there_yet(root: Path) -> None:
    store = LocalArtifacts(root)
    with store.create("a") as descriptor:
        os.write(descriptor, b"x")
        assert store.list() == []
    assert [found.path for found in store.list()] == ["a"]


def test_a_file_is_no_folder(root: Path) -> None:
    store = LocalArtifacts(root)
    store.write("file", [b"x"])
    store.write("folder/file", [b"x"])
    with pytest.raises(InvalidParameter, match="needs a folder where there is a file"):
        store.write("file/below", [b"x"])
    with pytest.raises(InvalidParameter, match="refers to a directory"):
        store.write("folder", [b"x"])
    with pytest.raises(InvalidParameter, match="refers to a directory"):
        store.write("", [b"x"])
    assert sorted(path.name for path in root.rglob("*")) == ["file", "file", "folder"]


def test_the_folder_for_uploads_is_hidden_and_closed(root: Path) -> None:
    store = LocalArtifacts(root)
    staged = store.staging("u") / "part"
    staged.parent.mkdir(parents=True)
    staged.write_text("x")
    assert store.list() == []
    for path in (STAGING, f"{STAGING}/u", f"{STAGING}/u/part"):
        for attempt in attempts(store, path):
            with pytest.raises(InvalidParameter, match="reserved"):
                attempt()


def test_a_large_file_replaces_another(root: Path) -> None:
    store = LocalArtifacts(root)
    store.write("a", [b"old"])
    with store.create("a", 9 << 20) as descriptor:
        os.write(descriptor, b"x" * (9 << 20))
    assert (root / "a").stat().st_size == 9 << 20


def test_a_digest_is_remembered_until_the_file_changes(root: Path) -> None:
    file = root / "large"
    file.write_bytes(bytes(2 << 20))
    descriptor = os.open(file, os.O_RDWR)
    digests.remember(descriptor, "0" * 64)
    if not hasattr(os, "setxattr") or digests.recall(descriptor) is None:
        os.close(descriptor)
        pytest.skip("this file system keeps no attributes")
    assert digests.recall(descriptor) == "0" * 64
    os.utime(descriptor, ns=(1, 1))
    assert digests.recall(descriptor) is None
    os.close(descriptor)
