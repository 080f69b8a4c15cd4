"""Permissions on registered models hold where the registry is in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from millstream.entities import permissions as p
from millstream.entities import users as u
from millstream.store.access import Access
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.access import Clock, caller, grant, new_user
from millstream.testing.creators import CreatorsContract
from millstream.testing.databases import KINDS, empty_database
from millstream.testing.parents import ParentsContract
from millstream.testing.permissions import PermissionsContract
from millstream.testing.registered_models import new_registered_model
from millstream.testing.restriction import RestrictionContract
from millstream.testing.roles import RolesContract
from millstream.testing.tokens import TokensContract


@pytest.fixture(scope="module", params=KINDS)
def tracking_uri(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where runs and grants are; the registry is on the next kind of database."""
    with empty_database(request.param, tmp_path_factory.mktemp("tracking")) as uri:
        yield uri


@pytest.fixture(scope="module")
def store(tracking_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """The store of runs, with the registered models of the other one."""
    kind = tracking_uri.partition(":")[0]
    other = KINDS[(KINDS.index(kind) + 1) % len(KINDS)]
    with empty_database(other, tmp_path_factory.mktemp("registry")) as uri:
        tracking = SqlStore(Database(tracking_uri), "/artifacts")
        registry = SqlStore(Database(uri), "/artifacts")
        tracking.database.keep_registry_in(registry.database)
        tracking.registered_models = registry.registered_models
        tracking.model_versions = registry.model_versions
        tracking.transition_requests = registry.transition_requests
        tracking.deployments = registry.deployments
        tracking.registry_events = registry.registry_events
        yield tracking
        tracking.close()
        registry.close()


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def access(store: SqlStore, clock: Clock) -> Access:
    return SqlAccess(
        store.database, "/artifacts", cost=HashingCost(passes=1, memory=8), clock=clock
    )


class TestPermissions(PermissionsContract):
    """Permissions."""


class TestRoles(RolesContract):
    """Roles."""


class TestParents(ParentsContract):
    """Parents."""


class TestRestriction(RestrictionContract):
    """What is left out of searches. Gates of a registry apart see no runs, so none are hidden."""

    test_a_check_of_gates_shows_no_values_of_hidden_runs = None  # type: ignore[assignment]  # no test here


class TestCreators(CreatorsContract):
    """Whoever creates something."""


class TestTokens(TokensContract):
    """Tokens."""


def test_keys_of_one_database_are_not_taken_for_those_of_the_other(
    store: SqlStore, access: Access
) -> None:
    user, models = new_user(access), [new_registered_model(store) for _ in range(3)]
    who = caller(access, user)
    grant(access, user, "registered_model", "*", "DENY")
    readable = access.permissions.filter_readable
    assert readable(who, "registered_model", models) == []
    revoke = p.RevokePermission("registered_model", "*", user)
    access.permissions.revoke(revoke, u.Actor()).result()
    grant(access, user, "registered_model", "*", "NO_PERMISSIONS")
    grant(access, user, "registered_model", models[1], "READ")
    assert readable(who, "registered_model", models) == [models[1]]
