"""People of a provider become users as far as the settings let them, and nobody becomes another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.server.access.openid.conftest import Visit
from tests.unit.server.access.openid.provider_process import FakeProvider

from millstream.entities import groups as gr
from millstream.entities import users as u
from millstream.errors import InvalidParameter, NotFound, PermissionDenied, Unauthenticated
from millstream.server.access.openid.people import claim
from millstream.store.access import Access
from millstream.testing.access import BY, PASSWORD

MakeVisit = Callable[..., Visit]


def groups_of(access: Access, username: str) -> list[str]:
    return [group.name for group in access.groups.list(gr.ListGroups(username)).groups]


def is_admin(access: Access, username: str) -> bool:
    return access.users.get(u.UserName(username)).is_admin


def test_who_is_unknown_is_refused_unless_users_may_be_made(
    visit: MakeVisit, access: Access
) -> None:
    with pytest.raises(PermissionDenied, match="signed in as 'ada', who is no user here"):
        visit(oidc_create_users=False)()
    with pytest.raises(NotFound):
        access.users.get(u.UserName("ada"))
    visit()()
    user = access.users.get(u.UserName("ada"))
    assert (user.kind, user.is_admin, user.has_password) == ("user", False, False)
    assert visit(oidc_create_users=False)().caller.user_id == user.id


def test_a_user_with_a_password_is_not_taken_over(visit: MakeVisit, access: Access) -> None:
    access.users.create(u.CreateUser("ada", PASSWORD), BY).result()
    with pytest.raises(PermissionDenied, match=r"'ada' here already, who signs in with a password"):
        visit()()
    assert visit(oidc_link_users=True)().caller.username == "ada"
    assert visit()().caller.username == "ada"  # once linked, always


def test_a_user_that_was_made_without_password_waits_for_its_person(
    visit: MakeVisit, access: Access
) -> None:
    made = access.users.create(u.CreateUser("ada"), BY).result()
    assert visit(oidc_create_users=False)().caller.user_id == made.id


def test_a_name_that_the_provider_gives_to_somebody_else_opens_nothing(
    visit: MakeVisit, access: Access, provider: FakeProvider
) -> None:
    visit()()
    provider.person = {"sub": "subject-2", "preferred_username": "ada"}
    with pytest.raises(PermissionDenied, match="belongs to another account of the sign-in provid"):
        visit(oidc_link_users=True)()
    access.users.unlink(u.UserName("ada"), BY).result()
    assert visit()().caller.username == "ada"
    provider.person = {"sub": "subject-1", "preferred_username": "ada"}
    with pytest.raises(PermissionDenied, match="another account"):
        visit()()


def test_a_user_made_anew_is_another(
    visit: MakeVisit, access: Access, provider: FakeProvider
) -> None:
    visit()()
    access.users.delete(u.UserName("ada"), BY).result()
    provider.person = {"sub": "subject-2", "preferred_username": "ada"}
    assert visit()().caller.username == "ada"


def test_no_person_is_a_program_or_shut_out(visit: MakeVisit, access: Access) -> None:
    access.users.create(u.CreateUser("ada", kind="service"), BY).result()
    with pytest.raises(PermissionDenied, match="'ada' is shut out or no person"):
        visit(oidc_link_users=True)()
    access.users.delete(u.UserName("ada"), BY).result()
    visit()()
    access.users.set_active(u.UpdateUserActive("ada", is_active=False), BY).result()
    with pytest.raises(PermissionDenied, match="'ada' is shut out"):
        visit()()


@pytest.mark.parametrize("told", [{}, {"preferred_username": ""}, {"preferred_username": ["ada"]}])
def test_a_person_without_a_name(
    visit: MakeVisit, provider: FakeProvider, told: dict[str, object]
) -> None:
    provider.person = {"sub": "subject-1", **told}
    with pytest.raises(PermissionDenied, match="does not tell your claim 'preferred_username'"):
        visit()()


def test_a_name_that_cannot_be(visit: MakeVisit, provider: FakeProvider) -> None:
    provider.person["preferred_username"] = "a:b"
    with pytest.raises(InvalidParameter, match="must not contain a colon"):
        visit()()


def test_an_address_is_a_name_once_it_is_verified(visit: MakeVisit, provider: FakeProvider) -> None:
    provider.person["email"] = "ada@example.com"
    for verified in (None, False, "true"):
        provider.person["email_verified"] = verified
        with pytest.raises(PermissionDenied, match=r"has not verified that 'ada@example\.com'"):
            visit(oidc_username_claim="email")()
    provider.person["email_verified"] = True
    assert visit(oidc_username_claim="email")().caller.username == "ada@example.com"


def test_the_provider_may_tell_more_when_it_is_asked(
    visit: MakeVisit, access: Access, provider: FakeProvider
) -> None:
    provider.person = {"sub": "subject-1"}
    provider.userinfo = {"sub": "subject-1", "preferred_username": "ada", "groups": ["ml"]}
    assert visit(oidc_groups_claim="groups")().caller.username == "ada"
    assert groups_of(access, "ada") == ["oidc:ml"]
    provider.userinfo["sub"] = "subject-2"
    with pytest.raises(Unauthenticated, match="tells of somebody else"):
        visit()()
    provider.raw["/userinfo"] = (403, b"{}")
    provider.calls.clear()
    provider.person = {"sub": "subject-1", "preferred_username": "ada"}
    visit()()
    assert "/userinfo" not in provider.calls


def test_only_people_with_certain_claims(visit: MakeVisit, provider: FakeProvider) -> None:
    required = {"oidc_required_claims": "hd=example.com, groups=ml"}
    for told in ({}, {"hd": "example.com"}, {"hd": "evil.example", "groups": ["ml"]}):
        provider.person = {"sub": "subject-1", "preferred_username": "ada", **told}
        with pytest.raises(PermissionDenied, match="Only people whose claim"):
            visit(**required)()
    provider.person.update(hd="example.com", groups=["ops", "ml"])
    assert visit(**required)().caller.username == "ada"


def test_groups_are_those_of_the_provider_at_each_sign_in(
    visit: MakeVisit, access: Access, provider: FakeProvider
) -> None:
    access.groups.create(gr.CreateGroup("by hand"), BY).result()
    browser = visit(oidc_groups_claim="realm_access.roles", oidc_groups="ml-*,ops")

    def sign_in(*roles: str) -> list[str]:
        provider.person["realm_access"] = {"roles": list(roles)}
        browser()
        return groups_of(access, "ada")

    assert sign_in("ml-a", "ml-b", "offline_access") == ["oidc:ml-a", "oidc:ml-b"]
    access.groups.add_member(gr.GroupMember("by hand", "ada"), BY).result()
    assert sign_in("ops", "ml-b") == ["by hand", "oidc:ml-b", "oidc:ops"]
    del provider.person["realm_access"]
    browser()
    assert groups_of(access, "ada") == ["by hand"]
    assert visit(oidc_groups_claim=None)()
    assert groups_of(access, "ada") == ["by hand"]


def test_more_groups_than_are_told_are_refused(visit: MakeVisit, provider: FakeProvider) -> None:
    provider.person["_claim_names"] = {"groups": "src1"}
    with pytest.raises(PermissionDenied, match="in more groups than the sign-in provider tells"):
        visit(oidc_groups_claim="groups")()


def test_administrators_are_those_in_a_group(
    visit: MakeVisit, access: Access, provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    browser = visit(
        oidc_groups_claim="groups", oidc_groups="ml", oidc_administrators_group="platform"
    )
    provider.person["groups"] = ["platform"]
    assert browser().caller.is_admin
    assert groups_of(access, "ada") == ["oidc:platform"]
    provider.person["groups"] = ["ml"]
    assert browser().caller.is_admin  # nobody else is
    assert "ada is not in the group platform" in caplog.text
    access.users.create(u.CreateUser("root", PASSWORD, is_admin=True), BY).result()
    assert not browser().caller.is_admin
    assert not is_admin(access, "ada")


def test_without_such_a_group_administrators_stay(visit: MakeVisit, access: Access) -> None:
    access.users.create(u.CreateUser("ada", is_admin=True), BY).result()
    assert visit()().caller.is_admin


def test_a_claim_is_found_by_its_name_before_its_path() -> None:
    claims = {"https://example.com/groups": ["a"], "x": {"y": 1}, "x.y": 2, "z": {"y": 3}}
    assert claim(claims, "https://example.com/groups") == ["a"]
    assert claim(claims, "x.y") == 2
    assert claim(claims, "z.y") == 3
    assert claim(claims, "z.y.w") is None
