"""Whatever has queued up is committed together; one bad operation harms nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from millstream.errors import InvalidParameter, InvalidState, MillstreamError, Unavailable
from millstream.store.sql.connections import Connection, ConnectionLost, Contended, Taken
from millstream.store.sql.database import Database
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.keys import KeyNames
from millstream.store.sql.partners import Partners
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.writer import Writer


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    yield opened
    opened.close()


class Faulty:
    """A connection that fails on command: `faults` maps a method to the errors to raise first."""

    def __init__(self, path: Path, faults: dict[str, list[MillstreamError]]) -> None:
        self._inner = SqliteConnection(str(path), "write")
        self._faults = faults
        self.dialect = self._inner.dialect

    def __getattr__(self, name: str) -> Any:
        errors = self._faults.get(name)
        if errors:
            raise errors.pop(0)
        return getattr(self._inner, name)


def names(database: Database) -> set[str]:
    def select(reader: Reader) -> set[str]:
        return {name for (name,) in reader.execute('SELECT name FROM "keys"')}

    return database.read(select)


def intern(transaction: Transaction, name: str) -> int:
    return transaction.intern(name)


def intern_and_fail(transaction: Transaction, name: str) -> None:
    transaction.intern(name)
    raise InvalidParameter(f"{name} is refused")


def wait(transaction: Transaction, gate: threading.Event) -> None:
    assert gate.wait(30)


def test_one_failing_operation_among_many(database: Database) -> None:
    gate = threading.Event()
    database.write(wait, gate)
    good = [database.write(intern, f"good{place}") for place in range(50)]
    bad = database.write(intern_and_fail, "bad")
    good += [database.write(intern, f"good{place}") for place in range(50, 100)]
    gate.set()
    assert len({pending.result(30) for pending in good}) == 100
    with pytest.raises(InvalidParameter, match="bad is refused"):
        bad.result(30)
    assert names(database) == {f"good{place}" for place in range(100)}


def test_a_name_of_a_failed_operation_gets_its_number_later(database: Database) -> None:
    gate = threading.Event()
    database.write(wait, gate)
    failed = database.write(intern_and_fail, "name")
    number = database.write(intern, "name")
    gate.set()
    with pytest.raises(InvalidParameter, match="name is refused"):
        failed.result(30)
    assert database.read(Reader.key_id, "name") == number.result(30)


def test_a_lonely_failure_leaves_nothing(database: Database) -> None:
    with pytest.raises(InvalidParameter, match="alone is refused"):
        database.write(intern_and_fail, "alone").result(30)
    assert names(database) == set()
    assert database.read(Reader.key_id, "alone") is None


def test_the_unexpected_becomes_our_error(database: Database) -> None:
    def divide(transaction: Transaction) -> float:
        return 1 / 0

    with pytest.raises(MillstreamError, match="ZeroDivisionError: division by zero") as caught:
        database.write(divide).result(30)
    assert caught.value.error_code == "INTERNAL_ERROR"
    assert database.write(intern, "still works").result(30) == 1


def test_closing_commits_what_was_handed_over(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'test.db'}"
    database = Database(uri)
    pending = [database.write(intern, f"name{place}") for place in range(500)]
    database.close()
    database.close()
    assert all(answer.done for answer in pending)
    with pytest.raises(InvalidState, match="The store is closed"):
        database.write(intern, "late").result(30)
    reopened = Database(uri)
    assert len(names(reopened)) == 500
    reopened.close()


@pytest.mark.parametrize(
    "faults",
    [
        {"begin": [ConnectionLost("gone"), ConnectionLost("gone")]},
        {"insert": [ConnectionLost("gone")], "run": [Contended("deadlock"), Contended("deadlock")]},
        {"commit": [Contended("deadlock")]},
    ],
)
def test_what_was_certainly_undone_is_done_again(
    database: Database, tmp_path: Path, faults: dict[str, list[MillstreamError]]
) -> None:
    def connect() -> Connection:
        return Faulty(tmp_path / "test.db", faults)

    writer = Writer(connect, KeyNames(), Partners())
    pending = [writer.submit(intern, (f"name{place}",)) for place in range(10)]
    assert len({answer.result(30) for answer in pending}) == 10
    writer.finish()
    assert len(names(database)) == 10


def test_a_commit_of_unknown_outcome_is_reported(database: Database, tmp_path: Path) -> None:
    faults: dict[str, list[MillstreamError]] = {"commit": [ConnectionLost("gone")]}

    def connect() -> Connection:
        return Faulty(tmp_path / "test.db", faults)

    writer = Writer(connect, KeyNames(), Partners())
    with pytest.raises(Unavailable, match="may or may not have happened"):
        writer.submit(intern, ("name",)).result(30)
    assert writer.submit(intern, ("next",)).result(30) > 0
    writer.finish()


def test_what_would_wait_for_a_lock_is_done_alone_in_its_place(database: Database) -> None:
    gate = threading.Event()
    order: list[str] = []
    attempts: list[str] = []

    def note(_: Transaction, name: str) -> None:
        order.append(name)

    def taken_at_first(transaction: Transaction) -> None:
        attempts.append("attempt")
        transaction.intern("undone at first")
        if len(attempts) == 1:
            raise Taken("a row is locked")
        order.append("locked")

    database.write(wait, gate)
    written = [
        database.write(note, "before"),
        database.write(taken_at_first),
        database.write(note, "behind"),
    ]
    gate.set()
    for pending in written:
        pending.result(30)
    assert order == ["before", "locked", "behind"]
    assert len(attempts) == 2
    assert names(database) == {"undone at first"}
