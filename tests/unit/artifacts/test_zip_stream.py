from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from millstream.artifacts import zip_stream
from millstream.artifacts.local import BLOCK, LocalArtifacts
from millstream.artifacts.zip_stream import files_below, zip_of
from millstream.entities.artifacts import FileInfo
from millstream.errors import InvalidParameter, NotFound

FILES = {
    "train.py": b"print(1)\n",
    "plots/loss.png": b"\x89PNG",
    "plots/empty.txt": b"",
    "plots/deep/er/über maß.txt": "größe".encode(),
    'plots/<img src=x onerror="alert(1)">.txt': b"x",
    "plots/-rf": b"y",
}


def store_of(root: Path, files: dict[str, bytes]) -> LocalArtifacts:
    store = LocalArtifacts(root)
    for path, content in files.items():
        store.write(path, [content])
    return store


def unpacked(store: LocalArtifacts, folder: str, name: str) -> dict[str, bytes]:
    content = b"".join(zip_of(store, files_below(store, folder), folder, name))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {entry: archive.read(entry) for entry in archive.namelist()}


def test_the_whole_comes_with_all_that_is_in_it(tmp_path: Path) -> None:
    store = store_of(tmp_path, FILES)
    assert unpacked(store, "", "run") == {f"run/{path}": body for path, body in FILES.items()}


def test_a_folder_comes_without_what_is_beside_and_above_it(tmp_path: Path) -> None:
    store = store_of(tmp_path, FILES)
    assert unpacked(store, "plots/deep", "deep") == {"deep/er/über maß.txt": "größe".encode()}


def test_files_can_be_read_by_their_owner_and_others(tmp_path: Path) -> None:
    store = store_of(tmp_path, FILES)
    content = b"".join(zip_of(store, files_below(store, ""), "", "run"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}


@pytest.mark.parametrize("name", ["..\\evil.txt", "a\nb", "%2e%2e%2fevil"])
def test_a_name_that_leads_elsewhere_is_refused_and_named(tmp_path: Path, name: str) -> None:
    store = store_of(tmp_path, {"plots/loss.png": b"x"})
    (tmp_path / "plots" / name).write_bytes(b"evil")
    with pytest.raises(InvalidParameter, match="Invalid path: ") as caught:
        files_below(store, "")
    assert repr(f"plots/{name}") in caught.value.message


def test_links_that_lead_out_are_left_out_and_loops_end(tmp_path: Path) -> None:
    store = store_of(tmp_path / "root", {"note.txt": b"x"})
    (tmp_path / "secret").write_bytes(b"SECRET")
    (tmp_path / "root/link").symlink_to(tmp_path / "secret")
    (tmp_path / "root/beside").symlink_to(tmp_path)
    assert unpacked(store, "", "run") == {"run/note.txt": b"x"}
    (tmp_path / "root/loop").symlink_to(tmp_path / "root")
    with pytest.raises(InvalidParameter, match="is too long"):
        files_below(store, "")


def test_nothing_and_a_file_are_no_folder(tmp_path: Path) -> None:
    store = store_of(tmp_path, FILES)
    with pytest.raises(NotFound, match="No such artifact: 'other'"):
        files_below(store, "other")
    with pytest.raises(InvalidParameter, match=r"'train\.py' is a file"):
        files_below(store, "train.py")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="There are no files in the folder 'empty'"):
        files_below(store, "empty")
    with pytest.raises(NotFound, match=r"There are no files in the folder '\.'"):
        files_below(LocalArtifacts(tmp_path / "none"), "")


def test_more_than_can_be_listed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path, FILES)
    monkeypatch.setattr(zip_stream, "MOST_ENTRIES", 9)
    assert len(files_below(store, "")) == 6
    monkeypatch.setattr(zip_stream, "MOST_ENTRIES", 8)
    with pytest.raises(InvalidParameter, match="more than 8 files and folders"):
        files_below(store, "")


class Counted(LocalArtifacts):
    """Counts the bytes that were read."""

    count = 0

    def read(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes, counted as they leave."""
        for block in super().read(path, offset, length):
            self.count += len(block)
            yield block


def test_no_more_than_a_few_blocks_are_read_ahead(tmp_path: Path) -> None:
    store = Counted(tmp_path)
    store.write("large.bin", [bytes(BLOCK)] * 12)
    for number in range(3_000):
        store.write(f"small/{number:04}", [bytes(1_000)])
    sent = 0
    for block in zip_of(store, files_below(store, ""), "", "run"):
        sent += len(block)
        assert len(block) <= 3 * BLOCK
        assert store.count - sent <= 2 * BLOCK
    assert store.count == 12 * BLOCK + 3_000_000


def test_a_file_that_grows_comes_as_it_was_listed(tmp_path: Path) -> None:
    store = store_of(tmp_path, {"log.txt": b"one\n"})
    files = files_below(store, "")
    store.write("log.txt", [b"one\ntwo\n"])
    content = b"".join(zip_of(store, files, "", "run"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("run/log.txt") == b"one\n"


def test_a_file_that_is_gone_breaks_it_off(tmp_path: Path) -> None:
    store = store_of(tmp_path, {"log.txt": b"one\n"})
    files = files_below(store, "")
    store.delete("log.txt")
    with pytest.raises(NotFound, match=r"No such artifact: 'log\.txt'"):
        list(zip_of(store, files, "", "run"))


def test_sizes_that_need_large_fields_and_unknown_ones(tmp_path: Path) -> None:
    store = store_of(tmp_path, {"a": b"content"})
    for size in (None, 5 << 30):
        files = [FileInfo(path="a", is_dir=False, file_size=size)]
        content = b"".join(zip_of(store, files, "", "run"))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.read("run/a") == b"content"


NAMES = some.text(
    some.characters(exclude_characters="/\\%", exclude_categories=["Cc", "Cs"]),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in (".", "..") and not name.startswith(".millstream"))


@settings(max_examples=40)
@given(some.dictionaries(NAMES, some.binary(max_size=100), min_size=1, max_size=5))
def test_any_names_and_contents_come_back(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    store = store_of(
        tmp_path_factory.mktemp("any"), {f"in/{name}": body for name, body in files.items()}
    )
    assert unpacked(store, "in", "in") == {f"in/{name}": body for name, body in files.items()}
