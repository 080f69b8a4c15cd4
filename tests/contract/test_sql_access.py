"""Access in SQL keeps its contract on every database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing import sign_ins
from millstream.testing.access import Clock
from millstream.testing.audit_events import AuditContract
from millstream.testing.creators import CreatorsContract
from millstream.testing.databases import KINDS, empty_database
from millstream.testing.groups import GroupsContract
from millstream.testing.parents import ParentsContract
from millstream.testing.permissions import PermissionsContract
from millstream.testing.restriction import RestrictionContract, VersionsByDatasetContract
from millstream.testing.roles import RolesContract
from millstream.testing.tokens import SessionsContract, TokensContract
from millstream.testing.users import UsersContract

CHEAP = HashingCost(passes=1, memory=8, lanes=1)


@pytest.fixture(scope="module")
def database(database_uri: str) -> Iterator[Database]:
    opened = Database(database_uri)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def store(database: Database) -> Store:
    return SqlStore(database, "/artifacts")


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def access(database: Database, clock: Clock) -> Access:
    return SqlAccess(database, "/artifacts", cost=CHEAP, clock=clock)


class TestUsers(UsersContract):
    """Users and service accounts."""


class TestGroups(GroupsContract):
    """Groups."""


class TestRoles(RolesContract):
    """Roles."""


class TestPermissions(PermissionsContract):
    """Permissions."""


class TestParents(ParentsContract):
    """Parents."""


class TestRestriction(RestrictionContract):
    """What is left out of searches."""


class TestVersionsByDataset(VersionsByDatasetContract):
    """Versions that are found by what their runs read."""


class TestCreators(CreatorsContract):
    """Whoever creates something."""


class TestTokens(TokensContract):
    """Tokens."""


class TestSessions(SessionsContract):
    """Sessions."""


class TestAudit(AuditContract):
    """The audit log."""


class TestSignIns(sign_ins.SignInsContract):
    """Passwords and lock-out."""

    @pytest.fixture
    def access(self, database: Database, clock: Clock) -> Access:
        return SqlAccess(database, "/artifacts", sign_ins.RULES, CHEAP, clock)


class TestFirstAdministrator(sign_ins.FirstAdministratorContract):
    """The first administrator."""

    @pytest.fixture(params=KINDS)
    def access(
        self, request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
    ) -> Iterator[Access]:
        with empty_database(request.param, tmp_path) as uri:
            database = Database(uri)
            yield SqlAccess(database, "/artifacts", sign_ins.RULES, CHEAP, clock)
            database.close()
