"""What the contracts of access share: a clock that tests turn, users and models of their own."""

from __future__ import annotations

from millstream.entities import audit_events as ae
from millstream.entities import permissions as p
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.store.access import Access
from millstream.testing.fixtures import unique

ASKING = Asking("tester", address="192.0.2.1")
BY = ASKING.actor
PASSWORD = "correct horse battery"  # noqa: S105  # of users that tests make


class Clock:
    """A clock that stands until it is turned; in ms since 1970."""

    def __init__(self) -> None:
        self.time = 1_800_000_000_000

    def __call__(self) -> int:
        return self.time


def new_user(access: Access, *, is_admin: bool = False, password: str | None = PASSWORD) -> str:
    """The name of a fresh user."""
    request = u.CreateUser(unique("user"), password, is_admin=is_admin)
    return access.users.create(request, BY).result().username


def caller(access: Access, username: str) -> u.Caller:
    """The user, as one who has signed in."""
    return access.users.get_caller(u.UserName(username))


def grant(
    access: Access,
    username: str,
    resource_type: p.ResourceType,
    resource_id: str,
    permission: p.PermissionName,
) -> None:
    """Grant to a user."""
    request = p.GrantPermission(resource_type, resource_id, permission, username)
    access.permissions.grant(request, BY).result()


def permission(
    access: Access, who: u.Caller, resource_type: p.ResourceType, resource_id: str
) -> p.PermissionName:
    """What a caller may do with a resource."""
    return access.permissions.get(who, p.Resource(resource_type, resource_id)).permission


def last_event(access: Access) -> ae.AuditEvent:
    """The newest entry of the log."""
    return access.audit.search(ae.SearchAuditEvents(max_results=1)).events[0]
