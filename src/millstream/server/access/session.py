"""The session of a browser: who is signed in, signing in and out, and the first administrator."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from millstream.entities import sessions as s
from millstream.entities.users import Actor, Caller, CheckPassword, RedeemAdministratorLink
from millstream.errors import NotFound, NotSupported
from millstream.server.access import cookies
from millstream.server.access.exchange import Exchange
from millstream.store.access import Access


class Session:
    """The noun `session` of a server that controls access."""

    def __init__(
        self,
        access: Access,
        ways: Sequence[s.SignInWay] = ("password",),
        workspace: str | None = None,
    ) -> None:
        self._access = access
        self._ways = list(ways)
        self._workspace = workspace

    def get(self, _request: s.GetSession, exchange: Exchange) -> s.SessionState:
        """Who is signed in."""
        caller = exchange.asking.caller
        if caller is not None:
            return self._state_of(caller)
        needed = not self._access.sign_ins.has_administrator()
        return s.SessionState(True, sign_in_ways=self._ways, needs_administrator=needed)

    def create(self, request: s.SignIn, exchange: Exchange) -> s.SessionState:
        """Sign in; the answer sets the cookies."""
        address = exchange.asking.address
        attempt = CheckPassword(request.username, request.password, address)
        return self.begin(self._access.sign_ins.check_password(attempt).caller, exchange)

    def redeem(self, request: s.RedeemFirstAdministrator, exchange: Exchange) -> s.SessionState:
        """Make the first administrator and sign it in."""
        link = RedeemAdministratorLink(request.secret, request.username, request.password)
        by = Actor(None, exchange.asking.address)
        made = self._access.sign_ins.redeem_link(link, by).result()
        return self.begin(Caller(made.id, made.username, made.is_admin), exchange)

    def delete(self, _request: s.SignOut, exchange: Exchange) -> s.SessionState:
        """Sign out; who is not signed in stays so."""
        if exchange.secret is not None:
            with contextlib.suppress(NotFound):
                self._access.sessions.delete(exchange.secret, exchange.asking.actor).result()
        exchange.headers.extend(cookies.end(exchange.place))
        return s.SessionState(True, sign_in_ways=self._ways)

    def begin(self, caller: Caller, exchange: Exchange) -> s.SessionState:
        """Give the browser a session of somebody who has proved who it is."""
        by = Actor(caller.username, exchange.asking.address)
        session = self._access.sessions.create(caller, by).result()
        lasts = max(0, session.expiration_time // 1_000 - int(time.time()))
        exchange.headers.extend(cookies.begin(session.secret, lasts, exchange.place))
        return self._state_of(caller)

    def _state_of(self, caller: Caller) -> s.SessionState:
        return s.SessionState(
            True, caller.username, caller.administers, self._ways, workspace=self._workspace
        )


class OpenSession:
    """The noun `session` of a server that lets everybody do everything."""

    def __init__(self, workspace: str | None = None) -> None:
        self._workspace = workspace

    def get(self, _request: s.GetSession, exchange: Exchange) -> s.SessionState:
        """What whoever asks is called."""
        name = exchange.asking.name
        return s.SessionState(False, name, is_admin=True, workspace=self._workspace)

    def create(self, _request: s.SignIn, _exchange: Exchange) -> s.SessionState:
        """There is nothing to sign in to."""
        raise _open()

    def redeem(self, _request: s.RedeemFirstAdministrator, _exchange: Exchange) -> s.SessionState:
        """There is nothing to administer."""
        raise _open()

    def delete(self, _request: s.SignOut, _exchange: Exchange) -> s.SessionState:
        """There is nothing to sign out of."""
        raise _open()


def _open() -> NotSupported:
    return NotSupported(
        "This server knows no users: everybody who reaches it may do everything. Start it with "
        "--auth to have people sign in."
    )
