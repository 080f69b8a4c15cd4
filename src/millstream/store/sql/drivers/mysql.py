"""MySQL and MariaDB, through PyMySQL."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pymysql
from pymysql.constants import ER
from pymysql.cursors import SSCursor

from millstream.errors import InvalidParameter, MillstreamError, Unavailable
from millstream.store.sql import creation
from millstream.store.sql.address import Target
from millstream.store.sql.connections import (
    ConnectionLost,
    Contended,
    Purpose,
    Row,
    Violation,
)
from millstream.store.sql.dialect import MYSQL, translate
from millstream.store.sql.drivers.mysql_rows import RowCursor

_MODES = ",".join(
    (
        "STRICT_TRANS_TABLES",
        "NO_AUTO_VALUE_ON_ZERO",
        "ANSI_QUOTES",
        "PIPES_AS_CONCAT",
        "NO_BACKSLASH_ESCAPES",
    )
)
_INIT = (
    f"SET SESSION sql_mode = '{_MODES}'",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
)
_RECURSION = {True: "max_recursive_iterations", False: "cte_max_recursion_depth"}
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
_COLLATIONS = (
    "SELECT collation_name FROM information_schema.collations WHERE collation_name IN (?, ?)"
)
_EXACT_COLLATIONS = ("utf8mb4_nopad_bin", "utf8mb4_0900_bin")
_PLAIN_COLLATION = "utf8mb4_bin"
_PATIENCE = 60

_NO_WAIT = 3572  # of MySQL; MariaDB says that the time to wait is over
_IN_THE_WAY = {ER.LOCK_DEADLOCK, ER.LOCK_WAIT_TIMEOUT, ER.CHECKREAD, _NO_WAIT}
_LOST = {0, 1053, 1927, 2002, 2003, 2006, 2013, 2014, 2055}
_BAD_VALUE = {1153, ER.DATA_TOO_LONG, ER.TRUNCATED_WRONG_VALUE_FOR_FIELD, ER.WARN_DATA_OUT_OF_RANGE}
_FOREIGN_ERRORS = (pymysql.Error, UnicodeEncodeError, OSError)


class MysqlConnection:
    """A session in autocommit mode, in which transactions are begun explicitly."""

    dialect = MYSQL

    def __init__(self, target: Target) -> None:
        options: dict[str, Any] = {
            key: value for key, value in target.options.items() if key != "charset"
        }
        try:
            self._connection: pymysql.Connection[Any] = pymysql.connect(
                host=target.host or "localhost",
                port=target.port or 3306,
                user=target.user,
                password=target.password or "",
                database=target.database,
                charset="utf8mb4",
                autocommit=True,
                connect_timeout=10,
                **options,
            )
            self._prepare_session()
        except _FOREIGN_ERRORS as error:
            raise ConnectionLost(f"Cannot connect to {target.shown}: {error}") from error
        except TypeError as error:
            raise InvalidParameter(f"{target.shown} has an unknown option: {error}") from error

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and fetch all its rows."""
        try:
            with self._connection.cursor(RowCursor) as cursor:
                cursor.execute(translate(sql), tuple(params))
                return cursor.read_all()
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement and count the rows that it changed."""
        try:
            with self._connection.cursor() as cursor:
                return int(cursor.execute(translate(sql), tuple(params)))
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement for each row of parameters and count the rows that were changed."""
        try:
            with self._connection.cursor() as cursor:
                return cursor.executemany(translate(sql), rows) or 0
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def insert(self, sql: str, params: Sequence[Any], key: str) -> int:  # noqa: ARG002  # for others
        """Insert one row and return its new integer key."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(translate(sql), tuple(params))
                return int(cursor.lastrowid)
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def iterate(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Run a statement and fetch its rows in slices, unbuffered."""
        try:
            with self._connection.cursor(SSCursor) as cursor:
                cursor.execute(translate(sql), tuple(params))
                while rows := cursor.fetchmany(size):
                    yield list(rows)
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def begin(self) -> None:
        """Begin a transaction."""
        self.run("START TRANSACTION")

    def commit(self) -> None:
        """Commit."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        self.run("ROLLBACK")

    def close(self) -> None:
        """Release the connection."""
        with contextlib.suppress(*_FOREIGN_ERRORS):
            self._connection.close()

    def _prepare_session(self) -> None:
        with self._connection.cursor() as cursor:
            for statement in _INIT:
                cursor.execute(statement)
            cursor.execute("SELECT VERSION()")
            is_mariadb = "mariadb" in str(cursor.fetchall()).lower()
            cursor.execute(f"SET SESSION {_RECURSION[is_mariadb]} = 1000000")


def connect(target: Target, purpose: Purpose) -> MysqlConnection:  # noqa: ARG001  # one kind
    """Open a connection to a prepared database."""
    return MysqlConnection(target)


def prepare(target: Target) -> int:
    """Create the tables in an empty database; refuse one that is not ours.

    MySQL commits each CREATE by itself; the version row, written last, says that all are there.
    """
    connection = MysqlConnection(target)
    lock = f"millstream:{target.database}"[:64]
    try:
        if connection.execute("SELECT GET_LOCK(?, ?)", (lock, _PATIENCE)) != [(1,)]:
            raise Unavailable(f"{target.shown} is being prepared by another process.")
        tables = {row[0] for row in connection.execute(_TABLES)}
        if creation.needs_tables(tables, target):
            creation.create_tables(
                connection, int(time.time() * 1000), {_PLAIN_COLLATION: _collation(connection)}
            )
        connection.execute("SELECT RELEASE_LOCK(?)", (lock,))
        return creation.version(connection)
    finally:
        connection.close()


def _collation(connection: MysqlConnection) -> str:
    """A collation in which a trailing space counts, if the server has one."""
    rows = connection.execute(_COLLATIONS, _EXACT_COLLATIONS)
    return str(rows[0][0]) if rows else _PLAIN_COLLATION


def _translated(error: BaseException) -> MillstreamError:
    code = error.args[0] if error.args else 0
    if code in _IN_THE_WAY:
        return Contended(f"Another transaction was in the way: {error}")
    if isinstance(error, pymysql.IntegrityError):
        return Violation(str(error))
    if isinstance(error, pymysql.DataError | UnicodeEncodeError) or code in _BAD_VALUE:
        return InvalidParameter(f"A value cannot be stored: {error}")
    if isinstance(error, pymysql.InterfaceError | OSError) or code in _LOST:
        return ConnectionLost(f"The connection to MySQL was lost: {error}")
    return MillstreamError(f"MySQL refused a statement: {error}")
