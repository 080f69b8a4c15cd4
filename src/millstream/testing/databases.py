"""Empty databases for tests: a file for SQLite, else one of a random name on a local server."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.errors import MillstreamError
from millstream.store.sql import address
from millstream.store.sql.database import load_driver

KINDS = ("sqlite", "postgresql", "mysql")
SERVERS = {
    "postgresql": ("postgresql://postgres@127.0.0.1:5432", "postgres"),
    "mysql": ("mysql://root@127.0.0.1:3306", "mysql"),
}


@contextlib.contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URI of an empty database, which is dropped in the end.

    Another server than the one on this machine is named by MILLSTREAM_TEST_POSTGRESQL or
    MILLSTREAM_TEST_MYSQL, a URI without a database. If none answers, the test is skipped, but
    under CI=true it fails.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    server, home = SERVERS[kind]
    server = os.environ.get(f"MILLSTREAM_TEST_{kind.upper()}", server)
    name = f"millstream_{uuid.uuid4().hex[:12]}"
    quote = '"'
    _run(kind, f"{server}/{home}", f"CREATE DATABASE {quote}{name}{quote}", or_skip=True)
    try:
        if kind == "postgresql":  # no test ends PostgreSQL itself, so none needs what it syncs
            unsynced = f"ALTER DATABASE {quote}{name}{quote} SET synchronous_commit TO off"
            _run(kind, f"{server}/{home}", unsynced)
        yield f"{server}/{name}"
    finally:
        forced = " WITH (FORCE)" if kind == "postgresql" else ""
        _run(kind, f"{server}/{home}", f"DROP DATABASE {quote}{name}{quote}{forced}")


def _run(kind: str, uri: str, statement: str, *, or_skip: bool = False) -> None:
    try:
        connection = load_driver(kind).connect(address.parse(uri), "write")
    except MillstreamError as error:
        if not or_skip:
            raise
        message = f"no {kind} server answers: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    try:
        connection.run(statement)
    finally:
        connection.close()
