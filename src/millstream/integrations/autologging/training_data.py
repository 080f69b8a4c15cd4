"""The data that a library's own container was made of, which the container does not give back."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

from millstream.integrations.autologging.data import example_of


class Origin(NamedTuple):
    """The first rows of some data, and the data themselves for as long as anybody holds them."""

    head: Any
    data: Callable[[], Any]


class Origins:
    """What containers were made of, for as long as they live.

    They are told apart by their identity, since not all of them have a hash.
    """

    def __init__(self) -> None:
        self._known: dict[int, Origin] = {}

    def note(self, container: Any, data: Any) -> None:
        """Remember what a container is made of; of files and iterators there is nothing to."""
        head = example_of(data)
        if head is not None:
            self._known[id(container)] = Origin(head, _reference(data))
            weakref.finalize(container, self._known.pop, id(container), None).atexit = False

    def head_of(self, container: Any) -> Any:
        """The first rows, if the container was made while automatic logging was on."""
        origin = self._known.get(id(container))
        return None if origin is None else origin.head

    def data_of(self, container: Any) -> Any:
        """The data, if they are still there."""
        origin = self._known.get(id(container))
        return None if origin is None else origin.data()


def _reference(data: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(data)
    except TypeError:
        return lambda: None
