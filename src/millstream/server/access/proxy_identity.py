"""Who asks, as a trusted proxy says that has signed people in itself."""

from __future__ import annotations

import contextlib
import logging
import re
from typing import NamedTuple

from millstream.asgi.forwarded import PROXIED
from millstream.asgi.replies import Scope
from millstream.entities.users import Actor, Caller, CreateUser, User, UserName
from millstream.errors import (
    AlreadyExists,
    InvalidParameter,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from millstream.server.access.freshness import Freshness
from millstream.server.access.memory import Memory
from millstream.server.access.provided_groups import ProvidedGroups
from millstream.store.access import Access

GROUP_PREFIX = "proxy:"
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OTHERS = ("authorization", "connection", "content-length", "cookie", "host", "origin")
_LOG = logging.getLogger(__name__)


class ProxyUser(NamedTuple):
    """Whom a proxy names; without `groups` it says nothing about them."""

    username: str
    groups: frozenset[str] | None = None


class ProxyIdentity:
    """Believes the header of a proxy that `asgi.forwarded` trusts.

    The proxy answers for every name that it sends; it must take the header away from what its
    clients send. `groups_header` names groups with commas: the user is then in the groups
    `proxy:<name>` and in no others with that prefix. With `create_users`, whoever is unknown
    becomes a user without a password.
    """

    def __init__(
        self,
        access: Access,
        header: str,
        groups_header: str | None = None,
        *,
        create_users: bool = False,
    ) -> None:
        self._access = access
        self._header = check_header("--auth-proxy-header", header)
        self._shown = header
        self._groups_header = (
            None
            if groups_header is None
            else check_header("--auth-proxy-groups-header", groups_header)
        )
        self._groups = ProvidedGroups(access.groups, GROUP_PREFIX)
        self._create_users = create_users
        self._warned = False

    def read(self, scope: Scope) -> ProxyUser | None:
        """Whom the proxy names; None if it names nobody, or is none that is trusted.

        Two values raise `Unauthenticated`, since one of them may be the client's own.
        """
        values = [value for name, value in scope["headers"] if name == self._header]
        if not values:
            return None
        if not scope.get(PROXIED):
            self._warn(scope)
            return None
        username = _only(self._shown, values)
        if "," in username:
            raise Unauthenticated(
                f"The proxy's {self._shown} header has several values, {username!r}; it must name "
                "one user. Let the proxy replace the header that it is sent instead of adding one."
            )
        return ProxyUser(username, self._read_groups(scope)) if username else None

    def resolve(self, named: ProxyUser, address: str | None) -> Caller:
        """The user as one who calls, with its groups as the proxy has them; may write.

        An unknown one raises `Unauthenticated` unless it may be made, as does one that is shut
        out; a service account `PermissionDenied`.
        """
        by = Actor(None, address)
        user = self._find(named.username) or self._create(named.username, by)
        if user.kind == "service":
            raise PermissionDenied(
                f"{user.username!r} is a service account, for which no proxy can answer: it shows "
                "a token of its own."
            )
        caller = self._access.users.get_caller(UserName(user.username))
        if named.groups is not None:
            self._groups.replace(user.username, named.groups, by)
        return caller

    def _read_groups(self, scope: Scope) -> frozenset[str] | None:
        if self._groups_header is None:
            return None
        values = [value for name, value in scope["headers"] if name == self._groups_header]
        names = _only(self._groups_header.decode(), values).split(",") if values else []
        return frozenset(filter(None, (name.strip() for name in names)))

    def _find(self, username: str) -> User | None:
        try:
            return self._access.users.get(UserName(username))
        except NotFound:
            return None

    def _create(self, username: str, by: Actor) -> User:
        if not self._create_users:
            raise Unauthenticated(
                f"The proxy names {username!r}, which is no user here. An administrator can create "
                "it, or let the server create whom the proxy names with --auth-proxy-create-users."
            )
        with contextlib.suppress(AlreadyExists):  # another request was faster
            return self._access.users.create(CreateUser(username), by).result()
        return self._access.users.get(UserName(username))

    def _warn(self, scope: Scope) -> None:
        """Once, since whoever may send one may send a million."""
        if self._warned:
            return
        self._warned = True
        client = scope.get("client")
        _LOG.warning(
            "The %s header of %s is not believed, since --forwarded-allow-ips does not name that "
            "address. This is said once.",
            self._shown,
            client[0] if client else "an unknown address",
        )


class ProxyCallers:
    """Callers as a proxy names them, remembered for as long as nothing of access changes."""

    def __init__(self, identity: ProxyIdentity, freshness: Freshness) -> None:
        self._identity = identity
        self._freshness = freshness
        self._known: Memory[ProxyUser, Caller] = Memory(freshness)

    def recall(self, scope: Scope) -> Caller | None:
        """Who it is, if that is remembered; never waits."""
        named = self._identity.read(scope)
        return None if named is None else self._known.get(named)

    def find(self, scope: Scope) -> Caller | None:
        """Who it is, on a thread that may wait; None if no proxy says so."""
        named = self._identity.read(scope)
        if named is None:
            return None
        known = self._known.get(named)
        if known is None:
            epoch, client = self._freshness.epoch, scope.get("client")
            known = self._identity.resolve(named, client[0] if client else None)
            self._known.keep(named, known, epoch)
        return known


def check_header(option: str, name: str) -> bytes:
    """The name of a header as scopes have it; raises `InvalidParameter` if it can name no users."""
    if not _NAME.fullmatch(name) or name.lower() in _OTHERS:
        raise InvalidParameter(
            f"{option} {name!r} is no header that can name users; choose one of its own, such as "
            "X-Forwarded-User."
        )
    return name.lower().encode()


def _only(header: str, values: list[bytes]) -> str:
    if len(values) > 1:
        raise Unauthenticated(
            f"The request has {len(values)} {header} headers, and so it is not certain which is "
            "the proxy's. Let the proxy replace the header that it is sent instead of adding one."
        )
    try:
        return values[0].decode().strip()
    except UnicodeDecodeError as error:
        raise Unauthenticated(f"The {header} header of the proxy is not UTF-8.") from error
