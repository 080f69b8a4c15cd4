"""Opening databases: new ones, ours, and those of others, which stay untouched."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from millstream.errors import (
    InvalidParameter,
    InvalidState,
    MillstreamError,
    NotSupported,
    Unavailable,
)
from millstream.store.sql import address, database
from millstream.store.sql.database import Database
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction
from millstream.testing.databases import KINDS, empty_database

OPEN = (
    "import sys; from millstream.store.sql.database import Database; Database(sys.argv[1]).close()"
)


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in folder.iterdir()
    }


def experiment_names(reader: Reader) -> list[str]:
    return [name for (name,) in reader.execute("SELECT name FROM experiments")]


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("tables", [("alembic_version", "experiments", "runs"), ("invoices",)])
def test_a_foreign_database_is_refused_and_untouched(
    tmp_path: Path, tables: tuple[str, ...], journal: str
) -> None:
    path = tmp_path / "foreign.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    for table in tables:
        connection.execute(f"CREATE TABLE {table} (x)")
    connection.close()
    before = contents(tmp_path)
    with pytest.raises(InvalidState) as caught:
        Database(f"sqlite:///{path}")
    assert tables[0] in str(caught.value)
    assert f"millstream import sqlite:///{path}" in str(caught.value)
    assert ("MLflow database" in str(caught.value)) == ("alembic_version" in tables)
    assert contents(tmp_path) == before


def test_a_foreign_database_in_use_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "foreign.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE experiments (x)")
    before = contents(tmp_path)
    assert "foreign.db-wal" in before
    with pytest.raises(InvalidState, match="It was left untouched"):
        Database(f"sqlite:///{path}")
    assert contents(tmp_path) == before
    connection.close()


def test_another_kind_of_file_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all")
    before = contents(tmp_path)
    with pytest.raises(InvalidState, match=r"notes\.txt is not an SQLite database"):
        Database(f"sqlite:///{path}")
    with pytest.raises(InvalidState, match="is a folder"):
        Database(f"sqlite:///{tmp_path}")
    assert contents(tmp_path) == before


def test_an_empty_database_with_the_mark_of_another_program_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "marked.db")
    connection.execute("PRAGMA application_id = 5")
    connection.close()
    before = contents(tmp_path)
    with pytest.raises(InvalidState, match="belongs to something else \\(by its mark"):
        Database(f"sqlite:///{tmp_path / 'marked.db'}")
    assert contents(tmp_path) == before


def test_a_damaged_database_is_called_damaged(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'own.db'}").close()
    whole = (tmp_path / "own.db").read_bytes()
    (tmp_path / "own.db").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "noise.db").write_bytes(whole[:16] + b"x" * 5_000)
    before = contents(tmp_path)
    for name in ("own.db", "noise.db"):
        with pytest.raises(InvalidState, match="is damaged, or no database"):
            Database(f"sqlite:///{tmp_path / name}")
    assert contents(tmp_path) == before


def test_a_place_where_nothing_can_be_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="Cannot open the SQLite database"):
        Database(f"sqlite:///{tmp_path / 'file' / 'x.db'}")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_foreign_database_on_a_server_is_refused(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        target = address.parse(uri)
        connection = database.load_driver(target.dialect).connect(target, "write")
        connection.run("CREATE TABLE alembic_version (x INTEGER)")
        connection.run("CREATE TABLE experiments (x INTEGER)")
        with pytest.raises(InvalidState, match="is an MLflow database"):
            Database(uri)
        connection.run("DROP TABLE alembic_version")
        connection.run("DROP TABLE experiments")
        Database(uri).close()
        connection.close()


@pytest.mark.parametrize("kind", KINDS)
def test_racing_processes_create_one_database(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        racers = [subprocess.Popen([sys.executable, "-c", OPEN, uri]) for _ in range(6)]
        assert [racer.wait(60) for racer in racers] == [0] * 6
        opened = Database(uri)
        assert opened.read(experiment_names) == ["Default"]
        opened.close()


def test_racing_threads_create_one_database(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'deep' / 'er' / 'test.db'}"
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(Database(uri))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.read(experiment_names) for each in opened] == [["Default"]] * 16
    for each in opened:
        each.close()


@pytest.mark.parametrize(
    ("version", "message"),
    [(999, "Install a Millstream that knows schema version 999"), (0, "millstream db upgrade")],
)
def test_another_schema_version_is_refused(tmp_path: Path, version: int, message: str) -> None:
    uri = f"sqlite:///{tmp_path / 'test.db'}"
    Database(uri).close()
    connection = sqlite3.connect(tmp_path / "test.db")
    connection.execute("UPDATE millstream_schema SET version = ?", (version,))
    connection.commit()
    connection.close()
    with pytest.raises(InvalidState, match=message):
        Database(uri)


def test_what_is_committed_is_on_disk(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")

    def pragmas(reader: Reader | Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [reader.execute(f"PRAGMA {name}")[0][0] for name in names]

    assert opened.read(pragmas) == opened.write(pragmas).result(30) == ["wal", 2, 1]
    opened.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_a_forked_process_has_connections_of_its_own(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        opened = Database(uri)
        assert opened.write(Transaction.intern, "parent").result(30) == 1
        assert opened.read(Reader.key_id, "parent") == 1
        child = os.fork()
        if child == 0:
            found = opened.read(Reader.key_id, "parent")
            opened.write(Transaction.intern, "child").result(30)
            os._exit(0 if found == 1 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert opened.read(Reader.key_id, "child") == 2
        assert opened.write(Transaction.intern, "parent again").result(30) > 2
        opened.close()


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_connection_that_died_is_replaced(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        opened = Database(uri)
        for name in ("first", "second"):
            number = opened.write(Transaction.intern, name).result(30)
            with opened.reader() as reader:
                assert reader.key_id(name) == number
            kill_sessions(opened)
        assert opened.read(experiment_names) == ["Default"]
        opened.close()


def kill_sessions(opened: Database) -> None:
    """End all sessions of the database but the one that does it, as a restart would."""
    connection = database.load_driver(opened.target.dialect).connect(opened.target, "write")
    if opened.dialect.name == "postgresql":
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    else:
        rows = connection.execute(
            "SELECT id FROM information_schema.processlist "
            "WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        for (session,) in rows:
            connection.run("KILL ?", (session,))
    connection.close()


def test_readers_wait_for_each_other_when_there_are_many(tmp_path: Path) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    busy = threading.Barrier(8)

    def read_together(reader: Reader) -> list[str]:
        busy.wait(30)
        return experiment_names(reader)

    found: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: found.append(opened.read(read_together))) for _ in range(32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [["Default"]] * 32
    opened.close()


@pytest.mark.parametrize(
    ("uri", "dialect", "name"),
    [
        ("sqlite:///a/b.db", "sqlite", "a/b.db"),
        ("sqlite:////a/b c%20.db", "sqlite", "/a/b c%20.db"),
        ("sqlite:////a/b.db?timeout=5", "sqlite", "/a/b.db"),
        ("postgres://u:p%40@h:1/d?sslmode=require", "postgresql", "d"),
        ("postgresql+psycopg2://h/d", "postgresql", "d"),
        ("mysql+pymysql://u@h/d", "mysql", "d"),
        ("mariadb://u@h/d", "mysql", "d"),
    ],
)
def test_addresses(uri: str, dialect: str, name: str) -> None:
    target = address.parse(uri)
    assert (target.dialect, target.database) == (dialect, name)


@pytest.mark.parametrize(
    "uri", ["oracle://h/d", "postgresql://h", "mysql://u@h:port/d", "sqlite://x.db", "nonsense"]
)
def test_bad_addresses(uri: str) -> None:
    with pytest.raises(InvalidParameter, match="Invalid database URI"):
        address.parse(uri)


def test_passwords_are_not_shown() -> None:
    assert "secret" not in address.parse("mysql://u:secret@h/d").shown
    assert "p%40ss" not in address.parse("mysql://u:p%40ss@h/d").shown
    unreachable = "mysql://u:secret@127.0.0.1:1/d"
    with pytest.raises(MillstreamError) as caught:
        Database(unreachable)
    assert "secret" not in str(caught.value)


def test_memory_is_refused_with_the_way_out() -> None:
    with pytest.raises(NotSupported, match=r"sqlite:///millstream\.db"):
        Database("sqlite:///:memory:")


def test_an_absent_driver_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    monkeypatch.delitem(sys.modules, "millstream.store.sql.drivers.mysql", raising=False)
    with pytest.raises(NotSupported, match=r"pip install 'millstream\[mysql\]'"):
        database.load_driver("mysql")
