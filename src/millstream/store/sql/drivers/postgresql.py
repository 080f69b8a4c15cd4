"""PostgreSQL, through psycopg 3."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import errors

from millstream.errors import InvalidParameter, MillstreamError
from millstream.store.sql import creation
from millstream.store.sql.address import Target
from millstream.store.sql.connections import (
    ConnectionLost,
    Contended,
    Purpose,
    Row,
    Violation,
)
from millstream.store.sql.dialect import POSTGRESQL, translate

_CREATION_LOCK = 0x4D4C5374
# Compiling a statement takes 100 ms, which none of ours runs for; engines that speak PostgreSQL's
# protocol may lack the setting.
_WITHOUT_COMPILER = (
    "SELECT set_config(name, 'off', false) FROM pg_catalog.pg_settings WHERE name = 'jit'"
)
_TABLES = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
_OTHERS_IN_THE_WAY = (
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
)
_FOREIGN_ERRORS = (psycopg.Error, UnicodeEncodeError)


class PostgresqlConnection:
    """A session in autocommit mode, in which transactions are begun explicitly."""

    dialect = POSTGRESQL

    def __init__(self, target: Target) -> None:
        address = "postgresql://" + target.uri.partition("://")[2]
        try:
            self._connection = psycopg.connect(
                address, autocommit=True, connect_timeout=10, application_name="millstream"
            )
            self._connection.execute(_WITHOUT_COMPILER)
        except psycopg.Error as error:
            raise ConnectionLost(f"Cannot connect to {target.shown}: {error}") from error

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and fetch all its rows."""
        try:
            cursor = self._connection.execute(_query(sql), params)
            return cursor.fetchall() if cursor.description else []
        except _FOREIGN_ERRORS as error:
            raise self._translated(error) from error

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement and count the rows that it changed."""
        try:
            return self._connection.execute(_query(sql), params).rowcount
        except _FOREIGN_ERRORS as error:
            raise self._translated(error) from error

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement for each row of parameters and count the rows that were changed."""
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(_query(sql), rows)
                return cursor.rowcount
        except _FOREIGN_ERRORS as error:
            raise self._translated(error) from error

    def insert(self, sql: str, params: Sequence[Any], key: str) -> int:
        """Insert one row and return its new integer key."""
        return int(self.execute(f"{sql} RETURNING {key}", params)[0][0])

    def iterate(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Run a statement and fetch its rows in slices, through a cursor on the server."""
        try:
            with (
                self._connection.transaction(),
                self._connection.cursor(name="millstream_slices") as cursor,
            ):
                cursor.execute(_query(sql), params)
                while rows := cursor.fetchmany(size):
                    yield rows
        except _FOREIGN_ERRORS as error:
            raise self._translated(error) from error

    def begin(self) -> None:
        """Begin a transaction."""
        self.run("BEGIN")

    def commit(self) -> None:
        """Commit."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        idle = psycopg.pq.TransactionStatus.IDLE
        if self._connection.info.transaction_status != idle:
            self.run("ROLLBACK")

    def close(self) -> None:
        """Release the connection."""
        self._connection.close()

    def _translated(self, error: BaseException) -> MillstreamError:
        if isinstance(error, _OTHERS_IN_THE_WAY):
            return Contended(f"Another transaction was in the way: {error}")
        if isinstance(error, psycopg.IntegrityError):
            return Violation(str(error))
        if isinstance(error, psycopg.DataError | UnicodeEncodeError):
            return InvalidParameter(f"A value cannot be stored: {error}")
        if self._connection.closed:
            return ConnectionLost(f"The connection to PostgreSQL was lost: {error}")
        return MillstreamError(f"PostgreSQL refused a statement: {error}")


def connect(target: Target, purpose: Purpose) -> PostgresqlConnection:  # noqa: ARG001  # one kind
    """Open a connection to a prepared database."""
    return PostgresqlConnection(target)


def prepare(target: Target) -> int:
    """Create the tables in an empty schema; refuse one that is not ours."""
    connection = PostgresqlConnection(target)
    try:
        if not _has_our_tables(connection):
            connection.begin()
            connection.execute("SELECT pg_advisory_xact_lock(?)", (_CREATION_LOCK,))
            tables = {row[0] for row in connection.execute(_TABLES)}
            if creation.needs_tables(tables, target):
                creation.create_tables(connection, int(time.time() * 1000))
            connection.commit()
        return creation.version(connection)
    finally:
        connection.close()


def _has_our_tables(connection: PostgresqlConnection) -> bool:
    sql = f"{_TABLES} AND tablename = ?"
    return bool(connection.execute(sql, (creation.VERSION_TABLE,)))


def _query(sql: str) -> bytes:
    return translate(sql).encode()
