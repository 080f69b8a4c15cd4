"""SQLite, through the standard library."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from millstream.errors import InvalidParameter, InvalidState, MillstreamError, Unavailable
from millstream.query import automaton, wildcards
from millstream.store.sql import creation
from millstream.store.sql.address import Target
from millstream.store.sql.connections import Contended, Purpose, Row, Violation
from millstream.store.sql.dialect import SQLITE
from millstream.store.sql.variance import SampleVariance

APPLICATION_ID = 0x4D4C5374

_MAGIC = b"SQLite format 3\0"
_HEADER_LENGTH = 100
_JOURNAL_OFFSET = 18
_ID_OFFSET = 68
_PATIENCE = 60.0
_CACHE_KIB = {"read": 4_000, "write": 2_000}
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
)
_FOREIGN_ERRORS = (sqlite3.Error, OverflowError, UnicodeEncodeError, ValueError)


class SqliteConnection:
    """A connection to a file in WAL mode; what is committed has reached the disk."""

    dialect = SQLITE

    def __init__(self, path: str, purpose: Purpose) -> None:
        self._connection = _open(path, timeout=_PATIENCE)
        try:
            self._prepare_session(purpose)
        except sqlite3.Error as error:
            self._connection.close()
            raise _translated(error) from error

    def _prepare_session(self, purpose: Purpose) -> None:
        for pragma in (
            "foreign_keys = ON",
            "synchronous = FULL",
            f"cache_size = -{_CACHE_KIB[purpose]}",
            "temp_store = MEMORY",
            "wal_autocheckpoint = 2000",
            "journal_size_limit = 67108864",
        ):
            self._connection.execute(f"PRAGMA {pragma}").close()
        for name, function in (("regexp", automaton.search), ("ilike", wildcards.ilike)):
            self._connection.create_function(name, 2, function, deterministic=True)
        self._connection.create_aggregate("var_samp", 1, SampleVariance)  # type: ignore[arg-type]  # typeshed knows only whole results

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and fetch all its rows."""
        try:
            return self._connection.execute(sql, params).fetchall()
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement and count the rows that it changed."""
        try:
            return self._connection.execute(sql, params).rowcount
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement for each row of parameters and count the rows that were changed."""
        try:
            return self._connection.executemany(sql, rows).rowcount
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def insert(self, sql: str, params: Sequence[Any], key: str) -> int:  # noqa: ARG002  # for others
        """Insert one row and return its new integer key."""
        try:
            return self._connection.execute(sql, params).lastrowid or 0
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def iterate(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Run a statement and fetch its rows in slices."""
        try:
            cursor = self._connection.execute(sql, params)
            try:
                while rows := cursor.fetchmany(size):
                    yield rows
            finally:
                cursor.close()
        except _FOREIGN_ERRORS as error:
            raise _translated(error) from error

    def begin(self) -> None:
        """Begin a transaction as the one writer of the file, waiting for other processes."""
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > give_up:
                    raise _translated(error) from error
                time.sleep(0.01)
            else:
                return

    def commit(self) -> None:
        """Commit; the rows are on disk when this returns."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        if self._connection.in_transaction:
            self.run("ROLLBACK")

    def close(self) -> None:
        """Release the connection."""
        self._connection.close()


def connect(target: Target, purpose: Purpose) -> SqliteConnection:
    """Open a connection to a prepared database."""
    return SqliteConnection(target.database, purpose)


def prepare(target: Target) -> int:
    """Create the schema in a new file; refuse a file that is not ours, leaving it as it is."""
    path = Path(target.database)
    try:
        if path.is_dir():
            raise InvalidState(f"{path} is a folder; {target.shown} must name a file.")
        header = _header(path)
        if not header:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"Cannot open the SQLite database {path}: {error}.") from error
    if header:
        _refuse_foreign(path, header, target)
    connection = SqliteConnection(target.database, "write")
    try:
        if not _is_complete(header):
            _create(connection, target)
        return creation.version(connection)
    finally:
        connection.close()


def _create(connection: SqliteConnection, target: Target) -> None:
    """Create what is missing; several processes may try at once, so look again under the lock."""
    connection.begin()
    try:
        tables = {row[0] for row in connection.execute(_TABLES)}
        if creation.needs_tables(tables, target):
            creation.create_tables(connection, int(time.time() * 1000))
        connection.run(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.commit()
    finally:
        connection.rollback()
    _use_write_ahead_log(connection)


def _header(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEADER_LENGTH)
    except FileNotFoundError:
        return b""


def _application(header: bytes) -> int:
    """The mark by which programs tell their files; 0 if it was never set."""
    return int.from_bytes(header[_ID_OFFSET : _ID_OFFSET + 4], "big")


def _is_complete(header: bytes) -> bool:
    """Whether the tables were created and the journal switched, both marked in the header."""
    return (
        _application(header) == APPLICATION_ID
        and header[_JOURNAL_OFFSET : _JOURNAL_OFFSET + 2] == b"\2\2"
    )


def _refuse_foreign(path: Path, header: bytes, target: Target) -> None:
    """Look at the file without a lock or a side file, so that a foreign one stays untouched."""
    if not header.startswith(_MAGIC):
        raise InvalidState(f"{path} is not an SQLite database. It was left untouched.")
    if _application(header) == APPLICATION_ID:
        return
    connection = _open(f"file:{quote(str(path))}?mode=ro&immutable=1", timeout=0, uri=True)
    try:
        tables = {row[0] for row in connection.execute(_TABLES)}
    except sqlite3.Error as error:
        raise _translated(error) from error
    finally:
        connection.close()
    somebodys = tables or _application(header) or _has_log(path)
    if creation.VERSION_TABLE not in tables and somebodys:
        raise creation.foreign(target, tables)


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _use_write_ahead_log(connection: SqliteConnection) -> None:
    """Switch the journal; that needs the file for itself for a moment."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL")[0][0]
        except Contended:
            mode = "busy"
        if mode == "wal":
            return
        if time.monotonic() > give_up:
            raise Unavailable(
                f"The SQLite file cannot use a write-ahead log (journal mode is {mode}). "
                "It must lie on a local disk."
            )
        time.sleep(0.02)


def _open(path: str, *, timeout: float, uri: bool = False) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            path,
            timeout=timeout,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            uri=uri,
        )
    except sqlite3.Error as error:
        raise Unavailable(f"Cannot open the SQLite database {path}: {error}.") from error


def _is_busy(error: BaseException) -> bool:
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: BaseException) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0) or 0
    return code & 0xFF


def _translated(error: BaseException) -> MillstreamError:
    if _is_busy(error):
        return Contended(f"The SQLite database is busy: {error}.")
    if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return InvalidState(
            f"The SQLite database is damaged, or no database: {error}. Restore it from a backup."
        )
    if isinstance(error, sqlite3.IntegrityError):
        return Violation(str(error))
    if isinstance(error, OverflowError | UnicodeEncodeError | ValueError | sqlite3.DataError):
        return InvalidParameter(f"A value cannot be stored: {error}.")
    if isinstance(error, sqlite3.OperationalError):
        return Unavailable(f"The SQLite database failed: {error}.")
    return MillstreamError(f"The SQLite database refused a statement: {error}.")
