"""The lines that a terminal shows."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.capture import terminal
from millstream.capture.terminal import Terminal


def lines(*texts: str, most: int = 1_000_000) -> list[str]:
    """What is on the terminal at the end, whatever was taken in between."""
    written = Terminal(most)
    found: dict[int, str] = {}
    for text in texts:
        written.feed(text, "stdout", 1)
    for line in written.close():
        found[line.number] = line.text
    assert list(found) == sorted(found)
    return list(found.values())


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a\nb\n"], ["a", "b"]),
        (["a", "b\nc"], ["ab", "c"]),
        (["a\n\nb\n"], ["a", "", "b"]),
        ([f"\r{place:3d} %" for place in range(1_000)], ["999 %"]),
        (["abc\rX\n"], ["Xbc"]),
        (["a\b\bb\n"], ["b"]),
        (["12345\x1b[3D\x1b[K|\n"], ["12|"]),
        (["12345\x1b[2K\rx\n"], ["x"]),
        (["12345\x1b[3D\x1b[1K\n"], ["  345"]),
        (["a\x1b[5Gb\n"], ["a   b"]),
        (["one\ntwo\n\x1b[2Auno\x1b[K\n\nx"], ["uno", "two", "x"]),
        (["one\ntwo\x1b[1F\x1b[J1\n"], ["1", ""]),
        (["\x1b[31mred\x1b[0m plain\n"], ["\x1b[31mred\x1b[0m plain"]),
        (["\x1b[31", "mred\nnext\n"], ["\x1b[31mred\x1b[0m", "\x1b[31mnext\x1b[0m"]),
        (["\x1b[32m###\x1b[0m  \r\x1b[33mA\n"], ["\x1b[33mA\x1b[0m\x1b[32m##\x1b[0m  "]),
        (["\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\n"], ["ab"]),
        (["\x00\x01a\x9f\x7f\ufffdb\tc\n"], ["a\ufffdb\tc"]),
        (["a\x1b", "[1A\x1b[99999999Ab\n"], ["ab"]),
        (["\x1b["], []),
        (["\x1b(B\x1b=\x1b>x\n"], ["x"]),
    ],
)
def test_what_is_written_is_shown_as_a_terminal_shows_it(
    texts: list[str], expected: list[str]
) -> None:
    assert lines(*texts) == expected


def test_only_what_changed_is_given() -> None:
    written = Terminal(1_000)
    written.feed("a\nb", "stdout", 5)
    assert [(x.number, x.text, x.revision) for x in written.take()] == [(0, "a", 0), (1, "b", 0)]
    assert written.take() == []
    written.feed("c\n", "stdout", 6)
    (line,) = written.take()
    assert (line.number, line.text, line.revision, line.timestamp) == (1, "bc", 1, 6)


def test_a_line_that_is_rewritten_a_thousand_times_is_given_once() -> None:
    written = Terminal(1_000_000)
    for place in range(1_000):
        written.feed(f"\r{place}", "stdout", place)
    assert [line.text for line in written.take()] == ["999"]


def test_streams_that_go_to_different_places_do_not_share_lines() -> None:
    written = Terminal(1_000)
    written.feed("out", "stdout", 1)
    written.feed("err\n", "stderr", 1)
    written.feed("more\n", "stdout", 1)
    found = [(line.text, line.stream) for line in written.close()]
    assert found == [("out", "stdout"), ("err", "stderr"), ("more", "stdout")]


def test_of_too_much_the_beginning_and_the_end_are_kept() -> None:
    texts = [f"line {number}\n" for number in range(2_000)]
    found = lines(*texts, most=15)
    assert found[:2] == ["line 0", "line 1"]
    assert found[2] == "[millstream: 1,498 lines are left out here, for there were too many]"
    assert found[3:] == [f"line {number}" for number in range(1_500, 2_000)]


def test_a_little_too_much_is_kept_whole() -> None:
    texts = [f"line {number}\n" for number in range(5)]
    assert lines(*texts, most=15) == [text.rstrip() for text in texts]


def test_memory_is_bounded_however_much_is_written() -> None:
    written = Terminal(1_000)
    for _ in range(300):
        written.feed("x" * 100 + "\n" + "y" * 9_000, "stdout", 1)
    assert len(written._unread) <= 2 * terminal._UNREAD + 9_101
    assert len(written.close()) <= 500 + 12


def test_a_long_line_is_cut() -> None:
    (line,) = lines("x" * 50_000 + "\n")
    assert line == "x" * 10_000 + " … (cut)"
    (line,) = lines("\r" + "y" * 50_000 + "\rz\n")
    assert line.startswith("zy")
    assert len(line) <= 10_010


@given(st.text(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_how_the_text_is_cut_into_pieces_changes_nothing(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(edges)]
    assert lines(*pieces) == lines(text)


@given(st.text(alphabet="ab\r\n\b\x1b[0123;ABCDEFGJKmhl]?\t", max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    for line in lines(text):
        assert "\r" not in line
        assert "\n" not in line
