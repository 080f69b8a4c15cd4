"""Tokens and their places."""

from __future__ import annotations

import pytest

from millstream.query.lexer import MAX_BYTES, tokens
from millstream.query.refusal import InvalidQuery


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("metrics.acc>=.5", [("name", "metrics.acc"), ("operator", ">="), ("number", ".5")]),
        ("a <-1e-3", [("name", "a"), ("operator", "<"), ("number", "-1e-3")]),
        ("params.'a b'", [("name", "params.'a b'")]),
        ('params."a.b"', [("name", 'params."a.b"')]),
        ("`a b`.c", [("name", "`a b`.c")]),
        ("metrics.a/b", [("glued", "metrics.a/b")]),
        ("'it''s'", [("string", "'it''s'")]),
        ("\"a\" 'b'", [("string", '"a"'), ("string", "'b'")]),
        ("ago(7d)", [("name", "ago"), ("open", "("), ("name", "7d"), ("close", ")")]),
        ("a -- rest", [("name", "a"), ("comment", "-- rest")]),
        ("a /* x", [("name", "a"), ("comment", "/* x")]),
        ("'open", [("unclosed", "'open")]),
        ("5.", [("number", "5.")]),
        ("0x10", [("name", "0x10")]),
        ("é.ü", [("name", "é.ü")]),
        ("a;", [("name", "a"), ("end", ";")]),
        ("[", [("other", "[")]),
    ],
)
def test_tokens(text: str, found: list[tuple[str, str]]) -> None:
    assert kinds(text) == found


def test_tokens_know_their_places() -> None:
    text = "a  =\n'b'"
    assert [text[token.start : token.end] for token in tokens(text)] == ["a", "=", "'b'"]
    assert [token.start for token in tokens(text)] == [0, 3, 5]


@pytest.mark.parametrize(
    ("text", "position"),
    [("a = '\0'", 5), ("a = '\ud800'", 5), ("a" * (MAX_BYTES + 1), MAX_BYTES)],
)
def test_what_no_value_can_be_is_refused(text: str, position: int) -> None:
    with pytest.raises(InvalidQuery) as caught:
        tokens(text)
    assert caught.value.position == position
