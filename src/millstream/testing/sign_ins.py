"""The contract of sign-ins: passwords, lock-out, and the first administrator."""

from __future__ import annotations

import pytest

from millstream.entities import audit_events as ae
from millstream.entities import users as u
from millstream.errors import (
    AlreadyExists,
    Conflict,
    InvalidParameter,
    LimitExceeded,
    Unauthenticated,
)
from millstream.store.access import Access, AccessRules
from millstream.testing.access import ASKING, BY, PASSWORD, Clock, last_event, new_user
from millstream.testing.fixtures import unique

WRONG = "quite another password"
RULES = AccessRules(user_failures=3, address_failures=5, most_failures_kept=20)


def sign_in(access: Access, username: str, password: str, address: str | None = None) -> u.Caller:
    """Sign in."""
    return access.sign_ins.check_password(u.CheckPassword(username, password, address)).caller


def fail(access: Access, username: str, address: str | None = None, times: int = 1) -> None:
    """Sign in with a wrong password, so many times."""
    for _ in range(times):
        with pytest.raises(Unauthenticated, match="The username or the password is not right"):
            sign_in(access, username, WRONG, address)


class SignInsContract:
    """What every store promises about sign-ins; `access` has the `RULES` of this file."""

    def test_a_password_is_checked(self, access: Access) -> None:
        name = new_user(access)
        assert sign_in(access, name, PASSWORD).username == name
        assert (last_event(access).action, last_event(access).actor) == ("user.sign_in", name)
        for wrong in ("", WRONG, PASSWORD + "x", PASSWORD.upper(), "x" * 2_000, "\ud800"):
            with pytest.raises(Unauthenticated):
                sign_in(access, name, wrong)
            access.users.set_password(u.UpdateUserPassword(name, PASSWORD), ASKING).result()

    def test_who_proved_it_once_is_known_until_the_password_changes(self, access: Access) -> None:
        name = new_user(access)
        who, proof = access.sign_ins.check_password(u.CheckPassword(name, PASSWORD))
        assert access.sign_ins.get_proved(u.UserName(name), proof) == who
        for other in (new_user(access), "nobody"):
            with pytest.raises(Unauthenticated):
                access.sign_ins.get_proved(u.UserName(other), proof)
        access.users.set_active(u.UpdateUserActive(name, False), BY).result()
        with pytest.raises(Unauthenticated):
            access.sign_ins.get_proved(u.UserName(name), proof)
        access.users.set_active(u.UpdateUserActive(name, True), BY).result()
        assert access.sign_ins.get_proved(u.UserName(name), proof) == who
        access.users.set_password(u.UpdateUserPassword(name, PASSWORD), ASKING).result()
        with pytest.raises(Unauthenticated):
            access.sign_ins.get_proved(u.UserName(name), proof)

    def test_odd_passwords(self, access: Access) -> None:
        for password in ("пароль✓ with spaces ", "p" * 1_024, "line\nbreak\0null"):
            name = new_user(access, password=password)
            assert sign_in(access, name, password).username == name

    @pytest.mark.parametrize("name", ["nobody", "", "a\0b", "\ud800", "x" * 10_000])
    def test_who_is_absent_gets_the_same_answer(self, access: Access, name: str) -> None:
        fail(access, name)

    def test_who_has_no_password_gets_the_same_answer(self, access: Access) -> None:
        fail(access, new_user(access, password=None))

    def test_failures_are_in_the_audit_log_but_no_names_of_nobody(self, access: Access) -> None:
        name = new_user(access)
        fail(access, name, "192.0.2.2")
        event = last_event(access)
        assert (event.action, event.result, event.resource_id) == ("user.sign_in", "failure", name)
        assert (event.actor, event.address) == (None, "192.0.2.2")
        absent = unique("secret typed as a name")
        fail(access, absent)
        assert last_event(access).result == "failure"
        assert absent not in repr(last_event(access))

    @pytest.mark.parametrize("exists", [True, False])
    def test_a_name_is_locked_out(self, access: Access, clock: Clock, exists: bool) -> None:
        name = new_user(access) if exists else unique("nobody")
        fail(access, name, times=3)
        with pytest.raises(LimitExceeded, match=r"^Too many .* again in 60 seconds\.$"):
            sign_in(access, name, PASSWORD)
        clock.time += 59_001
        with pytest.raises(LimitExceeded, match=r"in 1 second\.$"):
            sign_in(access, name, PASSWORD)
        clock.time += 999
        fail(access, name)
        with pytest.raises(LimitExceeded, match="in 120 seconds"):
            sign_in(access, name, PASSWORD)
        clock.time += 120_000
        fail(access, name)
        clock.time += 240_000
        fail(access, name)
        clock.time += 480_000
        fail(access, name)
        with pytest.raises(LimitExceeded, match="in 900 seconds"):
            sign_in(access, name, PASSWORD)

    def test_a_success_begins_anew(self, access: Access) -> None:
        name = new_user(access)
        for _ in range(3):
            fail(access, name, times=2)
            assert sign_in(access, name, PASSWORD).username == name

    def test_old_failures_are_forgotten(self, access: Access, clock: Clock) -> None:
        name = new_user(access)
        fail(access, name, times=2)
        clock.time += RULES.failures_forgotten_after + 1
        fail(access, name, times=2)
        assert sign_in(access, name, PASSWORD).username == name

    def test_another_password_lets_in_again(self, access: Access) -> None:
        name = new_user(access)
        fail(access, name, times=3)
        access.users.set_password(u.UpdateUserPassword(name, PASSWORD), ASKING).result()
        assert sign_in(access, name, PASSWORD).username == name

    def test_an_address_is_locked_out_whatever_names_it_tries(self, access: Access) -> None:
        name, address = new_user(access), unique("address")
        for _ in range(5):
            fail(access, unique("nobody"), address)
        with pytest.raises(LimitExceeded):
            sign_in(access, name, PASSWORD, address)
        assert sign_in(access, name, PASSWORD, unique("address")).username == name

    def test_a_success_does_not_clear_its_address(self, access: Access) -> None:
        name, address = new_user(access), unique("address")
        for _ in range(4):
            fail(access, unique("nobody"), address)
            assert sign_in(access, name, PASSWORD, address).username == name
        fail(access, unique("nobody"), address)
        with pytest.raises(LimitExceeded):
            sign_in(access, name, PASSWORD, address)

    def test_who_is_locked_out_is_not_dropped_for_others(
        self, access: Access, clock: Clock
    ) -> None:
        name = new_user(access)
        fail(access, name, times=3)
        for number in range(RULES.most_failures_kept + 5):
            clock.time += 1
            fail(access, unique(f"nobody {number}"))
        with pytest.raises(LimitExceeded):
            sign_in(access, name, PASSWORD)


class FirstAdministratorContract:
    """What every store promises about the first administrator; each test has an empty one."""

    def _redeem(self, access: Access, secret: str, name: str = "ada") -> u.User:
        request = u.RedeemAdministratorLink(secret, name, PASSWORD)
        return access.sign_ins.redeem_link(request, u.Actor(None, "192.0.2.3")).result()

    def _link(self, access: Access) -> u.AdministratorLink:
        link = access.sign_ins.create_link().result()
        assert link is not None
        return link

    def test_a_link_makes_the_administrator_once(self, access: Access, clock: Clock) -> None:
        assert not access.sign_ins.has_administrator()
        link, other = self._link(access), self._link(access)
        assert link.expiration_time == clock.time + RULES.administrator_link_life
        with pytest.raises(Unauthenticated, match="The link is not valid"):
            self._redeem(access, link.secret + "x")
        made = self._redeem(access, link.secret)
        assert (made.username, made.is_admin) == ("ada", True)
        assert sign_in(access, "ada", PASSWORD).administers
        assert access.sign_ins.has_administrator()
        for used in (link, other):
            with pytest.raises(Conflict, match="There is an administrator already"):
                self._redeem(access, used.secret, "eve")
        assert access.sign_ins.create_link().result() is None

    def test_a_link_expires(self, access: Access, clock: Clock) -> None:
        link = self._link(access)
        clock.time += RULES.administrator_link_life
        with pytest.raises(Unauthenticated, match="expired"):
            self._redeem(access, link.secret)
        assert self._redeem(access, self._link(access).secret).is_admin

    def test_what_cannot_be_leaves_the_link_usable(self, access: Access) -> None:
        link = self._link(access)
        for name, password in (("a:b", PASSWORD), ("ada", "short")):
            request = u.RedeemAdministratorLink(link.secret, name, password)
            with pytest.raises(InvalidParameter):
                access.sign_ins.redeem_link(request, BY).result()
        access.users.create(u.CreateUser("taken", PASSWORD), BY).result()
        with pytest.raises(AlreadyExists):
            self._redeem(access, link.secret, "taken")
        assert self._redeem(access, link.secret).is_admin

    def test_it_is_in_the_audit_log_without_the_secret(self, access: Access) -> None:
        link = self._link(access)
        assert last_event(access).action == "administrator_link.create"
        self._redeem(access, link.secret)
        event = last_event(access)
        assert (event.action, event.resource_id) == ("administrator_link.redeem", "ada")
        (events,) = access.audit.export(ae.ExportAudit())
        assert link.secret not in repr(events)
