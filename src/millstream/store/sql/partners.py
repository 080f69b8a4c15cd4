"""Where the tables of tracking and of the registry are, when they are in two databases.

Statements about both never join the two. An operation of the registry reads what is committed of
runs and logged models through `tracking`, one of tracking reads the registry through `registry`;
where there is one database, both are the operation's own connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from millstream.store.pending import Pending
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import Dialect

T = TypeVar("T")


class Rows(Protocol):
    """Whatever answers statements."""

    def execute(self, sql: str, params: tuple[Any, ...] = ()) -> list[Row]:
        """Run a statement and fetch all its rows."""


class Other(Protocol):
    """As much of a database as its partner asks for."""

    dialect: Dialect

    def read(self, operation: Callable[..., T], *arguments: Any) -> T:
        """Call `operation(reader, *arguments)`."""

    def write(self, operation: Callable[..., T], *arguments: Any) -> Pending[T]:
        """Hand `operation(transaction, *arguments)` to the writer."""


class Elsewhere:
    """Answers statements from another database, each from what is committed there by then."""

    def __init__(self, database: Other) -> None:
        self.database = database

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and fetch all its rows."""
        return self.database.read(_execute, sql, params)


class Partners:
    """The other database of a database, if the tables are in two."""

    __slots__ = ("registry", "tracking")

    def __init__(self) -> None:
        self.tracking: Elsewhere | None = None
        self.registry: Elsewhere | None = None


def _execute(rows: Rows, sql: str, params: tuple[Any, ...]) -> list[Row]:
    return rows.execute(sql, params)
