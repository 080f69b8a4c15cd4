"""What those ask of a store who would rather do without an answer than wait long for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from millstream.store.interface import Store

Seconds = Callable[[], float | None]
"""How long to wait at most, asked each time; None: as long as it takes."""


@runtime_checkable
class HasPromptness(Protocol):
    """A store that can be read without waiting as long as it takes."""

    def answering_within(self, seconds: Seconds) -> Store:
        """The same store, which raises `Unavailable` if what is read does not come in time.

        It shares all connections, and goes with the store. Of writes, whoever waits for them says
        how long.
        """
