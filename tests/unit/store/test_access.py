"""What the contract of access cannot see: what is kept, what it costs, and what tampering shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import argon2
import pytest

from millstream.entities import audit_events as ae
from millstream.entities import experiments as e
from millstream.entities import permissions as p
from millstream.entities import runs as r
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.errors import InvalidState, LimitExceeded, Unauthenticated
from millstream.store.access import AccessRules
from millstream.store.sql.access.passwords import HashingCost, Passwords
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.store import SqlStore
from millstream.testing.access import BY, PASSWORD, Clock, caller, grant, new_user
from millstream.testing.fixtures import new_experiment, new_run, unique
from millstream.testing.registry_races import at_once

CHEAP = HashingCost(passes=1, memory=8, lanes=1)
DEARER = HashingCost(passes=2, memory=16, lanes=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{path}"), "/artifacts")
    yield opened
    opened.close()


@pytest.fixture
def access(store: SqlStore) -> SqlAccess:
    return SqlAccess(store.database, "/artifacts", AccessRules(user_failures=3), CHEAP)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All statements that are executed from now on."""
    executed: list[str] = []
    for name in ("execute", "run"):
        original = getattr(SqliteConnection, name)

        def note(
            self: SqliteConnection,
            sql: str,
            params: tuple[object, ...] = (),
            original: Callable[..., object] = original,
        ) -> object:
            executed.append(sql)
            return original(self, sql, params)

        monkeypatch.setattr(SqliteConnection, name, note)
    return executed


def tamper(path: Path, sql: str) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute(sql).rowcount > 0
    connection.commit()
    connection.close()


def everything(path: Path) -> str:
    """The whole database as text."""
    connection = sqlite3.connect(path)
    text = "\n".join(connection.iterdump())
    connection.close()
    return text


def test_no_secret_is_kept(access: SqlAccess, path: Path) -> None:
    link = access.sign_ins.create_link().result()
    assert link is not None
    user = new_user(access)
    token = access.tokens.create(t.CreateToken(user, "a", "read"), BY).result().secret
    session = access.sessions.create(caller(access, user), BY).result().secret
    attempt = u.CheckPassword(user, "a wrong password", "192.0.2.9")
    with pytest.raises(Unauthenticated):
        access.sign_ins.check_password(attempt)
    kept = everything(path)
    assert token[3:19] in kept
    for secret in (link.secret, token[20:], session, PASSWORD, attempt.password):
        assert secret not in kept


def test_a_hash_of_another_cost_is_replaced_at_sign_in(store: SqlStore, path: Path) -> None:
    user = new_user(SqlAccess(store.database, "/artifacts", cost=CHEAP))
    access = SqlAccess(store.database, "/artifacts", cost=DEARER)

    def costs() -> argon2.Parameters:
        connection = sqlite3.connect(path)
        (row,) = connection.execute("SELECT password_hash FROM users")
        connection.close()
        return argon2.extract_parameters(row[0])

    assert (costs().type, costs().memory_cost) == (argon2.Type.ID, 8)
    with pytest.raises(Unauthenticated):
        access.sign_ins.check_password(u.CheckPassword(user, "a wrong password"))
    assert costs().memory_cost == 8
    assert access.sign_ins.check_password(u.CheckPassword(user, PASSWORD)).caller.username == user
    assert (costs().memory_cost, costs().time_cost) == (16, 2)
    assert access.sign_ins.check_password(u.CheckPassword(user, PASSWORD)).caller.username == user


def test_many_who_are_right_at_once_all_get_in(store: SqlStore) -> None:
    """Though each finds a hash to replace, and only the first replaces it."""
    user = new_user(SqlAccess(store.database, "/artifacts", cost=CHEAP))
    access = SqlAccess(store.database, "/artifacts", AccessRules(user_failures=1), DEARER)

    def sign_in(_: int) -> None:
        assert (
            access.sign_ins.check_password(u.CheckPassword(user, PASSWORD)).caller.username == user
        )

    assert at_once(8, sign_in) == []


def test_many_who_are_wrong_at_once_get_few_tries(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = SqlAccess(store.database, "/artifacts", AccessRules(user_failures=3), CHEAP)
    user, tried = new_user(access), list[str]()
    check = Passwords.check

    def note(self: Passwords, password: str, kept: str | None) -> object:
        tried.append(password)
        return check(self, password, kept)

    monkeypatch.setattr(Passwords, "check", note)
    wrong = u.CheckPassword(user, "a wrong password")

    def sign_in(_: int) -> None:
        access.sign_ins.check_password(wrong)

    errors = at_once(64, sign_in)
    assert {type(error) for error in errors} == {Unauthenticated, LimitExceeded}
    assert 3 <= len(tried) <= 3 + 4


def test_who_is_absent_costs_what_somebody_costs(
    access: SqlAccess, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    present = new_user(access)
    verified: list[argon2.Parameters] = []
    verify = argon2.PasswordHasher.verify

    def note(self: argon2.PasswordHasher, kept: str, password: bytes) -> bool:
        verified.append(argon2.extract_parameters(kept))
        return verify(self, kept, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", note)

    def cost(name: str) -> tuple[list[str], list[argon2.Parameters]]:
        statements.clear()
        verified.clear()
        with pytest.raises(Unauthenticated):
            access.sign_ins.check_password(u.CheckPassword(name, "a wrong password"))
        return list(statements), list(verified)

    cost(unique("warm the caches"))
    first = cost(present)
    assert len(first[1]) == 1
    assert cost(unique("nobody")) == first
    assert cost(new_user(access, password=None)) == first


def test_what_checking_costs(access: SqlAccess, store: SqlStore, statements: list[str]) -> None:
    user, ids = new_user(access), [new_experiment(store) for _ in range(20)]
    for each in ids:
        grant(access, user, "experiment", each, "EDIT")
    secret = access.tokens.create(t.CreateToken(user, "a", "write"), BY).result().secret
    noted = access.tokens.check(secret).noted
    assert noted is not None
    noted.result()
    who = caller(access, user)

    def cost(call: Callable[[], object]) -> int:
        statements.clear()
        call()
        return len(statements)

    assert cost(lambda: access.tokens.check(secret)) == 1
    assert cost(lambda: access.permissions.get(who, p.Resource("experiment", ids[0]))) == 2
    assert cost(lambda: access.permissions.filter_readable(who, "experiment", ids)) == 2
    assert cost(lambda: access.permissions.filter_readable(who, "experiment", ids[:1])) == 2
    assert cost(lambda: access.permissions.get_levels(who, "experiment", ids)) == 3
    assert cost(access.version) == 1


def test_what_looking_parents_up_costs(
    access: SqlAccess, store: SqlStore, statements: list[str]
) -> None:
    experiment = new_experiment(store)
    runs = [new_run(store, experiment) for _ in range(20)]
    location = store.experiments.get(e.ExperimentId(experiment)).artifact_location
    uri = store.runs.get(r.RunId(runs[0])).info.artifact_uri

    def cost(call: Callable[[], object]) -> int:
        statements.clear()
        call()
        return len(statements)

    assert cost(lambda: access.parents.experiments_of_runs(runs)) == 1
    assert cost(lambda: access.parents.owner_of_files([f"{uri}/a/b/c"])) == 1
    assert cost(lambda: access.parents.owner_of_files([f"{uri}/m-1/c"])) == 2
    assert cost(lambda: access.parents.owner_of_files([f"{location}/a/b/c"])) == 2


def log_of(access: SqlAccess, count: int) -> list[ae.AuditEvent]:
    return [
        access.audit.append(ae.AuditRecord("act", details={"n": str(n)}), BY).result()
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE audit_events SET actor = 'eve' WHERE sequence = 3", "its hash is"),
        ("UPDATE audit_events SET actor = NULL WHERE sequence = 3", "its hash is"),
        ("UPDATE audit_events SET timestamp = timestamp + 1 WHERE sequence = 3", "its hash is"),
        ("UPDATE audit_events SET details = '{}' WHERE sequence = 3", "its hash is"),
        ("UPDATE audit_events SET details = '{' WHERE sequence = 3", "details cannot be read"),
        ("UPDATE audit_events SET details = '[1]' WHERE sequence = 3", "details cannot be read"),
        ("UPDATE audit_events SET hash = lower(hex(zeroblob(32))) WHERE sequence = 3", "its hash"),
        ("DELETE FROM audit_events WHERE sequence = 3", "entry 4 follows entry 2"),
        ("DELETE FROM audit_events WHERE sequence >= 3", "the end that the database keeps is"),
        ("DELETE FROM audit_events WHERE sequence < 6", "entry 6 follows entry 0"),
        ("DELETE FROM audit_events", "the end that the database keeps is entry 6"),
        ("DELETE FROM audit_chain", "the row that holds the end of the log is gone"),
        ("UPDATE audit_chain SET sequence = 2", "but the end that the database keeps has"),
    ],
)
def test_tampering_is_found(access: SqlAccess, path: Path, change: str, problem: str) -> None:
    log_of(access, 6)
    tamper(path, change)
    found = access.audit.verify(ae.VerifyAudit())
    assert not found.intact
    assert problem in (found.problem or "")
    first = {"DELETE FROM audit_events WHERE sequence < 6": 1, "DELETE FROM audit_events": 1}
    first |= {"DELETE FROM audit_chain": 1, "UPDATE audit_chain SET sequence = 2": 2}
    assert found.broken_sequence == first.get(change, 3)
    assert found.events == first.get(change, 3) - 1


def test_a_chain_made_anew_is_found_by_an_entry_that_was_kept(
    access: SqlAccess, path: Path
) -> None:
    kept = log_of(access, 5)[3]
    events = [event for part in access.audit.export(ae.ExportAudit()) for event in part]
    connection = sqlite3.connect(path)
    previous = ae.FIRST_HASH
    for event in events:
        event.actor = "eve" if event.sequence == 2 else event.actor
        previous = event.hashed_after(previous)
        connection.execute(
            "UPDATE audit_events SET actor = ?, hash = ? WHERE sequence = ?",
            (event.actor, previous, event.sequence),
        )
    connection.execute("UPDATE audit_chain SET hash = ?", (previous,))
    connection.commit()
    connection.close()
    assert access.audit.verify(ae.VerifyAudit()).intact
    found = access.audit.verify(ae.VerifyAudit(kept.sequence, kept.hash))
    assert (found.intact, found.broken_sequence) == (False, 4)


def test_nothing_is_added_to_a_log_without_an_end(access: SqlAccess, path: Path) -> None:
    log_of(access, 2)
    tamper(path, "DELETE FROM audit_chain")
    with pytest.raises(InvalidState, match="The audit log has lost its end"):
        log_of(access, 1)


def test_a_change_that_fails_leaves_no_entry(access: SqlAccess, store: SqlStore) -> None:
    """Neither does one among others, which share a transaction."""
    user, experiment = new_user(access), new_experiment(store)
    before = len(log_of(access, 1)) and access.audit.verify(ae.VerifyAudit()).events
    request = p.GrantPermission("experiment", experiment, "READ", user)
    absent = p.GrantPermission("experiment", experiment, "READ", "nobody")
    pending = [access.permissions.grant(each, BY) for each in [request, absent] * 10]
    for each in pending[::2]:
        each.result()
    found = access.audit.verify(ae.VerifyAudit())
    assert (found.intact, found.events) == (True, before + 10)


def test_a_long_log_is_read_in_slices(access: SqlAccess) -> None:
    for each in [access.audit.append(ae.AuditRecord("act"), BY) for _ in range(2_300)]:
        each.result()
    assert [len(part) for part in access.audit.export(ae.ExportAudit())] == [1_000, 1_000, 300]
    assert access.audit.verify(ae.VerifyAudit()).events == 2_300


def test_failures_are_bounded(store: SqlStore, path: Path) -> None:
    clock = Clock()
    rules = AccessRules(most_failures_kept=10)
    access = SqlAccess(store.database, "/artifacts", rules, CHEAP, clock)

    def fail(name: str) -> None:
        with pytest.raises(Unauthenticated):
            access.sign_ins.check_password(u.CheckPassword(name, "a wrong password"))

    def kept() -> int:
        connection = sqlite3.connect(path)
        (count,) = connection.execute("SELECT COUNT(*) FROM sign_in_failures").fetchone()
        connection.close()
        return int(count)

    for number in range(15):
        fail(f"nobody {number}")
    assert kept() == 10
    clock.time += rules.failures_forgotten_after + 1
    fail("another")
    assert kept() == 1
