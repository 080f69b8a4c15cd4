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
        self._header = _field("--auth-proxy-header", header)
        self._shown = header
        self._groups_header = (
            None if groups_header is None else _field("--auth-proxy-groups-header", groups_header)
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


def _field(option: str, name: str) -> bytes:
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
