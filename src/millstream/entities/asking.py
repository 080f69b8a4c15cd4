"""Who asks: what a store is told beside a request, so that no request can claim to be another's."""

from __future__ import annotations

from millstream.entities.entity import Entity
from millstream.entities.permissions import PermissionName
from millstream.entities.users import Actor, Caller
from millstream.errors import Unauthenticated


class Asking(Entity):
    """Who asks and from where.

    Without a `caller` access is not controlled, and whoever it is may everything; `name` is then
    what it calls itself. `default_permission` is what the server permits where nothing was granted.
    `is_basic_auth` says that the caller showed its name and password with the request.
    """

    name: str
    caller: Caller | None = None
    address: str | None = None
    default_permission: PermissionName = "READ"
    is_basic_auth: bool = False

    @property
    def signed_in(self) -> Caller:
        """The caller; raises `Unauthenticated` if nobody is signed in."""
        if self.caller is None:
            raise Unauthenticated("Nobody is signed in: this server does not ask who calls.")
        return self.caller

    @property
    def actor(self) -> Actor:
        """The same for the audit log."""
        token_id = None if self.caller is None else self.caller.token_id
        return Actor(self.name, self.address, token_id)


Asker = Asking | None
"""Who asks, where access is controlled."""

NOBODY = Asking("anonymous")
