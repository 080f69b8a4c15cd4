"""What the store asks of a database driver, and what can go wrong there.

Each driver module has `connect(target, purpose)`, which opens one `Connection`, and
`prepare(target)`, which makes a new database or refuses a foreign one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol

from millstream.errors import MillstreamError, Unavailable
from millstream.store.sql.address import Target
from millstream.store.sql.dialect import Dialect

Row = tuple[Any, ...]
Purpose = Literal["read", "write"]

SCHEMA_VERSION = 7


class ConnectionLost(Unavailable):
    """The connection is gone; whatever its transaction did is undone, unless it was committing."""


class Contended(Unavailable):
    """Another transaction was in the way; this one is undone and may be tried again."""


class Taken(Contended):
    """A row is locked by another transaction; only the statement is undone."""


class Violation(MillstreamError):
    """A unique or foreign key forbids the statement."""


class Connection(Protocol):
    """One connection; used by one thread at a time. Every method raises `MillstreamError`s.

    Without `begin` each statement commits by itself.
    """

    dialect: Dialect

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and fetch all its rows."""

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement and count the rows that it changed."""

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement for each row of parameters and count the rows that were changed."""

    def insert(self, sql: str, params: Sequence[Any], key: str) -> int:
        """Insert one row and return the integer that the database chose as its `key`."""

    def iterate(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Run a statement and fetch its rows in slices, in constant memory."""

    def begin(self) -> None:
        """Begin a transaction that may write."""

    def commit(self) -> None:
        """Commit; the rows are on disk when this returns."""

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""

    def close(self) -> None:
        """Release the connection; never raises."""


class Driver(Protocol):
    """A driver module."""

    def prepare(self, target: Target) -> int:
        """Create the schema in an empty database and return its version.

        What is not ours is refused and left as it is.
        """

    def connect(self, target: Target, purpose: Purpose) -> Connection:
        """Open a connection to a prepared database."""
