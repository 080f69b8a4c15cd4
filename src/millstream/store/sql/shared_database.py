"""A database as somebody sees it who shares the connections and the writer of another one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from millstream.store.news import Change
from millstream.store.pending import Pending
from millstream.store.sql.database import Database
from millstream.store.sql.reader import Reader

T = TypeVar("T")


class SharedDatabase(Database):
    """It shares all that the `whole` has, which stays open when this one is closed."""

    def __init__(self, whole: Database) -> None:
        # Not the parent's constructor, which would open the database once more.
        self.whole = whole
        self.target = whole.target
        self.dialect = whole.dialect
        self.partners = whole.partners

    def read(self, operation: Callable[..., T], *arguments: Any) -> T:
        """Call `operation(reader, *arguments)`; a connection that died is replaced once."""
        return self.whole.read(operation, *arguments)

    def reader(self) -> AbstractContextManager[Reader]:
        """A reader for a `with` block."""
        return self.whole.reader()

    def own_reader(self) -> AbstractContextManager[Reader]:
        """A reader on a connection of its own, for what reads slowly."""
        return self.whole.own_reader()

    def write(self, operation: Callable[..., T], *arguments: Any) -> Pending[T]:
        """Hand `operation(transaction, *arguments)` to the writer."""
        return self.whole.write(operation, *arguments)

    @property
    def waiting_writes(self) -> int:
        """How many operations were handed over that the writer has not begun."""
        return self.whole.waiting_writes

    @property
    def commits(self) -> int:
        """How many transactions this process has committed."""
        return self.whole.commits

    def when_announced(self, topic: str, call: Callable[[], None]) -> None:
        """Call, on the writer's thread, after each commit of what was announced to a topic."""
        self.whole.when_announced(topic, call)

    def when_changed(self, call: Callable[[Collection[Change]], None]) -> None:
        """Call, on the writer's thread, after each commit with what it wrote to."""
        self.whole.when_changed(call)

    def keep_registry_in(self, registry: Database) -> None:
        """Let the registry's tables of that database count, and here those of tracking."""
        self.whole.keep_registry_in(registry)

    def close(self) -> None:
        """Leave the whole open."""
