"""Streams of notebooks: each write arrives once and is heard once, whoever wraps them meanwhile."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.capture.streams import Streams


class NotebookStream(io.TextIOBase):
    """As a kernel's stream: a class of Python, which others ask for."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)


class SlottedStream:
    __slots__ = ("text",)

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)


class Cell:
    """What IPython does around a cell: another `write`, and then the one that was there before."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.text = ""
        before = self.before = stream.write

        def write(text: str, *more: Any) -> Any:
            written = before(text, *more)
            self.text += text
            return written

        stream.write = write

    def end(self) -> None:
        self.stream.write = self.before


@pytest.fixture
def stream() -> NotebookStream:
    return NotebookStream()


class Listener:
    def __init__(self) -> None:
        self.text = ""
        self.streams = Streams()

    def start(self, stream: Any) -> None:
        with mock.patch.object(sys, "stdout", stream):
            self.streams.start(self._hear, ("stdout",))

    def _hear(self, text: str, *_: object) -> None:
        self.text += text


def test_what_cells_write_is_heard_in_each_of_them_and_between(stream: NotebookStream) -> None:
    listener = Listener()
    first = Cell(stream)
    stream.write("unheard ")
    listener.start(stream)
    stream.write("first ")
    first.end()
    stream.write("between ")
    second = Cell(stream)
    stream.write("second ")
    listener.streams.stop()
    stream.write("too late ")
    second.end()
    assert listener.text == "first between second "
    assert first.text == "unheard first "
    assert second.text == "second too late "
    assert stream.text == "unheard first between second too late "


def test_a_stream_is_what_it_was_afterwards(stream: NotebookStream) -> None:
    listener = Listener()
    listener.start(stream)
    assert isinstance(stream, NotebookStream)
    assert repr(type(stream)) == repr(NotebookStream)
    listener.streams.stop()
    assert type(stream) is NotebookStream
    assert "write" not in vars(stream)


def test_a_mock_of_it_can_be_taken_away(stream: NotebookStream) -> None:
    listener = Listener()
    listener.start(stream)
    with mock.patch.object(stream, "write") as mocked:
        stream.write("mocked")
    stream.write("heard")
    assert mocked.mock_calls == [mock.call("mocked")]
    assert stream.text == "heard"
    assert listener.text == "mockedheard"
    listener.streams.stop()


def test_what_somebody_put_there_stays(stream: NotebookStream) -> None:
    listener = Listener()
    listener.start(stream)
    Cell(stream)
    wrapping = stream.write
    listener.streams.stop()
    assert stream.write == wrapping.inner  # type: ignore[attr-defined]  # a write that is heard
    stream.write("still written")
    assert (stream.text, listener.text) == ("still written", "")


@pytest.mark.parametrize(
    ("make", "is_heard"),
    [
        (lambda: io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), True),
        (SlottedStream, False),
    ],
    ids=["built in", "with slots"],
)
def test_a_stream_of_another_kind_is_heard_if_it_can_be(
    make: Callable[[], Any], is_heard: bool
) -> None:
    made = make()
    listener = Listener()
    listener.start(made)
    print("a word", end="", file=made)
    listener.streams.stop()
    print(" and another", end="", file=made)
    assert listener.text == ("a word" if is_heard else "")
    written = made.buffer.getvalue().decode() if is_heard else made.text
    assert written == "a word and another"


def test_a_program_without_a_console_has_nothing_to_hear() -> None:
    listener = Listener()
    listener.start(None)
    listener.streams.stop()


def test_what_cannot_be_written_is_not_heard(stream: NotebookStream) -> None:
    listener = Listener()
    listener.start(stream)
    with pytest.raises(TypeError):
        stream.write(3)  # type: ignore[arg-type]  # on purpose
    stream.write("heard")
    assert listener.text == "heard"
    listener.streams.stop()


@given(st.lists(st.sampled_from(["listen", "stop", "begin a cell", "end a cell", "write"])))
def test_each_write_arrives_once_and_is_heard_by_whoever_listens(steps: list[str]) -> None:
    stream = NotebookStream()
    listener = Listener()
    cells: list[Cell] = []
    written, expected, listens = "", "", False
    for number, step in enumerate(steps):
        if step == "listen" and not listens:
            listener.start(stream)
            listens = True
        elif step == "stop" and listens:
            listener.streams.stop()
            listens = False
        elif step == "begin a cell":
            cells.append(Cell(stream))
        elif step == "end a cell" and cells:
            cells.pop().end()
        elif step == "write":
            print(number, end=",", file=stream)
            written += f"{number},"
            expected += f"{number}," * listens
    listener.streams.stop()
    while cells:
        cells.pop().end()
    print("end", end="", file=stream)
    assert stream.text == f"{written}end"
    assert listener.text == expected
    assert type(stream) is NotebookStream
