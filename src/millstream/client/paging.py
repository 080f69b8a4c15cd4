"""A page of results as a list that knows how to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


class PagedList(list[T]):
    """A list with the `token` that asks for the next page; it is empty or None on the last."""

    def __init__(self, items: Iterable[T], token: str | None) -> None:
        super().__init__(items)
        self.token = token


def collect(
    page: Callable[[int, str | None], PagedList[T]], most: int | None, page_size: int
) -> list[T]:
    """Up to `most` items of as many pages as it takes; all of them if None."""
    found: list[T] = []
    token: str | None = None
    while most is None or len(found) < most:
        size = page_size if most is None else min(page_size, most - len(found))
        items = page(size, token)
        found += items
        token = items.token
        if not token:
            break
    return found
