"""A database as the operations of one workspace see it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from millstream.store.pending import Pending
from millstream.store.sql.confinement import Workspace, lent, operate
from millstream.store.sql.database import Database
from millstream.store.sql.reader import Reader
from millstream.store.sql.shared_database import SharedDatabase

T = TypeVar("T")


class ConfinedDatabase(SharedDatabase):
    """It shares all that the `whole` has, which only an `owning` one closes."""

    def __init__(self, whole: Database, workspace: Workspace, *, owning: bool = False) -> None:
        super().__init__(whole)
        self.workspace = workspace
        self._owning = owning

    def read(self, operation: Callable[..., T], *arguments: Any) -> T:
        """Call `operation(reader, *arguments)`; a connection that died is replaced once."""
        answer: T = self.whole.read(operate, self.workspace, operation, arguments)
        return answer

    def reader(self) -> AbstractContextManager[Reader]:
        """A reader for a `with` block."""
        return lent(self.whole.reader(), self.workspace)

    def own_reader(self) -> AbstractContextManager[Reader]:
        """A reader on a connection of its own, for what reads slowly."""
        return lent(self.whole.own_reader(), self.workspace)

    def write(self, operation: Callable[..., T], *arguments: Any) -> Pending[T]:
        """Hand `operation(transaction, *arguments)` to the writer."""
        return self.whole.write(operate, self.workspace, operation, arguments)

    def close(self) -> None:
        """Close the whole if this one owns it."""
        if self._owning:
            self.whole.close()
