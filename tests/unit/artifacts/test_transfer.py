from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from millstream.artifacts import transfer
from millstream.artifacts.local import LocalArtifacts
from millstream.artifacts.progress import Progress
from millstream.entities.artifacts import FileInfo
from millstream.errors import InvalidParameter, MillstreamError, NotFound, PermissionDenied


@pytest.fixture
def store(tmp_path: Path) -> LocalArtifacts:
    return LocalArtifacts(tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "folder"
    for index in range(20):
        file = root / f"{index % 3}" / f"{index}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"content {index}")
    (root / "top.txt").write_text("top")
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


class FailingStore(LocalArtifacts):
    """Fails for one file, and counts the others."""

    fails_on = ""
    failure: Exception = PermissionDenied("no")

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Fail or write."""
        if path == self.fails_on:
            raise self.failure
        super().write(path, chunks)


def test_a_file_goes_up_and_comes_down(store: LocalArtifacts, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    transfer.upload(store, tmp_path / "file", "a/b")
    local = transfer.download(store, "a/b", tmp_path / "down")
    assert local == str(tmp_path / "down" / "a" / "b")
    assert Path(local).read_bytes() == b"x" * 3_000_000


def test_a_folder_goes_up_and_comes_down(
    store: LocalArtifacts, folder: Path, tmp_path: Path
) -> None:
    transfer.upload_folder(store, folder, "in/side")
    local = transfer.download(store, "in", tmp_path / "down")
    assert local == str(tmp_path / "down" / "in")
    assert contents(tmp_path / "down" / "in" / "side") == contents(folder)


def test_everything_comes_down_to_a_new_folder(store: LocalArtifacts, folder: Path) -> None:
    transfer.upload_folder(store, folder)
    local = Path(transfer.download(store))
    assert contents(local) == contents(folder)


def test_a_file_that_fails_names_itself(folder: Path, tmp_path: Path) -> None:
    store = FailingStore(tmp_path / "store")
    store.fails_on = "1/7.txt"
    with pytest.raises(PermissionDenied, match=r"folder/1/7.txt: no"):
        transfer.upload_folder(store, folder)
    store.failure = OSError("disk full")
    with pytest.raises(MillstreamError, match=r"folder/1/7.txt: disk full"):
        transfer.upload_folder(store, folder)


def test_the_rest_is_left_when_a_file_fails(tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for index in range(300):
        (root / f"{index:03d}").write_text("x")
    store = FailingStore(tmp_path / "store")
    store.fails_on = "000"
    begun = threading.Semaphore(0)
    write = LocalArtifacts.write

    def slow(self: LocalArtifacts, path: str, chunks: Iterable[bytes]) -> None:
        begun.release()
        threading.Event().wait(0.01)
        write(self, path, chunks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalArtifacts, "write", slow)
        with pytest.raises(PermissionDenied):
            transfer.upload_folder(store, root)
    assert len(store.list()) < 200


def test_what_is_not_there_is_named(store: LocalArtifacts, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="is not a file"):
        transfer.upload(store, tmp_path / "none", "a")
    with pytest.raises(InvalidParameter, match="is not a folder"):
        transfer.upload_folder(store, tmp_path / "none")
    with pytest.raises(NotFound, match="none"):
        transfer.download(store, "none", tmp_path)


def test_a_store_that_lies_about_paths_cannot_write_elsewhere(tmp_path: Path) -> None:
    class Lying(LocalArtifacts):
        """Says that its files are elsewhere."""

        def list(self, path: str = "") -> list[FileInfo]:
            """Name a file outside."""
            return [FileInfo(path=f"{path}../../evil", is_dir=False, file_size=1)]

    with pytest.raises(InvalidParameter, match="Invalid path"):
        transfer.download(Lying(tmp_path / "store"), "", tmp_path / "down")
    (tmp_path / "down" / "link").symlink_to(tmp_path)

    class Linked(LocalArtifacts):
        """Says that its files are behind a link."""

        def list(self, path: str = "") -> list[FileInfo]:
            """Name a file behind the link."""
            return [FileInfo(path=f"{path}link/evil", is_dir=False, file_size=1)]

    with pytest.raises(NotFound):
        transfer.download(Linked(tmp_path / "store"), "", tmp_path / "down")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_progress_is_shown_for_what_is_large_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress("Uploading it", 65 << 20) as progress:
        progress.advance(1 << 20)
    assert "Uploading it" in terminal.getvalue()


@pytest.mark.parametrize(
    ("stream", "size", "quiet"),
    [(io.StringIO(), 65 << 20, False), (Terminal(), 1, False), (Terminal(), 65 << 20, True)],
    ids=["no terminal", "small", "quiet"],
)
def test_progress_is_not_shown_otherwise(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, size: int, quiet: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress("Uploading it", size, quiet=quiet) as progress:
        progress.advance(1)
    assert stream.getvalue() == ""
