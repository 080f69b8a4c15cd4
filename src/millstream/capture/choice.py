"""Which parts are captured: all, none, or those that were named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from millstream.errors import InvalidParameter

Part = Literal["console", "git", "packages", "machine", "system_metrics"]
PARTS: tuple[Part, ...] = get_args(Part)
FILES: frozenset[Part] = frozenset(("git", "packages", "machine"))
"""The parts that are kept as files."""


def chosen(text: str | Iterable[str]) -> frozenset[Part]:
    """The parts that `all`, `none`, `console,git` or `all,-console` stand for.

    Words are taken from left to right; one with `-` in front takes its part away. What is no part
    raises `InvalidParameter`.
    """
    words = text.split(",") if isinstance(text, str) else list(text)
    found: set[Part] = set()
    for word in (str(word).strip().lower() for word in words):
        name = word.removeprefix("-")
        if name == "all":
            parts: set[Part] = set(PARTS)
        elif name in ("none", ""):
            parts = set()
        elif name in PARTS:
            parts = {part for part in PARTS if part == name}
        else:
            raise InvalidParameter(
                f"'{word}' cannot be captured. Choose from {', '.join(PARTS)}, or say all or none; "
                "a '-' in front leaves one out, as in all,-console."
            )
        found = found - parts if word.startswith("-") else found | parts
    return frozenset(found)
