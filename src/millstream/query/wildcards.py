"""LIKE: texts against patterns in which % is any text and _ is any character."""

from __future__ import annotations


def like(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says; there is no escape character."""
    pieces = pattern.split("%")
    if len(pieces) == 1:
        return len(text) == len(pattern) and _is_at(pattern, text, 0)
    first, last = pieces[0], pieces[-1]
    if len(text) < len(first) + len(last) or not _is_at(first, text, 0):
        return False
    end = len(text) - len(last)
    if not _is_at(last, text, end):
        return False
    place = len(first)
    for piece in pieces[1:-1]:
        found = _find(piece, text, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return place <= end


def ilike(pattern: str, text: str) -> bool:
    """The same, disregarding upper and lower case."""
    return like(pattern.lower(), text.lower())


def _find(piece: str, text: str, start: int, end: int) -> int:
    if "_" not in piece:
        return text.find(piece, start, end)
    last = end - len(piece)
    return next((place for place in range(start, last + 1) if _is_at(piece, text, place)), -1)


def _is_at(piece: str, text: str, place: int) -> bool:
    if "_" not in piece:
        return text.startswith(piece, place)
    return len(text) - place >= len(piece) and all(
        sign in ("_", text[place + offset]) for offset, sign in enumerate(piece)
    )
