"""Databases that somebody else keeps locked."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import psycopg
import pymysql
from psycopg import sql

from millstream.store.sql import address

_TABLES = "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
_PATIENCE = 30.0
_TURN_MS = 500


class Lock(Protocol):
    """Held from `hold` until `release`."""

    def hold(self) -> None:
        """Wait for it, and hold it."""

    def release(self) -> None:
        """Let others go on."""


class _Held:
    def __init__(self, take: Callable[[], Callable[[], None]]) -> None:
        self._take = take
        self._give_back: Callable[[], None] | None = None

    def hold(self) -> None:
        self._give_back = self._take()

    def release(self) -> None:
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()


def sqlite_lock(path: Path) -> Lock:
    """The lock of whoever writes to a file."""

    def take() -> Callable[[], None]:
        connection = sqlite3.connect(
            path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        connection.execute("BEGIN EXCLUSIVE")
        return connection.close

    return _Held(take)


def has_tables(uri: str) -> bool:
    """Whether anything has been created in a schema."""
    with psycopg.connect(uri) as connection:
        return bool(connection.execute(_TABLES).fetchall())


def postgresql_lock(uri: str) -> Lock:
    """The locks of all tables, under which nobody else reads or writes them."""

    def take() -> Callable[[], None]:
        connection = psycopg.connect(uri, options=f"-c lock_timeout={_TURN_MS}")
        tables = [sql.Identifier(name) for (name,) in connection.execute(_TABLES)]
        names = sql.SQL(", ").join(tables)
        statement = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names)
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                connection.execute(statement)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
                # A write is under way; one that needs a second connection waits for us in turn.
                connection.rollback()
                if time.monotonic() > deadline:
                    raise
            else:
                return connection.close

    return _Held(take)


def mysql_lock(uri: str) -> Lock:
    """The same in MySQL."""

    def take() -> Callable[[], None]:
        found = address.parse(uri)
        connection = pymysql.connect(
            host=found.host,
            port=found.port or 3306,
            user=found.user,
            password=found.password or "",
            database=found.database,
        )
        with connection.cursor() as cursor:
            cursor.execute("SHOW TABLES")
            names = ", ".join(f"`{name}` WRITE" for (name,) in cursor.fetchall())
            cursor.execute(f"LOCK TABLES {names}")
        return connection.close

    return _Held(take)
