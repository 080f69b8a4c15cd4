"""The contract of every place for artifacts, as a class of tests.

Inherit from `ArtifactStoreContract` and define a fixture `store` that gives an empty store.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from millstream.artifacts.interface import ArtifactStore
from millstream.entities.artifacts import FileInfo
from millstream.errors import InvalidParameter, NotFound

LARGE = 3 * (1 << 20) + 17

LEAVING = [
    "/etc/passwd",
    "//etc/passwd",
    "..",
    "../x",
    "a/../../x",
    "a/..",
    "%2e%2e/x",
    "%252e%252e/x",
    "a%2fb",
    "a%252fb",
    "%2fetc/passwd",
    "a\\b",
    "..\\x",
    "a%5cb",
    "a\0b",
    "a%00b",
    "C:/x",
    "c:x",
    "a/\n",
]


class ArtifactStoreContract:
    """What holds for a folder, a cloud and a server alike."""

    def test_a_file_is_read_as_it_was_written(self, store: ArtifactStore) -> None:
        store.write("a/b.txt", [b"one ", b"two"])
        assert read(store, "a/b.txt") == b"one two"
        assert store.stat("a/b.txt") == FileInfo(path="a/b.txt", is_dir=False, file_size=7)

    def test_an_empty_file_is_a_file(self, store: ArtifactStore) -> None:
        store.write("empty", [])
        assert read(store, "empty") == b""
        assert store.stat("empty") == FileInfo(path="empty", is_dir=False, file_size=0)

    def test_a_large_file_comes_back_whole(self, store: ArtifactStore) -> None:
        content = bytes(range(256)) * (LARGE // 256) + b"end"
        blocks = (content[start : start + 70_001] for start in range(0, len(content), 70_001))
        store.write("large.bin", blocks)
        assert read(store, "large.bin") == content

    def test_writing_again_replaces(self, store: ArtifactStore) -> None:
        store.write("x", [b"first and long"])
        store.write("x", [b"second"])
        assert read(store, "x") == b"second"

    def test_names_may_be_any_text(self, store: ArtifactStore) -> None:
        names = ["ä ö.txt", "a b&c=d?e#f.txt", "100%.txt", "50%25.txt", "+.txt", "'q' \"r\".txt"]
        for name in names:
            store.write(f"d/{name}", [name.encode()])
        assert {found.path for found in store.list("d")} == {f"d/{name}" for name in names}
        assert [read(store, f"d/{name}") for name in names] == [name.encode() for name in names]

    @pytest.mark.parametrize(
        ("offset", "length", "expected"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (3, 4, b"3456"),
            (0, 10, b"0123456789"),
            (8, 100, b"89"),
            (10, None, b""),
            (99, 5, b""),
            (4, 0, b""),
        ],
    )
    def test_a_range_is_read(
        self, store: ArtifactStore, offset: int, length: int | None, expected: bytes
    ) -> None:
        store.write("digits", [b"0123456789"])
        assert b"".join(map(bytes, store.read("digits", offset, length))) == expected

    def test_a_folder_lists_what_is_directly_below_it(self, store: ArtifactStore) -> None:
        for path in ("b", "a/1", "a/2", "a/deep/3", "c/4"):
            store.write(path, [b"123"])
        assert store.list() == [
            FileInfo(path="a", is_dir=True),
            FileInfo(path="b", is_dir=False, file_size=3),
            FileInfo(path="c", is_dir=True),
        ]
        assert store.list("a") == [
            FileInfo(path="a/1", is_dir=False, file_size=3),
            FileInfo(path="a/2", is_dir=False, file_size=3),
            FileInfo(path="a/deep", is_dir=True),
        ]

    def test_nothing_is_listed_of_a_file_or_of_the_absent(self, store: ArtifactStore) -> None:
        store.write("file", [b"x"])
        store.write("other/other", [b"x"])
        assert store.list("file") == []
        assert store.list("none") == []
        assert [found.path for found in store.list("other")] == ["other/other"]

    def test_a_folder_has_no_size(self, store: ArtifactStore) -> None:
        store.write("a/b/c", [b"x"])
        assert store.stat("a") == FileInfo(path="a", is_dir=True)
        assert store.stat("a/b") == FileInfo(path="a/b", is_dir=True)

    def test_the_absent_is_not_found(self, store: ArtifactStore) -> None:
        store.write("a/b", [b"x"])
        for path in ("none", "a/none", "a/b/c"):
            with pytest.raises(NotFound):
                store.stat(path)
            with pytest.raises(NotFound):
                store.read(path)

    def test_a_folder_cannot_be_read(self, store: ArtifactStore) -> None:
        store.write("a/b", [b"x"])
        with pytest.raises((InvalidParameter, NotFound)):
            read(store, "a")

    def test_deleting_a_folder_takes_all_below_it_and_no_more(self, store: ArtifactStore) -> None:
        for path in ("a/1", "a/deep/2", "ab", "a.txt"):
            store.write(path, [b"x"])
        store.delete("a")
        assert [found.path for found in store.list()] == ["a.txt", "ab"]

    def test_deleting_a_file_leaves_its_neighbours(self, store: ArtifactStore) -> None:
        for path in ("a/1", "a/12"):
            store.write(path, [b"x"])
        store.delete("a/1")
        assert [found.path for found in store.list("a")] == ["a/12"]

    def test_deleting_the_absent_does_nothing(self, store: ArtifactStore) -> None:
        store.write("a", [b"x"])
        store.delete("none")
        store.delete("none/deep")
        assert read(store, "a") == b"x"

    def test_a_write_that_fails_leaves_what_was_there(self, store: ArtifactStore) -> None:
        def broken() -> Iterator[bytes]:
            yield b"x" * LARGE
            raise ConnectionError("the source broke")

        store.write("kept", [b"before"])
        for path in ("kept", "new"):
            with pytest.raises(Exception, match="broke"):
                store.write(path, broken())
        assert read(store, "kept") == b"before"
        assert [found.path for found in store.list()] == ["kept"]

    def test_a_folder_of_the_store_is_a_store(self, store: ArtifactStore) -> None:
        store.write("a/b/c", [b"1"])
        inner = store.below("a/b")
        inner.write("d/e", [b"2"])
        assert [found.path for found in inner.list()] == ["c", "d"]
        assert read(store, "a/b/d/e") == b"2"
        assert inner.uri.rstrip("/") == store.uri.rstrip("/") + "/a/b"
        assert store.below("").list() == store.list()
        assert store.below("not/yet").list() == []

    @pytest.mark.parametrize("path", LEAVING)
    def test_no_path_leaves_the_root(self, store: ArtifactStore, path: str) -> None:
        attempts: list[Callable[[], object]] = [
            lambda: store.list(path),
            lambda: store.stat(path),
            lambda: store.read(path),
            lambda: store.write(path, [b"x"]),
            lambda: store.delete(path),
            lambda: store.below(path),
        ]
        for attempt in attempts:
            with pytest.raises(InvalidParameter, match=r"^Invalid path"):
                attempt()
        assert store.list() == []

    def test_paths_have_one_form(self, store: ArtifactStore) -> None:
        store.write("a//b/./c/", [b"x"])
        assert [found.path for found in store.list("a/b/")] == ["a/b/c"]
        assert read(store, "./a/b/c") == b"x"

    def test_many_threads_write_at_once(self, store: ArtifactStore) -> None:
        def work(number: int) -> None:
            for index in range(5):
                store.write(f"{number}/{index}", [b"%d" % number])

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.list()) == 4
        assert all(read(store, f"{n}/{i}") == b"%d" % n for n in range(4) for i in range(5))


def read(store: ArtifactStore, path: str) -> bytes:
    """A whole file."""
    return b"".join(bytes(block) for block in store.read(path))
