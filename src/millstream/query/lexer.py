"""A filter as tokens, each with its place in the text."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from millstream.query.refusal import InvalidQuery

MAX_BYTES = 64 * 1024

TokenKind = Literal[
    "number", "string", "name", "glued", "operator", "open", "close", "comma", "end", "comment",
    "unclosed", "other",
]  # fmt: skip


class Token(NamedTuple):
    """A piece of the text from `start` to `end`.

    A name may have quoted parts, as in metrics."val acc". "glued" is a name with signs in it that
    need quotes, as in metrics.a/b. "end" is a semicolon, "unclosed" a quote without its partner.
    """

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The text in upper case, for comparison with keywords."""
        return self.text.upper() if self.kind == "name" else self.text


_QUOTED = r"""(?:'(?:''|[^'])*+'|"(?:""|[^"])*+"|`[^`]*+`)"""
_NAME = rf"(?:\w++|`[^`]*+`)(?:\.(?:{_QUOTED}|\w+)?+)*+"
_SIGNS = r"[-+*/%@:$\#&|^~?\\]"
_GRAMMAR = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*|/\*(?s:.)*?(?:\*/|\Z)|\#[^\n]*)
  | (?P<number>[-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w.]))
  | (?P<string>'(?:''|[^'])*+'|"(?:""|[^"])*+"(?!\.))
  | (?P<glued>{_NAME}{_SIGNS}(?:{_NAME}|{_SIGNS})*+)
  | (?P<name>{_NAME}|"(?:""|[^"])*+"\.(?:{_QUOTED}|[\w.]+)?+)
  | (?P<operator>[<>=!]+)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<comma>,)
  | (?P<end>;)
  | (?P<unclosed>['"`](?s:.)*+)
  | (?P<other>.)
    """,
    re.VERBOSE,
)


def tokens(text: str) -> list[Token]:
    """Cut a filter into tokens; white space is dropped.

    Raises:
        InvalidQuery: if the text is too long or has characters that no value can have.
    """
    _check_text(text)
    found = []
    for match in _GRAMMAR.finditer(text):
        kind = match.lastgroup
        if kind != "space":
            found.append(Token(kind, match[0], match.start(), match.end()))  # type: ignore[arg-type]  # the groups are the kinds
    return found


def _check_text(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidQuery(
            "Invalid filter string: it contains half of a surrogate pair, which is no character",
            error.start,
        ) from error
    if size > MAX_BYTES:
        raise InvalidQuery(
            f"Invalid filter string: it has {size} bytes; the limit is {MAX_BYTES}", MAX_BYTES
        )
    zero = text.find("\0")
    if zero >= 0:
        raise InvalidQuery("Invalid filter string: it contains the character NUL", zero)


def unquote(text: str) -> str:
    """A key or value without the quotes around it; quotes inside stay as they are."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"`":
        return text[1:-1]
    return text
