"""What grants come to, reckoned by the store in SQL and by a plain model of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import roles as ro
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.store.access import AccessRules
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.access import BY
from millstream.testing.fixtures import new_experiment, unique
from millstream.testing.registered_models import new_registered_model

ORDER = ["NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE"]
CHEAP = HashingCost(passes=1, memory=8, lanes=1)


class Grant(NamedTuple):
    """A grant: by which way it comes to the user, on which of the resources (None: all)."""

    way: str
    resource_type: str
    place: int | None
    permission: str


class Case(NamedTuple):
    """All that counts for one user."""

    grants: list[Grant]
    default: str
    is_admin: bool
    scope: str | None
    limits: list[tuple[str, int | None]]


permissions = st.sampled_from(get_args(p.PermissionName))
indexes = st.sampled_from([None, 0, 1])
kinds = st.sampled_from(["experiment", "registered_model"])
ways = st.sampled_from(["user", "group", "role", "role of group", "nobody"])
grants = st.one_of(
    st.builds(Grant, ways, kinds, indexes, permissions),
    st.builds(Grant, ways, st.just("workspace"), st.none(), permissions),
)
cases = st.builds(
    Case,
    # A second grant of the same way on the same resource would take the place of the first.
    st.lists(grants, max_size=8, unique_by=lambda grant: grant[:3]),
    st.sampled_from(ORDER),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([None, "read", "write", "admin"]),
    st.lists(st.tuples(kinds, indexes), max_size=2, unique=True),
)


def expected(case: Case, kind: str, index: int) -> str:
    """The permission that the rules give."""
    limited = case.scope is not None and case.limits
    if limited and not {(kind, index), (kind, None)} & set(case.limits):
        return "NO_PERMISSIONS"
    matching = [
        grant.permission
        for grant in case.grants
        if grant.way != "nobody"
        and (
            grant.resource_type == "workspace"
            or (grant.resource_type == kind and grant.place in (None, index))
        )
    ]
    if case.is_admin:
        found = "MANAGE"
    elif "DENY" in matching:
        return "DENY"
    else:
        found = max(matching or [case.default], key=ORDER.index)
    most = {None: "MANAGE", "read": "READ", "write": "EDIT", "admin": "MANAGE"}[case.scope]
    return min(found, most, key=ORDER.index)


class World(NamedTuple):
    """A database with two experiments and two models, in which each case has its own people."""

    database: Database
    resources: dict[str, list[str]]

    def caller(self, case: Case) -> tuple[SqlAccess, u.Caller]:
        rules = AccessRules(default_permission=case.default)  # type: ignore[arg-type]  # a name
        access = SqlAccess(self.database, "/artifacts", rules, CHEAP)
        name, group, other = unique("user"), unique("group"), unique("other")
        access.users.create(u.CreateUser(name, is_admin=case.is_admin), BY).result()
        access.users.create(u.CreateUser(other), BY).result()
        access.groups.create(gr.CreateGroup(group), BY).result()
        access.groups.add_member(gr.GroupMember(group, name), BY).result()
        roles = {
            way: access.roles.create(ro.CreateRole(unique("role")), BY).result().id
            for way in ("role", "role of group")
        }
        access.roles.assign(ro.AssignRole(roles["role"], name), BY).result()
        to_group = ro.AssignGroupRole(roles["role of group"], group)
        access.roles.assign_to_group(to_group, BY).result()
        users = {"user": name, "nobody": other}
        for way, kind, index, permission in case.grants:
            resource_id = self.id(kind, index)
            if way in roles:
                add = ro.AddRolePermission(roles[way], kind, resource_id, permission)  # type: ignore[arg-type]  # names
                access.roles.add_permission(add, BY).result()
            elif way in users:
                grant = p.GrantPermission(kind, resource_id, permission, users[way])  # type: ignore[arg-type]  # names
                access.permissions.grant(grant, BY).result()
            else:
                shared = p.GrantGroupPermission(kind, resource_id, permission, group)  # type: ignore[arg-type]  # names
                access.permissions.grant_to_group(shared, BY).result()
        if case.scope is None:
            return access, access.users.get_caller(u.UserName(name))
        limits = [p.Resource(kind, self.id(kind, index)) for kind, index in case.limits]  # type: ignore[arg-type]  # names
        request = t.CreateToken(name, "token", case.scope, resources=limits)  # type: ignore[arg-type]  # a name
        made = access.tokens.create(request, BY).result()
        return access, access.tokens.check(made.secret).caller

    def id(self, kind: str, index: int | None) -> str:
        return "*" if index is None else self.resources[kind][index]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path: Path = tmp_path_factory.mktemp("world") / "test.db"
    store = SqlStore(Database(f"sqlite:///{path}"), "/artifacts")
    experiments = [new_experiment(store) for _ in range(2)]
    models = [new_registered_model(store) for _ in range(2)]
    yield World(store.database, {"experiment": experiments, "registered_model": models})
    store.close()


@given(case=cases)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_sql_and_the_rules_agree(world: World, case: Case) -> None:
    access, caller = world.caller(case)
    for kind, ids in world.resources.items():
        found = []
        for index, each in enumerate(ids):
            permission = access.permissions.get(caller, p.Resource(kind, each)).permission  # type: ignore[arg-type]  # a name
            assert permission == expected(case, kind, index)
            if permission not in ("DENY", "NO_PERMISSIONS"):
                found.append(each)
        assert access.permissions.filter_readable(caller, kind, ids) == found  # type: ignore[arg-type]  # a name
        levels = access.permissions.get_levels(caller, kind, [*ids, "absent"])  # type: ignore[arg-type]  # a name
        assert levels == {each: expected(case, kind, index) for index, each in enumerate(ids)}
