"""The dialect of RLIKE: what is in it, and that it matches as Python's own engine does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.query import regex
from millstream.query.automaton import automaton, search
from millstream.query.regex import InvalidPattern

atoms = st.sampled_from(
    ["a", "b", "c", ".", "[ab]", "[^a]", "[a-b]", r"\d", r"\w", r"\W", r"\s", r"\.", "_", "^", "$"]
)

quantifiers = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,}"])


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeated = inner.filter(lambda pattern: not re.search(r"[\^$]", pattern))
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("({}|{})".format, inner, inner),
        st.builds(
            "(?:{}){}".format, repeated, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,}"])
        ),
    )


patterns = st.recursive(atoms, combined, max_leaves=8)


@given(patterns, st.text("abc1_. \n", max_size=8))
def test_it_matches_as_python_does(pattern: str, text: str) -> None:
    as_python = pattern.replace("$", r"\Z")
    assert search(pattern, text) == bool(re.search(as_python, text, re.ASCII))


@given(patterns, st.text("abc1_. ", max_size=8))
def test_what_is_written_for_databases_means_the_same(pattern: str, text: str) -> None:
    written = regex.write(regex.parse(pattern), end=r"\Z")
    assert search(pattern, text) == bool(re.search(written, text))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(?i)straße", "STRAßE"),
        ("(?i)[a-c]X", "Bx"),
        (r"[\]\-^]", "-"),
        ("[a-]", "-"),
        ("a{2}?", "aa"),
        (r"\x2d".replace("x2d", "-"), "-"),
        ("中+", "x中中"),
    ],
)
def test_matches(pattern: str, text: str) -> None:
    assert search(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "position"),
    [
        ("", 0),
        ("a(", 2),
        ("a)", 1),
        ("(a", 0),
        ("*a", 0),
        ("a**", 2),
        ("^*", 0),
        ("a|", 2),
        ("[a", 0),
        ("[]", 0),
        ("[z-a]", 0),
        ("[[:alpha:]]", 1),
        (r"(a)\1", 3),
        (r"\b", 0),
        ("(?=a)", 0),
        ("a{", 1),
        ("a{3,2}", 1),
        ("a{300}", 1),
        ("a\\", 1),
        (r"[\D]", 1),
        ("(" * 51 + "a" + ")" * 51, 50),
        ("((a{200}){200}){200}", 0),
    ],
)
def test_what_is_not_in_the_dialect_is_refused_where_it_stands(pattern: str, position: int) -> None:
    with pytest.raises(InvalidPattern) as caught:
        automaton(pattern)
    assert caught.value.position == position


def test_no_pattern_takes_exponential_time() -> None:
    assert not search("(a|a)*(a*)*(a+)+b", "a" * 20_000)


@given(st.text(max_size=20))
def test_any_text_is_a_pattern_or_refused(pattern: str) -> None:
    refusal = None
    try:
        automaton(pattern)
    except InvalidPattern as error:
        refusal = error
    assert refusal is None or 0 <= refusal.position <= len(pattern)
