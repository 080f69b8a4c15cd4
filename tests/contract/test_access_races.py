"""Several processes change access at once: one becomes the administrator, the log has one end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.entities import audit_events as ae
from millstream.entities import users as u
from millstream.store.access import Access
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.testing.audit_events import check_chain, whole_log
from millstream.testing.databases import KINDS, empty_database

SCRIPT = str(Path(__file__).with_name("access_process.py"))
PROCESSES = 3
ENTRIES = 25
THREADS = 4


@pytest.fixture(params=KINDS)
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def access(uri: str) -> Iterator[Access]:
    database = Database(uri)
    yield SqlAccess(database, "/artifacts")
    database.close()


def race(uri: str, task: str, argument: str) -> list[str]:
    """What the processes say that all began at the same time."""
    command = [sys.executable, SCRIPT, uri, task, argument]
    racing = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for process in racing:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in racing:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0].strip() for process in racing]
    assert [process.returncode for process in racing] == [0] * PROCESSES
    return said


def test_one_becomes_the_first_administrator(uri: str, access: Access) -> None:
    link = access.sign_ins.create_link().result()
    assert link is not None
    said = race(uri, "administer", link.secret)
    assert said.count("too late") == PROCESSES - 1
    (name,) = set(said) - {"too late"}
    assert [user.username for user in access.users.list(u.ListUsers()).users] == [name]
    check_chain(whole_log(access))


def test_processes_that_add_to_the_log_make_one_chain(uri: str, access: Access) -> None:
    assert race(uri, "append", str(ENTRIES)) == ["[]"] * PROCESSES
    events = whole_log(access)
    assert len(events) == PROCESSES * THREADS * ENTRIES
    check_chain(events)
    assert access.audit.verify(ae.VerifyAudit()).intact
