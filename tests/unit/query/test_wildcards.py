"""LIKE patterns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.query.wildcards import ilike, like


@pytest.mark.parametrize(
    ("pattern", "text", "outcome"),
    [
        ("", "", True),
        ("%", "", True),
        ("_", "", False),
        ("a%", "abc", True),
        ("%c", "abc", True),
        ("%b%", "abc", True),
        ("a_c", "abc", True),
        ("a_c", "ac", False),
        ("A%", "abc", False),
        ("a%a", "a", False),
        ("%_b%", "ab", True),
        ("a\\%", "a%", False),
        ("[a]", "a", False),
        ("a*", "ab", False),
    ],
)
def test_like(pattern: str, text: str, outcome: bool) -> None:
    assert like(pattern, text) is outcome


def test_ilike_disregards_case() -> None:
    assert ilike("Ä%B", "äxb")
    assert not ilike("a", "b")


@given(st.text("ab%_", max_size=8), st.text("ab", max_size=12))
def test_like_agrees_with_a_regular_expression(pattern: str, text: str) -> None:
    expression = "".join({"%": ".*", "_": "."}.get(sign, sign) for sign in pattern)
    assert like(pattern, text) == bool(re.fullmatch(expression, text))
