"""The contract of tokens and sessions."""

from __future__ import annotations

import pytest

from millstream.entities import permissions as p
from millstream.entities import registered_models as rm
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.errors import InvalidParameter, NotFound, PermissionDenied, Unauthenticated
from millstream.store.access import Access, AccessRules
from millstream.store.interface import Store
from millstream.testing.access import BY, Clock, caller, last_event, new_user
from millstream.testing.fixtures import new_experiment, unique
from millstream.testing.registered_models import new_registered_model

RULES = AccessRules()
MINUTE = 60_000


class TokensContract:
    """What every store promises about tokens; `access` has the default rules."""

    def test_a_token_is_made_and_shown_once(
        self, access: Access, store: Store, clock: Clock
    ) -> None:
        user, experiment = new_user(access), new_experiment(store)
        limits = [p.Resource("experiment", experiment)]
        request = t.CreateToken(user, "laptop", "write", clock.time + MINUTE, limits)
        made = access.tokens.create(request, BY).result()
        assert made.secret.startswith(f"ms_{made.token.token_id}_")
        assert len(made.secret) == 3 + 16 + 1 + 43
        assert made.token == t.Token(
            made.token.token_id,
            "laptop",
            user,
            "write",
            clock.time,
            clock.time + MINUTE,
            resources=limits,
        )
        assert access.tokens.list(t.ListTokens(user)).tokens == [made.token]
        event = last_event(access)
        assert (event.action, event.resource_id) == ("token.create", user)
        assert event.details == {"scope": "write", "token_id": made.token.token_id}
        who = access.tokens.check(made.secret).caller
        assert who == u.Caller(
            caller(access, user).user_id, user, False, made.token.token_id, "write", True
        )

    def test_tokens_are_listed_newest_first(self, access: Access) -> None:
        user = new_user(access)
        for name in ("first", "second"):
            access.tokens.create(t.CreateToken(user, name, "read"), BY).result()
        listed = access.tokens.list(t.ListTokens(user)).tokens
        assert [token.name for token in listed] == ["second", "first"]

    def test_what_is_no_token(self, access: Access) -> None:
        secret = access.tokens.create(t.CreateToken(new_user(access), "a", "read"), BY).result()
        right = secret.secret
        assert access.tokens.check(right).caller
        other = access.tokens.create(t.CreateToken(new_user(access), "b", "read"), BY).result()
        swapped = right[:20] + other.secret[20:]
        last = "A" if right[-1] != "A" else "B"
        absent = f"ms_{'0' * 16}_{'A' * 43}"
        wrong = ("", "ms_", right[:-1], right + "A", right[:-1] + last, right.upper(), swapped)
        for text in (*wrong, absent, "é" * 63, "ms_" + "\0" * 60, f"ms_{'é' * 16}_{'A' * 43}"):
            with pytest.raises(Unauthenticated, match="unknown, revoked or has expired"):
                access.tokens.check(text)

    def test_a_token_expires(self, access: Access, clock: Clock) -> None:
        user = new_user(access)
        request = t.CreateToken(user, "a", "read", clock.time + MINUTE)
        secret = access.tokens.create(request, BY).result().secret
        assert access.tokens.check(secret).valid_until == request.expiration_time
        clock.time += MINUTE - 1
        assert access.tokens.check(secret).caller.username == user
        clock.time += 1
        with pytest.raises(Unauthenticated):
            access.tokens.check(secret)

    def test_how_long_a_token_may_live(self, access: Access, clock: Clock) -> None:
        user = new_user(access)
        made = access.tokens.create(t.CreateToken(user, "a", "read"), BY).result().token
        longest = clock.time + RULES.longest_token_life
        assert made.expiration_time == longest
        for until in (clock.time, longest + 1, -1):
            with pytest.raises(InvalidParameter, match=f"Invalid expiration time {until}"):
                access.tokens.create(t.CreateToken(user, "a", "read", until), BY).result()

    def test_a_token_is_revoked(self, access: Access) -> None:
        made = access.tokens.create(t.CreateToken(new_user(access), "a", "admin"), BY).result()
        name = t.TokenId(made.token.token_id)
        access.tokens.delete(name, BY).result()
        assert last_event(access).details == {"token_id": name.token_id}
        with pytest.raises(Unauthenticated):
            access.tokens.check(made.secret)
        with pytest.raises(NotFound, match=f"No token with id={name.token_id} exists"):
            access.tokens.delete(name, BY).result()

    def test_its_use_is_noted_once_a_minute(self, access: Access, clock: Clock) -> None:
        user = new_user(access)
        secret = access.tokens.create(t.CreateToken(user, "a", "read"), BY).result().secret

        def used() -> int | None:
            return access.tokens.list(t.ListTokens(user)).tokens[0].last_used_time

        assert used() is None
        first = clock.time
        for step, noted in ((0, True), (1, False), (MINUTE - 2, False), (1, True), (5, False)):
            clock.time += step
            checked = access.tokens.check(secret)
            assert (checked.noted is not None) == noted
            if checked.noted is not None:
                checked.noted.result()
            assert used() == (first if clock.time < first + MINUTE else first + MINUTE)

    def test_limits_follow_a_rename_and_end_with_the_model(
        self, access: Access, store: Store
    ) -> None:
        user, model, renamed = new_user(access), new_registered_model(store), unique("renamed")
        limits = [p.Resource("registered_model", model)]
        request = t.CreateToken(user, "a", "read", resources=limits)
        who = access.tokens.check(access.tokens.create(request, BY).result().secret).caller
        store.registered_models.rename(rm.RenameRegisteredModel(model, renamed)).result()
        store.registered_models.create(rm.CreateRegisteredModel(model)).result()
        (listed,) = access.tokens.list(t.ListTokens(user)).tokens
        assert listed.resources == [p.Resource("registered_model", renamed)]
        readable = access.permissions.filter_readable
        assert readable(who, "registered_model", [model, renamed]) == [renamed]
        store.registered_models.delete(rm.DeleteRegisteredModel(renamed)).result()
        store.registered_models.create(rm.CreateRegisteredModel(renamed)).result()
        assert readable(who, "registered_model", [model, renamed]) == []

    def test_a_token_makes_none_that_may_more(
        self, access: Access, store: Store, clock: Clock
    ) -> None:
        user, limits = new_user(access), [p.Resource("experiment", new_experiment(store))]
        until = clock.time + MINUTE

        def made(scope: p.ScopeName, *limits: p.Resource) -> u.Actor:
            request = t.CreateToken(user, "a", scope, until, list(limits))
            token = access.tokens.create(request, BY).result().token
            return u.Actor(user, None, token.token_id)

        for scope, asked in (("read", "read"), ("write", "read"), ("admin", "admin")):
            request = t.CreateToken(user, "b", asked, until)  # type: ignore[arg-type]  # names
            assert access.tokens.create(request, made(scope)).result().secret  # type: ignore[arg-type]  # names
        for by, asked, end in (
            (made("read"), "write", until),
            (made("write"), "admin", until),
            (made("admin"), "read", until + 1),
            (made("admin"), "read", None),
            (made("admin", *limits), "read", until),
        ):
            request = t.CreateToken(user, "b", asked, end)  # type: ignore[arg-type]  # names
            message = f"The token {by.token_id} cannot make a token of scope '{asked}'"
            with pytest.raises(PermissionDenied, match=message):
                access.tokens.create(request, by).result()
        revoked = made("admin")
        access.tokens.delete(t.TokenId(revoked.token_id or ""), BY).result()
        with pytest.raises(Unauthenticated):
            access.tokens.create(t.CreateToken(user, "b", "read", until), revoked).result()

    def test_what_cannot_be(self, access: Access) -> None:
        user = new_user(access)
        with pytest.raises(InvalidParameter, match=r"\ball\b"):
            access.tokens.create(t.CreateToken(user, "a", "all"), BY).result()  # type: ignore[arg-type]  # on purpose
        with pytest.raises(InvalidParameter, match="name"):
            access.tokens.create(t.CreateToken(user, "", "read"), BY).result()
        with pytest.raises(NotFound, match="User with username=zz not found"):
            access.tokens.create(t.CreateToken("zz", "a", "read"), BY).result()
        limits = [p.Resource("experiment", "987654321")]
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            access.tokens.create(t.CreateToken(user, "a", "read", resources=limits), BY).result()
        limits = [p.Resource("experiment", "0")] * 1_001
        with pytest.raises(InvalidParameter, match="at most 1000 resources; this one names 1001"):
            access.tokens.create(t.CreateToken(user, "a", "read", resources=limits), BY).result()


class SessionsContract:
    """What every store promises about sessions; `access` has the default rules."""

    def _begin(self, access: Access, user: str) -> t.NewSession:
        return access.sessions.create(caller(access, user), BY).result()

    def test_a_session_stands_for_its_user(self, access: Access, clock: Clock) -> None:
        user = new_user(access, is_admin=True)
        made = self._begin(access, user)
        assert made.expiration_time == clock.time + RULES.longest_session_life
        assert last_event(access).action == "session.create"
        assert made.secret not in repr(last_event(access))
        assert access.sessions.check(made.secret).caller == caller(access, user)
        for wrong in ("", made.secret[:-1], made.secret + "A", "é", "\ud800"):
            with pytest.raises(Unauthenticated, match="The session is not valid"):
                access.sessions.check(wrong)

    def test_a_session_that_nobody_uses_ends(self, access: Access, clock: Clock) -> None:
        secret = self._begin(access, new_user(access)).secret
        for _ in range(2):
            clock.time += RULES.session_idle_life - 1
            noted = access.sessions.check(secret).noted
            assert noted is not None
            noted.result()
        clock.time += RULES.session_idle_life
        with pytest.raises(Unauthenticated):
            access.sessions.check(secret)

    def test_until_when_a_session_is_one(self, access: Access, clock: Clock) -> None:
        made = self._begin(access, new_user(access))
        assert (
            access.sessions.check(made.secret).valid_until == clock.time + RULES.session_idle_life
        )
        begun = clock.time
        while clock.time < made.expiration_time - RULES.session_idle_life:
            clock.time += RULES.session_idle_life // 2
            checked = access.sessions.check(made.secret)
            assert clock.time < checked.valid_until <= clock.time + RULES.session_idle_life
            assert checked.noted is not None
            checked.noted.result()
        assert access.sessions.check(made.secret).valid_until == made.expiration_time
        clock.time = begun

    def test_a_session_ends_however_much_it_is_used(self, access: Access, clock: Clock) -> None:
        made = self._begin(access, new_user(access))
        while clock.time + RULES.session_idle_life // 2 < made.expiration_time:
            clock.time += RULES.session_idle_life // 2
            noted = access.sessions.check(made.secret).noted
            assert noted is not None
            noted.result()
        clock.time = made.expiration_time
        with pytest.raises(Unauthenticated):
            access.sessions.check(made.secret)

    def test_its_use_is_noted_once_a_minute(self, access: Access, clock: Clock) -> None:
        secret = self._begin(access, new_user(access)).secret
        assert access.sessions.check(secret).noted is None
        clock.time += MINUTE
        noted = access.sessions.check(secret).noted
        assert noted is not None
        noted.result()
        assert access.sessions.check(secret).noted is None

    def test_ending_sessions(self, access: Access) -> None:
        user, other = new_user(access), new_user(access)
        secrets = [self._begin(access, user).secret for _ in range(3)]
        kept = self._begin(access, other).secret
        access.sessions.delete(secrets[0], BY).result()
        assert (last_event(access).action, last_event(access).resource_id) == (
            "session.delete",
            user,
        )
        with pytest.raises(NotFound, match="unknown or has ended"):
            access.sessions.delete(secrets[0], BY).result()
        assert access.sessions.check(secrets[1]).caller.username == user
        access.sessions.delete_all(u.UserName(user), BY).result()
        for secret in secrets:
            with pytest.raises(Unauthenticated):
                access.sessions.check(secret)
        assert access.sessions.check(kept).caller.username == other

    def test_nobody_begins_a_session_for_who_is_gone(self, access: Access) -> None:
        user = new_user(access)
        who = caller(access, user)
        access.users.delete(u.UserName(user), BY).result()
        with pytest.raises(Unauthenticated):
            access.sessions.create(who, BY).result()
        access.users.create(u.CreateUser(user), BY).result()
        with pytest.raises(Unauthenticated):
            access.sessions.create(who, BY).result()
