"""Roles: permissions under a name, given to users and groups; and the requests about them."""

from __future__ import annotations

from millstream.entities.entity import Entity
from millstream.entities.permissions import PermissionName, ResourceType
from millstream.entities.workspaces import DEFAULT_WORKSPACE


class RolePermission(Entity):
    """One permission of a role; the pattern is a resource's ID or `*`."""

    id: int
    role_id: int
    resource_type: ResourceType
    resource_pattern: str
    permission: PermissionName


class Role(Entity):
    """Permissions under a name that is unique in its workspace.

    What is granted to one user or group alone is in a role of its own, named `__user_<id>__` or
    `__group_<id>__`.
    """

    id: int
    name: str
    workspace: str
    permissions: list[RolePermission]
    description: str | None = None


class CreateRole(Entity):
    """Add a role without permissions."""

    name: str
    workspace: str = DEFAULT_WORKSPACE
    description: str | None = None


class RoleId(Entity):
    """Names one role: get, delete, list permissions, list users, list assignments."""

    role_id: int


class ListRoles(Entity):
    """The roles of a workspace or of all."""

    workspace: str | None = None


class ListUserRoles(Entity):
    """The roles that a user has by itself or by a group."""

    username: str


class RoleList(Entity):
    """Roles by name."""

    roles: list[Role]


class UpdateRole(Entity):
    """Rename a role or describe it otherwise."""

    role_id: int
    name: str | None = None
    description: str | None = None


class AddRolePermission(Entity):
    """Give a role one more permission; one on the same pattern raises `AlreadyExists`."""

    role_id: int
    resource_type: ResourceType
    resource_pattern: str
    permission: PermissionName


class RolePermissionList(Entity):
    """The permissions of a role, oldest first."""

    role_permissions: list[RolePermission]


class RolePermissionId(Entity):
    """Names one permission of a role: remove."""

    role_permission_id: int


class UpdateRolePermission(Entity):
    """Change what a role may do with what the pattern names."""

    role_permission_id: int
    permission: PermissionName


class AssignRole(Entity):
    """Give a role to a user, or take it away."""

    role_id: int
    username: str


class AssignGroupRole(Entity):
    """Give a role to a group, or take it away."""

    role_id: int
    group: str


class UserRoleAssignment(Entity):
    """A user who has a role. `id` is made of both ids and stands for nothing else."""

    id: int
    user_id: int
    role_id: int
    username: str


class UserRoleAssignmentList(Entity):
    """The users who have a role by themselves, by name."""

    assignments: list[UserRoleAssignment]


class RoleAssignment(Entity):
    """Who has a role: a user or a group."""

    role_id: int
    username: str | None = None
    group: str | None = None


class RoleAssignmentList(Entity):
    """Users by name, then groups by name."""

    assignments: list[RoleAssignment]
