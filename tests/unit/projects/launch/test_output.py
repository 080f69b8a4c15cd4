"""Lines of a growing file come whole, in order, and all of them."""

from __future__ import annotations

import gc
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.projects.launch.output import OutputFile, lines_of


@pytest.fixture
def over() -> threading.Event:
    return threading.Event()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"))


@given(lines=st.lists(TEXT), cuts=st.lists(st.integers(0, 200)), ends=st.booleans())
def test_lines_are_whole_however_they_were_written(
    lines: list[str], cuts: list[int], ends: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("output") / "file"
    path.touch()
    content = "".join(f"{line}\n" for line in lines) + ("" if ends else "last")
    bounds = sorted({0, *(cut for cut in cuts if cut < len(content)), len(content)})
    over = threading.Event()
    found: list[str] = []

    def read() -> None:
        found.extend(lines_of(path, over, follow=True))

    reader = threading.Thread(target=read)
    reader.start()
    with path.open("a", encoding="utf-8") as file:
        for start, end in pairwise(bounds):
            file.write(content[start:end])
            file.flush()
    over.set()
    reader.join(20)
    assert found == [*lines, *([] if ends else ["last"])]


def test_without_following_it_is_what_there_is(tmp_path: Path, over: threading.Event) -> None:
    path = tmp_path / "file"
    assert list(lines_of(path, over, follow=False)) == []
    path.write_bytes(b"one\r\ntwo \xff")
    assert list(lines_of(path, over, follow=False)) == ["one", "two \ufffd"]


def test_a_file_that_never_comes_has_no_lines(tmp_path: Path, over: threading.Event) -> None:
    over.set()
    assert list(lines_of(tmp_path / "absent", over, follow=True)) == []


def test_the_file_goes_with_what_it_is_for(over: threading.Event) -> None:
    output = OutputFile("1" * 32)
    path = output.path
    path.write_text("line\n")
    assert list(output.lines(over, follow=False)) == ["line"]
    assert path.stat().st_mode & 0o777 == 0o600
    del output
    gc.collect()
    assert not path.exists()
