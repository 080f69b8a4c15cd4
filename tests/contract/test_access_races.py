"""Several processes change access at once: one becomes the administrator, the log has one end."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.entities import audit_events as ae
from millstream.entities import permissions as p
from millstream.entities import users as u
from millstream.store.access import Access
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.testing.access import new_user
from millstream.testing.audit_events import check_chain, whole_log
from millstream.testing.databases import KINDS, empty_database

SCRIPT = str(Path(__file__).with_name("access_process.py"))
PROCESSES = 3
ENTRIES = 25
THREADS = 4
NAMES = 12


@pytest.fixture(params=KINDS)
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def access(uri: str) -> Iterator[Access]:
    database = Database(uri)
    yield SqlAccess(database, "/artifacts")
    database.close()


def race(uri: str, task: str, arguments: list[str]) -> list[str]:
    """What the processes say that all began at the same time, each with its argument."""
    racing = [
        subprocess.Popen(
            [sys.executable, SCRIPT, uri, task, argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for argument in arguments
    ]
    for process in racing:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in racing:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0].strip() for process in racing]
    assert [process.returncode for process in racing] == [0] * len(arguments)
    return said


def test_one_becomes_the_first_administrator(uri: str, access: Access) -> None:
    link = access.sign_ins.create_link().result()
    assert link is not None
    said = race(uri, "administer", [link.secret] * PROCESSES)
    assert said.count("too late") == PROCESSES - 1
    (name,) = set(said) - {"too late"}
    assert [user.username for user in access.users.list(u.ListUsers()).users] == [name]
    check_chain(whole_log(access))


def test_processes_that_add_to_the_log_make_one_chain(uri: str, access: Access) -> None:
    assert race(uri, "append", [str(ENTRIES)] * PROCESSES) == ["[]"] * PROCESSES
    events = whole_log(access)
    assert len(events) == PROCESSES * THREADS * ENTRIES
    check_chain(events)
    assert access.audit.verify(ae.VerifyAudit()).intact


def test_who_creates_first_manages_alone(uri: str, access: Access) -> None:
    users = [new_user(access) for _ in range(PROCESSES)]
    assert race(uri, "create", users) == ["[]"] * PROCESSES
    events = whole_log(access)
    check_chain(events)
    grants = [event for event in events if event.action == "permission.grant"]
    made = Counter((event.resource_type, event.resource_id) for event in grants)
    assert len(made) == 2 * NAMES
    assert set(made.values()) == {1}
    for event in grants:
        kind: p.ResourceType = "experiment"
        if event.resource_type == "registered_model":
            kind = "registered_model"
        resource = p.Resource(kind, str(event.resource_id))
        (member,) = access.permissions.list_members(resource).members
        assert (member.username, member.permission) == (event.actor, "MANAGE")
