"""The contract of users and service accounts."""

from __future__ import annotations

import pytest

from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import roles as ro
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, Unauthenticated
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.testing.access import (
    ASKING,
    BY,
    PASSWORD,
    Clock,
    caller,
    grant,
    last_event,
    new_user,
)
from millstream.testing.fixtures import new_experiment, unique
from millstream.testing.groups import new_group
from millstream.testing.roles import new_role, permit


class UsersContract:
    """What every store promises about users."""

    def test_a_user_is_made_and_found(self, access: Access, clock: Clock) -> None:
        name = unique("ada é")
        made = access.users.create(u.CreateUser(name, PASSWORD), BY).result()
        assert (made.username, made.is_admin, made.kind, made.is_active) == (
            name,
            False,
            "user",
            True,
        )
        assert made.creation_time == made.last_update_time == clock.time
        assert access.users.get(u.UserName(name)) == made
        for is_basic_auth in (True, False):
            asking = Asking(name, caller(access, name), is_basic_auth=is_basic_auth)
            current = access.users.get_current(u.GetCurrentUser(), asking)
            assert current == u.CurrentUser(made, is_basic_auth)
        with pytest.raises(Unauthenticated, match="Nobody is signed in"):
            access.users.get_current(u.GetCurrentUser(), ASKING)
        assert caller(access, name) == u.Caller(made.id, name, is_admin=False)

    def test_it_is_known_who_has_a_password(self, access: Access) -> None:
        name = unique("user")
        made = access.users.create(u.CreateUser(name), BY).result()
        assert not made.has_password
        assert access.users.get(u.UserName(name)) == made
        access.users.set_password(u.UpdateUserPassword(name, PASSWORD), ASKING).result()
        assert access.users.get(u.UserName(name)).has_password
        created = access.users.create(u.CreateUser(unique("user"), PASSWORD), BY).result()
        assert created.has_password
        page = access.users.list(u.ListUsers())
        listed = {user.username: user.has_password for user in page.users}
        assert listed[created.username]

    def test_names_are_unique(self, access: Access) -> None:
        name = new_user(access)
        with pytest.raises(AlreadyExists, match=f"username={name} already exists"):
            access.users.create(u.CreateUser(name, PASSWORD), BY).result()
        assert access.users.create(u.CreateUser(name.upper(), PASSWORD), BY).result().id

    @pytest.mark.parametrize("name", ["", " ", " ada", "ada\n", "a\0b", "a:b", "x" * 256, "\ud800"])
    def test_names_that_cannot_be(self, access: Access, name: str) -> None:
        with pytest.raises(InvalidParameter, match=r"username|not Unicode"):
            access.users.create(u.CreateUser(name, PASSWORD), BY).result()

    def test_a_kind_that_cannot_be(self, access: Access) -> None:
        request = u.CreateUser(unique("user"), kind="robot")  # type: ignore[arg-type]  # on purpose
        with pytest.raises(InvalidParameter, match="robot"):
            access.users.create(request, BY).result()

    def test_passwords_that_cannot_be(self, access: Access) -> None:
        with pytest.raises(InvalidParameter, match=r"Password must be at least 12 characters\.$"):
            access.users.create(u.CreateUser(unique("user"), "x" * 11), BY).result()
        with pytest.raises(InvalidParameter, match="at most 1024 characters; this one has 1025"):
            access.users.create(u.CreateUser(unique("user"), "x" * 1_025), BY).result()
        name = new_user(access)
        with pytest.raises(InvalidParameter, match="at least 12"):
            access.users.set_password(u.UpdateUserPassword(name, "short"), ASKING).result()

    def test_who_is_absent(self, access: Access) -> None:
        message = "User with username=zz not found$"
        with pytest.raises(NotFound, match=message):
            access.users.get(u.UserName("zz"))
        with pytest.raises(NotFound, match=message):
            access.users.set_password(u.UpdateUserPassword("zz", PASSWORD), ASKING).result()
        with pytest.raises(NotFound, match=message):
            access.users.set_admin(u.UpdateUserAdmin("zz", is_admin=True), BY).result()
        with pytest.raises(NotFound, match=message):
            access.users.set_active(u.UpdateUserActive("zz", is_active=True), BY).result()
        with pytest.raises(NotFound, match=message):
            access.users.delete(u.UserName("zz"), BY).result()
        with pytest.raises(Unauthenticated, match="No active user has the username 'zz'"):
            access.users.get_caller(u.UserName("zz"))

    def test_users_are_listed_by_name(self, access: Access) -> None:
        made = sorted(new_user(access) for _ in range(3))
        names: list[str] = []
        token = None
        while True:
            page = access.users.list(u.ListUsers(2, token))
            assert len(page.users) <= 2
            names += [user.username for user in page.users]
            token = page.next_page_token
            if token is None:
                break
        assert names == sorted(names)
        assert [name for name in names if name in made] == made
        with pytest.raises(InvalidParameter, match="max_results"):
            access.users.list(u.ListUsers(1_001))

    def test_users_are_listed_with_their_roles(self, access: Access) -> None:
        alone, member, role, other = (
            *(new_user(access), new_user(access)),
            *(new_role(access), new_role(access)),
        )
        access.roles.assign(ro.AssignRole(role, alone), BY).result()
        access.roles.assign_to_group(ro.AssignGroupRole(role, new_group(access, member)), BY)
        access.roles.assign(ro.AssignRole(other, member), BY).result()
        permit(access, role, "workspace", "*", "READ")
        listed = {one.username: one for one in access.users.list(u.ListUsers()).users}
        for name, ids in ((alone, {role}), (member, {role, other}), (new_user(access), set[int]())):
            if ids:
                roles = access.roles.list_of_user(ro.ListUserRoles(name)).roles
                assert listed[name].roles == roles
                assert {one.id for one in roles} == ids
            else:
                assert access.roles.list_of_user(ro.ListUserRoles(name)).roles == []

    def test_who_changes_its_own_password_has_to_know_the_present_one(self, access: Access) -> None:
        name, other = new_user(access), "another battery staple"
        asking = Asking(name, caller(access, name), "192.0.2.1")
        set_password = access.users.set_password
        for given, message in (
            (None, "has to give the present one"),
            ("", "has to give the present one"),
            ("not the present one", "is not the present one"),
            (other, "choose another"),
        ):
            with pytest.raises(InvalidParameter, match=message):
                set_password(u.UpdateUserPassword(name, other, given), asking).result()
        set_password(u.UpdateUserPassword(name, other, PASSWORD), asking).result()
        access.sign_ins.check_password(u.CheckPassword(name, other))
        admin = new_user(access, is_admin=True)
        by_admin = Asking(admin, caller(access, admin))
        set_password(u.UpdateUserPassword(name, PASSWORD), by_admin).result()
        assert last_event(access).actor == admin
        access.sign_ins.check_password(u.CheckPassword(name, PASSWORD))

    def test_the_last_administrator_stays(self, access: Access) -> None:
        everybody = access.users.list(u.ListUsers()).users
        keeper = new_user(access, is_admin=True)
        for user in everybody:
            if user.is_admin:
                access.users.set_admin(u.UpdateUserAdmin(user.username, is_admin=False), BY)
        service = u.CreateUser(unique("service"), kind="service", is_admin=True)
        access.users.create(service, BY).result()
        message = f"'{keeper}' is the last active administrator"
        with pytest.raises(InvalidParameter, match=message):
            access.users.set_admin(u.UpdateUserAdmin(keeper, is_admin=False), BY).result()
        with pytest.raises(InvalidParameter, match=message):
            access.users.set_active(u.UpdateUserActive(keeper, is_active=False), BY).result()
        with pytest.raises(InvalidParameter, match=message):
            access.users.delete(u.UserName(keeper), BY).result()
        successor = new_user(access)
        access.users.set_admin(u.UpdateUserAdmin(successor, is_admin=True), BY).result()
        access.users.delete(u.UserName(keeper), BY).result()
        assert caller(access, successor).administers

    def test_who_is_shut_out_comes_back_with_all_rights(self, access: Access, store: Store) -> None:
        name, experiment = new_user(access), new_experiment(store)
        grant(access, name, "experiment", experiment, "MANAGE")
        token = t.CreateToken(name, "laptop", "write")
        secret = access.tokens.create(token, BY).result().secret
        session = access.sessions.create(caller(access, name), BY).result().secret
        access.users.set_active(u.UpdateUserActive(name, is_active=False), BY).result()
        assert not access.users.get(u.UserName(name)).is_active
        with pytest.raises(Unauthenticated):
            access.tokens.check(secret)
        with pytest.raises(Unauthenticated):
            access.sign_ins.check_password(u.CheckPassword(name, PASSWORD))
        with pytest.raises(Unauthenticated):
            caller(access, name)
        access.users.set_active(u.UpdateUserActive(name, is_active=True), BY).result()
        assert access.tokens.check(secret).caller.username == name
        assert (
            access.sign_ins.check_password(u.CheckPassword(name, PASSWORD)).caller.username == name
        )
        with pytest.raises(Unauthenticated):
            access.sessions.check(session)
        listed = access.permissions.list(u.UserName(name)).permissions
        assert [one.permission for one in listed] == ["MANAGE"]

    def test_another_password_ends_sessions(self, access: Access) -> None:
        name = new_user(access)
        session = access.sessions.create(caller(access, name), BY).result().secret
        other = "another good password"
        access.users.set_password(u.UpdateUserPassword(name, other), ASKING).result()
        with pytest.raises(Unauthenticated):
            access.sessions.check(session)
        with pytest.raises(Unauthenticated):
            access.sign_ins.check_password(u.CheckPassword(name, PASSWORD))
        assert access.sign_ins.check_password(u.CheckPassword(name, other)).caller.username == name

    def test_service_accounts_have_no_password(self, access: Access) -> None:
        name = unique("service")
        with pytest.raises(InvalidParameter, match="cannot have a password"):
            access.users.create(u.CreateUser(name, PASSWORD, kind="service"), BY).result()
        assert access.users.create(u.CreateUser(name, kind="service"), BY).result().kind == (
            "service"
        )
        with pytest.raises(InvalidParameter, match="cannot have a password"):
            access.users.set_password(u.UpdateUserPassword(name, PASSWORD), ASKING).result()

    def test_who_takes_over_a_name_inherits_nothing(self, access: Access, store: Store) -> None:
        name, experiment, group = new_user(access), new_experiment(store), unique("group")
        grant(access, name, "experiment", experiment, "MANAGE")
        access.groups.create(gr.CreateGroup(group), BY).result()
        access.groups.add_member(gr.GroupMember(group, name), BY).result()
        limit = [p.Resource("experiment", experiment)]
        token = access.tokens.create(t.CreateToken(name, "a", "read", resources=limit), BY).result()
        session = access.sessions.create(caller(access, name), BY).result().secret
        first = access.users.get(u.UserName(name)).id
        access.users.delete(u.UserName(name), BY).result()
        again = access.users.create(u.CreateUser(name, PASSWORD), BY).result()
        assert again.id != first
        assert access.permissions.list(u.UserName(name)).permissions == []
        assert access.groups.get(gr.GroupName(group)).members == []
        assert access.tokens.list(t.ListTokens(name)).tokens == []
        for check, secret in (
            (access.tokens.check, token.secret),
            (access.sessions.check, session),
        ):
            with pytest.raises(Unauthenticated):
                check(secret)

    def test_of_two_who_link_at_once_the_first_has_the_user(self, access: Access) -> None:
        name, issuer = new_user(access), "https://login.example"
        user_id = access.users.get(u.UserName(name)).id
        assert access.users.find_link(user_id) is None
        first = access.users.link(u.LinkUser(name, issuer, "1"), BY).result()
        assert (first.username, first.issuer, first.subject) == (name, issuer, "1")
        event = last_event(access)
        assert (event.action, event.resource_id, event.actor) == (
            "user.link_openid",
            name,
            "tester",
        )
        assert event.details == {"user_id": str(user_id), "issuer": issuer, "subject": "1"}
        assert access.users.link(u.LinkUser(name, issuer, "2"), BY).result() == first
        assert access.users.find_link(user_id) == first
        assert last_event(access).sequence == event.sequence
        access.users.unlink(u.UserName(name), BY).result()
        assert last_event(access).action == "user.unlink_openid"
        assert access.users.find_link(user_id) is None
        with pytest.raises(NotFound, match=f"'{name}' belongs to no account of a sign-in provider"):
            access.users.unlink(u.UserName(name), BY).result()
        assert access.users.link(u.LinkUser(name, issuer, "2"), BY).result().subject == "2"

    def test_links_are_listed_by_name_and_go_with_their_users(self, access: Access) -> None:
        prefix = unique("linked")
        names = [f"{prefix} {letter}" for letter in "cab"]
        for name in names:
            access.users.create(u.CreateUser(name), BY).result()
            access.users.link(u.LinkUser(name, "https://login.example", name), BY).result()

        def listed() -> list[str]:
            found: list[str] = []
            request = u.ListUserLinks(max_results=2)
            while True:
                page = access.users.list_links(request)
                found += [link.username for link in page.links]
                if page.next_page_token is None:
                    return [name for name in found if name.startswith(prefix)]
                request = u.ListUserLinks(max_results=2, page_token=page.next_page_token)

        assert listed() == sorted(names)
        (one,) = access.users.list_links(u.ListUserLinks(names[0])).links
        assert (one.username, one.subject) == (names[0], names[0])
        access.users.delete(u.UserName(names[0]), BY).result()
        assert listed() == sorted(names[1:])
        with pytest.raises(InvalidParameter, match="max_results"):
            access.users.list_links(u.ListUserLinks(max_results=1_001))

    def test_changes_are_in_the_audit_log(self, access: Access, clock: Clock) -> None:
        name = new_user(access)
        event = last_event(access)
        assert (event.action, event.resource_type, event.resource_id) == (
            "user.create",
            "user",
            name,
        )
        assert (event.actor, event.address, event.result) == ("tester", "192.0.2.1", "success")
        assert event.timestamp == clock.time
        access.users.set_password(u.UpdateUserPassword(name, PASSWORD), ASKING).result()
        assert last_event(access).action == "user.set_password"
        assert PASSWORD not in repr(last_event(access))
        access.users.set_admin(u.UpdateUserAdmin(name, is_admin=True), BY).result()
        assert last_event(access).details == {"is_admin": "true"}
        access.users.set_active(u.UpdateUserActive(name, is_active=True), BY).result()
        assert last_event(access).details == {"is_active": "true"}
        before = last_event(access).sequence
        with pytest.raises(AlreadyExists):
            access.users.create(u.CreateUser(name), BY).result()
        assert last_event(access).sequence == before
