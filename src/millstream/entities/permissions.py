"""Permissions on resources: their order, who was granted what, and the requests about it."""

from __future__ import annotations

from typing import Literal

from millstream.entities.entity import Entity

PermissionName = Literal["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS", "DENY"]
ResourceType = Literal["experiment", "registered_model", "workspace"]
ScopeName = Literal["read", "write", "admin"]

EVERY_RESOURCE = "*"

# Each permission includes those with lower numbers. DENY is less than nothing, since it outweighs
# whatever else was granted, and NO_PERMISSIONS only takes the place of the server's default.
LEVELS: dict[PermissionName, int] = {
    "DENY": -1,
    "NO_PERMISSIONS": 0,
    "READ": 1,
    "USE": 2,
    "EDIT": 3,
    "MANAGE": 4,
}
NAMES: dict[int, PermissionName] = {level: name for name, level in LEVELS.items()}
MOST_BY_SCOPE: dict[ScopeName, PermissionName] = {
    "read": "READ",
    "write": "EDIT",
    "admin": "MANAGE",
}


def includes(permission: PermissionName, needed: PermissionName) -> bool:
    """Whether somebody with a permission may do what needs another one."""
    return LEVELS[permission] >= LEVELS[needed]


def narrowed(permission: PermissionName, scope: ScopeName | None) -> PermissionName:
    """A permission as a token of that scope has it; without a scope nothing is taken away."""
    if scope is None:
        return permission
    return min(permission, MOST_BY_SCOPE[scope], key=LEVELS.__getitem__)


class Resource(Entity):
    """What permissions are about.

    `resource_id` is an experiment's ID or a registered model's name; `*` are all of the type, and
    the only one that a workspace has: all that is in it.
    """

    resource_type: ResourceType
    resource_id: str


class GrantPermission(Entity):
    """Give a user a permission, in the place of the one that it has there."""

    resource_type: ResourceType
    resource_id: str
    permission: PermissionName
    username: str


class RevokePermission(Entity):
    """Take back what a user was granted on a resource."""

    resource_type: ResourceType
    resource_id: str
    username: str


class GrantGroupPermission(Entity):
    """Give a group a permission, in the place of the one that it has there."""

    resource_type: ResourceType
    resource_id: str
    permission: PermissionName
    group: str


class RevokeGroupPermission(Entity):
    """Take back what a group was granted on a resource."""

    resource_type: ResourceType
    resource_id: str
    group: str


class EffectivePermission(Entity):
    """What somebody may do with a resource, all grants, the default and a token's scope counted.

    `allowed` says whether that is at least READ.
    """

    permission: PermissionName
    allowed: bool


class ListOwnLevels(Entity):
    """Asks what who is signed in may do with each of up to 1,000 resources of a type."""

    resource_type: ResourceType
    resource_ids: list[str]


class OwnLevel(Entity):
    """What who is signed in may do with one of them."""

    resource_id: str
    permission: PermissionName


class OwnLevels(Entity):
    """What who is signed in may do with each of them; those that it may not read are absent."""

    levels: list[OwnLevel]


class GetUserPermission(Entity):
    """Asks what a user may do with a resource."""

    username: str
    resource_type: ResourceType
    resource_id: str


class UsablePermission(Entity):
    """What a user may do with a resource; `allowed` says, as in MLflow, whether it includes USE.

    With what does not exist it is NO_PERMISSIONS.
    """

    permission: PermissionName
    allowed: bool


class UserPermission(Entity):
    """One grant that counts for a user or a group, and the role that it comes by."""

    role_id: int
    role_name: str
    workspace: str
    resource_type: ResourceType
    resource_pattern: str
    permission: PermissionName


class UserPermissions(Entity):
    """The grants that count for a user, those of groups and roles included."""

    is_admin: bool
    permissions: list[UserPermission]


class ListOwnPermissions(Entity):
    """Asks for the grants that count for who is signed in."""


class GroupPermissions(Entity):
    """The grants that count for the members of a group, those of its roles included."""

    permissions: list[UserPermission]


class Member(Entity):
    """Who has a permission on a resource, all of its type or all of its workspace.

    It is just one of a user, a group and a role.
    """

    permission: PermissionName
    resource_type: ResourceType
    resource_pattern: str
    username: str | None = None
    group: str | None = None
    role: str | None = None


SubjectKind = Literal["user", "group"]


class FindSubjects(Entity):
    """Asks for users or groups whom something can be granted on a resource, for completion.

    Their names contain a text, whatever its case; those that begin with it come first.
    `max_results` is 1 to 50.
    """

    resource_type: ResourceType
    resource_id: str
    kind: SubjectKind = "user"
    text: str = ""
    max_results: int = 10


class SubjectNames(Entity):
    """Names of users who are not shut out, or of groups."""

    names: list[str]


class MemberList(Entity):
    """The members of a resource: users by name, then groups, then roles."""

    members: list[Member]
