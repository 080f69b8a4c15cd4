"""Roles in SQL: what they permit, and who has them."""

from __future__ import annotations

from millstream.entities import access_validation as rules
from millstream.entities import roles as ro
from millstream.entities.permissions import LEVELS, NAMES
from millstream.entities.users import Actor
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, resources, role_rows, rows
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.confinement import Workspace, during
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import insert
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.membership import no_workspace
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_INSERT = insert("roles", "workspace name description")
_SELECT_ONE = "SELECT 1 FROM roles r WHERE r.role_key = ?"
_SELECT_SHARED = f"{_SELECT_ONE} AND {role_rows.SHARED}"
_SELECT_TAKEN = "SELECT role_key FROM roles WHERE workspace = ? AND name = ?"
_SELECT_WORKSPACE = "SELECT 1 FROM workspaces WHERE name = ?"
_SELECT_GRANT = (
    f"SELECT {role_rows.GRANT_COLUMNS} FROM grants g JOIN roles r ON r.role_key = g.role_key "
    f"WHERE g.grant_key = ? AND {role_rows.SHARED}"
)
_SELECT_GRANT_ON = (
    "SELECT grant_key FROM grants WHERE role_key = ? AND resource_type = ? AND resource_key = ?"
)
_INSERT_GRANT = insert("grants", "role_key resource_type resource_key permission")
_UPDATE_GRANT = "UPDATE grants SET permission = ? WHERE grant_key = ?"
_DELETE_GRANT = "DELETE FROM grants WHERE grant_key = ?"
_UPDATE = "UPDATE roles SET name = ?, description = ? WHERE role_key = ?"
_SELECT_USERS = (
    "SELECT u.user_key, u.username FROM role_users a JOIN users u ON u.user_key = a.user_key "
    "WHERE a.role_key = ? ORDER BY u.username"
)
_SELECT_GROUPS = (
    "SELECT g.name FROM role_groups a JOIN user_groups g ON g.group_key = a.group_key "
    "WHERE a.role_key = ? ORDER BY g.name"
)
_ASSIGNMENTS = {"user": ("role_users", "user_key"), "group": ("role_groups", "group_key")}

_Named = tuple[str | None, str | None]  # a user or a group


class SqlRoles:
    """The roles of a database."""

    def __init__(self, context: AccessContext) -> None:
        self._database = context.database
        self._clock = context.clock

    def create(self, request: ro.CreateRole, by: Actor) -> Pending[ro.Role]:
        """Add; a name that the workspace has already raises `AlreadyExists`.

        What it permits on all of a type, or on its workspace, is permitted in that workspace, and
        what else it permits has to be in there.
        """
        rules.check_role_name(request.name)
        rules.check_description(request.description)
        return self._database.write(_create, request, by, self._clock())

    def get(self, request: ro.RoleId) -> ro.Role:
        """Get by id."""
        return self._database.read(role_rows.get, request.role_id)

    def list(self, request: ro.ListRoles) -> ro.RoleList:
        """Roles by name, without those of single users and groups."""
        return self._database.read(_list, request.workspace)

    def list_of_user(self, request: ro.ListUserRoles) -> ro.RoleList:
        """The same of those that a user has by itself or by a group."""
        return self._database.read(_list_of_user, request.username)

    def update(self, request: ro.UpdateRole, by: Actor) -> Pending[ro.Role]:
        """Change what is given."""
        if request.name is not None:
            rules.check_role_name(request.name)
        rules.check_description(request.description)
        return self._database.write(_update, request, by, self._clock())

    def delete(self, request: ro.RoleId, by: Actor) -> Pending[None]:
        """Delete for good."""
        return self._database.write(_delete, request.role_id, by, self._clock())

    def add_permission(
        self, request: ro.AddRolePermission, by: Actor
    ) -> Pending[ro.RolePermission]:
        """Permit something; a resource that does not exist raises `NotFound`."""
        rules.check_permission(request.permission)
        return self._database.write(_add_permission, request, by, self._clock())

    def list_permissions(self, request: ro.RoleId) -> ro.RolePermissionList:
        """What a role permits."""
        role = self._database.read(role_rows.get, request.role_id)
        return ro.RolePermissionList(role.permissions)

    def remove_permission(self, request: ro.RolePermissionId, by: Actor) -> Pending[None]:
        """Take a permission away; an absent one raises `NotFound`."""
        key = request.role_permission_id
        return self._database.write(_remove_permission, key, by, self._clock())

    def update_permission(
        self, request: ro.UpdateRolePermission, by: Actor
    ) -> Pending[ro.RolePermission]:
        """Change how much is permitted."""
        rules.check_permission(request.permission)
        return self._database.write(_update_permission, request, by, self._clock())

    def assign(self, request: ro.AssignRole, by: Actor) -> Pending[ro.UserRoleAssignment]:
        """Give to a user; twice raises `AlreadyExists`."""
        return self._database.write(_assign, request, by, self._clock())

    def unassign(self, request: ro.AssignRole, by: Actor) -> Pending[None]:
        """Take from a user; who does not have it raises `NotFound`."""
        who = (request.username, None)
        return self._database.write(_take, request.role_id, who, by, self._clock())

    def assign_to_group(self, request: ro.AssignGroupRole, by: Actor) -> Pending[None]:
        """Give to a group; twice raises `AlreadyExists`."""
        return self._database.write(_assign_to_group, request, by, self._clock())

    def unassign_from_group(self, request: ro.AssignGroupRole, by: Actor) -> Pending[None]:
        """Take from a group; one that does not have it raises `NotFound`."""
        who = (None, request.group)
        return self._database.write(_take, request.role_id, who, by, self._clock())

    def list_users(self, request: ro.RoleId) -> ro.UserRoleAssignmentList:
        """The users who have a role by themselves."""
        return self._database.read(_list_users, request.role_id)

    def list_assignments(self, request: ro.RoleId) -> ro.RoleAssignmentList:
        """Who has a role: users and groups."""
        return self._database.read(_list_assignments, request.role_id)


def _create(transaction: Transaction, request: ro.CreateRole, by: Actor, moment: int) -> ro.Role:
    change = chain.begin(transaction, by, moment)
    if not transaction.execute(_SELECT_WORKSPACE, (request.workspace,)):
        raise no_workspace(request.workspace)
    _refuse_taken_name(transaction, request.workspace, request.name)
    values = (request.workspace, request.name, request.description)
    role_key = transaction.insert(_INSERT, values, "role_key")
    change.record("role.create", "role", role_key, name=request.name)
    return ro.Role(role_key, request.name, request.workspace, [], request.description)


def _list(reader: Reader, workspace: str | None) -> ro.RoleList:
    if workspace is None:
        return ro.RoleList(role_rows.select(reader, role_rows.SHARED, ()))
    condition = f"{role_rows.SHARED} AND r.workspace = ?"
    return ro.RoleList(role_rows.select(reader, condition, (workspace,)))


def _list_of_user(reader: Reader, username: str) -> ro.RoleList:
    user_key = rows.required_user(reader, username).user_key
    return ro.RoleList(role_rows.of_users(reader, [user_key]).get(user_key, []))


def _update(transaction: Transaction, request: ro.UpdateRole, by: Actor, moment: int) -> ro.Role:
    change = chain.begin(transaction, by, moment)
    _require_shared(transaction, request.role_id)
    role = role_rows.get(transaction, request.role_id)
    if request.name is not None:
        _refuse_taken_name(transaction, role.workspace, request.name, but=role.id)
        role.name = request.name
    if request.description is not None:
        role.description = request.description
    transaction.run(_UPDATE, (role.name, role.description, role.id))
    change.record("role.update", "role", role.id, name=request.name)
    return role


def _delete(transaction: Transaction, role_id: int, by: Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    _require_shared(transaction, role_id)
    rows.remove_role(transaction, role_id)
    change.record("role.delete", "role", role_id)


def _add_permission(
    transaction: Transaction, request: ro.AddRolePermission, by: Actor, moment: int
) -> ro.RolePermission:
    change = chain.begin(transaction, by, moment)
    kind, pattern = request.resource_type, request.resource_pattern
    _require_shared(transaction, request.role_id)
    within = Workspace(role_rows.get(transaction, request.role_id).workspace)
    with during(transaction, within):
        resource_key = resources.key_of(transaction, kind, pattern)
    place = (request.role_id, kind, resource_key)
    if taken := transaction.execute(_SELECT_GRANT_ON, place):
        raise AlreadyExists(
            f"The role {request.role_id} has a permission on {kind} {pattern!r} already. Its id "
            f"is {taken[0][0]}; update that."
        )
    level = LEVELS[request.permission]
    grant_key = transaction.insert(_INSERT_GRANT, (*place, level), "grant_key")
    change.record(
        "role.add_permission",
        "role",
        request.role_id,
        permission=request.permission,
        resource_type=kind,
        resource_pattern=pattern,
    )
    return ro.RolePermission(grant_key, request.role_id, kind, pattern, request.permission)


def _remove_permission(transaction: Transaction, key: int, by: Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    _, role_key, kind, resource_key, level = _grant(transaction, key)
    transaction.run(_DELETE_GRANT, (key,))
    change.record(
        "role.remove_permission",
        "role",
        role_key,
        permission=NAMES[level],
        resource_type=kind,
        resource_pattern=resources.ids_of(transaction, [(kind, resource_key)]).get(
            (kind, resource_key)
        ),
    )


def _update_permission(
    transaction: Transaction, request: ro.UpdateRolePermission, by: Actor, moment: int
) -> ro.RolePermission:
    change = chain.begin(transaction, by, moment)
    key = request.role_permission_id
    _, role_key, kind, resource_key, _ = _grant(transaction, key)
    pattern = resources.ids_of(transaction, [(kind, resource_key)]).get((kind, resource_key))
    if pattern is None:
        raise _no_permission(key)
    transaction.run(_UPDATE_GRANT, (LEVELS[request.permission], key))
    change.record(
        "role.update_permission",
        "role",
        role_key,
        permission=request.permission,
        resource_type=kind,
        resource_pattern=pattern,
    )
    return ro.RolePermission(key, role_key, kind, pattern, request.permission)


def _assign(
    transaction: Transaction, request: ro.AssignRole, by: Actor, moment: int
) -> ro.UserRoleAssignment:
    user_key = _give(transaction, request.role_id, (request.username, None), by, moment)
    return _assignment(request.role_id, user_key, request.username)


def _assign_to_group(
    transaction: Transaction, request: ro.AssignGroupRole, by: Actor, moment: int
) -> None:
    _give(transaction, request.role_id, (None, request.group), by, moment)


def _give(transaction: Transaction, role_id: int, named: _Named, by: Actor, moment: int) -> int:
    """Give a role to a user or a group; the answer is its key."""
    change = chain.begin(transaction, by, moment)
    _require_shared(transaction, role_id)
    who = rows.subject(transaction, *named)
    table, column = _ASSIGNMENTS[who.kind]
    values = (role_id, who.key)
    if transaction.execute(f"SELECT 1 FROM {table} WHERE role_key = ? AND {column} = ?", values):
        raise AlreadyExists(f"The {who.kind} {who.name!r} has the role {role_id} already.")
    transaction.run(f"INSERT INTO {table} (role_key, {column}) VALUES (?, ?)", values)
    change.record("role.assign", "role", role_id, **{who.kind: who.name})
    return who.key


def _take(transaction: Transaction, role_id: int, named: _Named, by: Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    _require_shared(transaction, role_id)
    who = rows.subject(transaction, *named)
    table, column = _ASSIGNMENTS[who.kind]
    values = (role_id, who.key)
    if not transaction.run(f"DELETE FROM {table} WHERE role_key = ? AND {column} = ?", values):
        raise NotFound(f"The {who.kind} {who.name!r} does not have the role {role_id}.")
    change.record("role.unassign", "role", role_id, **{who.kind: who.name})


def _list_users(reader: Reader, role_id: int) -> ro.UserRoleAssignmentList:
    _require(reader, role_id)
    users = reader.execute(_SELECT_USERS, (role_id,))
    return ro.UserRoleAssignmentList([_assignment(role_id, *user) for user in users])


def _list_assignments(reader: Reader, role_id: int) -> ro.RoleAssignmentList:
    _require(reader, role_id)
    users = reader.execute(_SELECT_USERS, (role_id,))
    groups = reader.execute(_SELECT_GROUPS, (role_id,))
    found = [ro.RoleAssignment(role_id, username=name) for _, name in users]
    found += [ro.RoleAssignment(role_id, group=name) for (name,) in groups]
    return ro.RoleAssignmentList(found)


def _assignment(role_id: int, user_id: int, username: str) -> ro.UserRoleAssignment:
    # MLflow's clients ask for an id of the assignment itself: each pair has a number of its own.
    diagonal = role_id + user_id
    pair = diagonal * (diagonal + 1) // 2 + user_id
    return ro.UserRoleAssignment(pair, user_id, role_id, username)


def _require(source: Source, role_id: int) -> None:
    if not source.execute(_SELECT_ONE, (role_id,)):
        raise role_rows.no_role(role_id)


def _require_shared(transaction: Transaction, role_id: int) -> None:
    """Refuse a role that does not exist, or that is one user's or group's own."""
    if transaction.execute(_SELECT_SHARED, (role_id,)):
        return
    _require(transaction, role_id)
    raise InvalidParameter(
        f"The role {role_id} holds what was granted to one user or group alone. Grant and revoke "
        "single permissions instead."
    )


def _refuse_taken_name(
    transaction: Transaction, workspace: str, name: str, but: int | None = None
) -> None:
    taken = transaction.execute(_SELECT_TAKEN, (workspace, name))
    if taken and taken[0][0] != but:
        raise AlreadyExists(f"Role with name={name} already exists. Its id is {taken[0][0]}.")


def _grant(transaction: Transaction, key: int) -> Row:
    found = transaction.execute(_SELECT_GRANT, (key,))
    if not found:
        raise _no_permission(key)
    return found[0]


def _no_permission(key: int) -> NotFound:
    return NotFound(f"Role permission with id={key} not found")
