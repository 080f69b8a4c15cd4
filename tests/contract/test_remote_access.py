"""Access made of requests keeps the contract; what is not on the wire is asked of the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.rest.caller import Caller
from millstream.rest.dispatch import Dispatcher
from millstream.rest.remote_access import RemoteAccess
from millstream.rest.transport import Reply
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.access import ASKING, BY, Clock
from millstream.testing.audit_events import AuditContract
from millstream.testing.fixtures import unique
from millstream.testing.groups import GroupsContract
from millstream.testing.permissions import PermissionsContract
from millstream.testing.roles import RolesContract
from millstream.testing.tokens import TokensContract
from millstream.testing.users import UsersContract

NOUNS = ("users", "groups", "roles", "permissions", "tokens", "audit")


class Server:
    """Carries requests to a dispatcher, and knows who asks as a server would: not from them."""

    def __init__(self, access: SqlAccess) -> None:
        self._dispatcher = Dispatcher(
            SimpleNamespace(**{noun: getattr(access, noun) for noun in NOUNS})
        )
        self.asking = ASKING

    def send(self, method: str, path: str, body: bytes | None) -> Reply:
        path, _, query = path.partition("?")
        kind = None if body is None else b"application/json"
        answer = self._dispatcher.answer(
            method, path, query.encode(), kind, body or b"", self.asking
        )
        whole = answer.body if answer.chunks is None else b"".join(answer.chunks)
        return Reply(answer.status, {}, whole)

    def close(self) -> None:
        """Nothing to release."""


class Noun:
    """A noun over the wire; what is not on it is asked of the store itself."""

    def __init__(self, server: Server, remote: object, own: object) -> None:
        self._server = server
        self._remote = remote
        self._own = own

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._remote, name, None)
        if method is None:
            return getattr(self._own, name)

        def call(request: Any, beside: object = None) -> Any:
            arguments = () if beside is None else (beside,)
            self._server.asking = ASKING
            if isinstance(beside, Asking):
                self._server.asking = beside
            elif beside is not None:  # what a contract says of an actor, its server knows
                self._server.asking = _asking_of(beside)
            return method(request, *arguments)

        return call


def _asking_of(by: Any) -> Asking:
    from_token = by.token_id is not None
    caller = u.Caller(0, by.username or "", False, by.token_id) if from_token else None
    return Asking(by.username or "anonymous", caller, by.address)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("remote")
    opened = Database(f"sqlite:///{folder / 'facts.db'}")
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
    own = SqlAccess(database, "/artifacts", cost=HashingCost(1, 8, 1), clock=clock)
    server = Server(own)
    remote = RemoteAccess(Caller(server))
    nouns: Any = SimpleNamespace(sign_ins=own.sign_ins, sessions=own.sessions, version=own.version)
    for noun in NOUNS:
        setattr(nouns, noun, Noun(server, getattr(remote, noun), getattr(own, noun)))
    found: Access = nouns
    return found


class TestUsers(UsersContract):
    """Users and service accounts."""

    def test_a_kind_that_cannot_be(self, access: Access) -> None:
        """Of what a request may leave out, the wire ignores names it does not know, as MLflow's."""
        request = u.CreateUser(unique("user"), kind="robot")  # type: ignore[arg-type]  # on purpose
        assert access.users.create(request, BY).result().kind == "user"


class TestGroups(GroupsContract):
    """Groups."""


class TestRoles(RolesContract):
    """Roles."""


class TestPermissions(PermissionsContract):
    """Permissions."""


class TestTokens(TokensContract):
    """Tokens."""


class TestAudit(AuditContract):
    """The audit log."""
