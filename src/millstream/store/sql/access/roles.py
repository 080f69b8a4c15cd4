"""Roles in SQL: what they permit, and who has them."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities import access_validation as rules
from millstream.entities import roles as ro
from millstream.entities.permissions import LEVELS, NAMES
from millstream.entities.users import Actor
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, resources, rows
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.confinement import Workspace, during
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import insert
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.membership import no_workspace
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_COLUMNS = "r.role_key, r.name, r.workspace, r.description"
_SHARED = "r.user_key IS NULL AND r.group_key IS NULL"
_INSERT = insert("roles", "workspace name description")
_SELECT = f"SELECT {_COLUMNS} FROM roles r WHERE r.role_key = ?"
_SELECT_SHARED = f"SELECT 1 FROM roles r WHERE r.role_key = ? AND {_SHARED}"
_SELECT_TAKEN = "SELECT role_key FROM roles WHERE workspace = ? AND name = ?"
_SELECT_WORKSPACE = "SELECT 1 FROM workspaces WHERE name = ?"
_OF_WORKSPACE = "r.workspace = ?"
_OF_USER = (
    "r.role_key IN (SELECT ru.role_key FROM role_users ru "
    "WHERE ru.user_key = ? UNION SELECT rg.role_key FROM role_groups rg "
    "JOIN group_members gm ON gm.group_key = rg.group_key WHERE gm.user_key = ?)"
)
_GRANT = "g.grant_key, g.role_key, g.resource_type, g.resource_key, g.permission"
_SELECT_GRANT = (
    f"SELECT {_GRANT} FROM grants g JOIN roles r ON r.role_key = g.role_key "
    f"WHERE g.grant_key = ? AND {_SHARED}"
)
_SELECT_GRANT_ON = (
    "SELECT grant_key FROM grants WHERE role_key = ? AND resource_type = ? AND resource_key = ?"
)
_INSERT_GRANT = insert("grants", "role_key resource_type resource_key permission")
_UPDATE_GRANT = "UPDATE grants SET permission = ? WHERE grant_key = ?"
_DELETE_GRANT = "DELETE FROM grants WHERE grant_key = ?"
_UPDATE = "UPDATE roles SET name = ?, description = ? WHERE role_key = ?"
_SELECT_USERS = (
    "SELECT u.username FROM role_users a JOIN users u ON u.user_key = a.user_key "
    "WHERE a.role_key = ? ORDER BY u.username"
)
_SELECT_GROUPS = (
    "SELECT g.name FROM role_groups a JOIN user_groups g ON g.group_key = a.group_key "
    "WHERE a.role_key = ? ORDER BY g.name"
)


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
        return self._database.read(_get, request.role_id)

    def list(self, request: ro.ListRoles) -> ro.RoleList:
        """Roles by name, without those of single users and groups."""
        return self._database.read(_list, request)

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

    def assign(self, request: ro.AssignRole, by: Actor) -> Pending[ro.RoleAssignment]:
        """Give to a user or a group; twice raises `AlreadyExists`."""
        rules.check_one_subject(request.username, request.group)
        return self._database.write(_assign, request, by, self._clock())

    def unassign(self, request: ro.AssignRole, by: Actor) -> Pending[None]:
        """Take from a user or a group; who does not have it raises `NotFound`."""
        rules.check_one_subject(request.username, request.group)
        return self._database.write(_unassign, request, by, self._clock())

    def list_assignments(self, request: ro.RoleId) -> ro.RoleAssignmentList:
        """Who has a role."""
        return self._database.read(_list_assignments, request.role_id)


def _create(transaction: Transaction, request: ro.CreateRole, by: Actor, moment: int) -> ro.Role:
    change = chain.begin(transaction, by, moment)
    if not transaction.execute(_SELECT_WORKSPACE, (request.workspace,)):
        raise no_workspace(request.workspace)
    _refuse_taken_name(transaction, request.workspace, request.name)
    values = (request.workspace, request.name, request.description)
    role_key = transaction.insert(_INSERT, values, "role_key")
    change.record("role.create", "role", role_key, name=request.name)
    return ro.Role(role_key, request.name, request.workspace, request.description)


def _get(source: Source, role_id: int) -> ro.Role:
    found = source.execute(_SELECT, (role_id,))
    if not found:
        raise _no_role(role_id)
    return _with_permissions(source, found, "r.role_key = ?", (role_id,))[0]


def _list(reader: Reader, request: ro.ListRoles) -> ro.RoleList:
    conditions, params = [_SHARED], list[object]()
    if request.workspace is not None:
        conditions.append(_OF_WORKSPACE)
        params.append(request.workspace)
    if request.username is not None:
        user_key = rows.required_user(reader, request.username).user_key
        conditions.append(_OF_USER)
        params += [user_key, user_key]
    condition = " AND ".join(conditions)
    sql = f"SELECT {_COLUMNS} FROM roles r WHERE {condition} ORDER BY r.name, r.role_key"
    found = reader.execute(sql, params)
    return ro.RoleList(_with_permissions(reader, found, condition, params))


def _with_permissions(
    source: Source, found: Sequence[Row], condition: str, params: Sequence[object]
) -> list[ro.Role]:
    """The roles in these rows, with the grants of the roles that a condition is true of."""
    roles = {row[0]: ro.Role(*row) for row in found}
    sql = (
        f"SELECT {_GRANT} FROM grants g JOIN roles r ON r.role_key = g.role_key "
        f"WHERE {condition} ORDER BY g.grant_key"
    )
    grants = source.execute(sql, tuple(params))
    ids = resources.ids_of(source, [(row[2], row[3]) for row in grants])
    for grant_key, role_key, kind, key, level in grants:
        # What is gone is not shown; nothing can have its key again.
        if (kind, key) in ids and role_key in roles:
            permission = ro.RolePermission(grant_key, role_key, kind, ids[kind, key], NAMES[level])
            roles[role_key].permissions.append(permission)
    return list(roles.values())


def _update(transaction: Transaction, request: ro.UpdateRole, by: Actor, moment: int) -> ro.Role:
    change = chain.begin(transaction, by, moment)
    _require_shared(transaction, request.role_id)
    role = _get(transaction, request.role_id)
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
    within = Workspace(_get(transaction, request.role_id).workspace)
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
) -> ro.RoleAssignment:
    change = chain.begin(transaction, by, moment)
    _require_shared(transaction, request.role_id)
    who = rows.subject(transaction, request.username, request.group)
    table, column = _ASSIGNMENTS[who.kind]
    values = (request.role_id, who.key)
    if transaction.execute(f"SELECT 1 FROM {table} WHERE role_key = ? AND {column} = ?", values):
        raise AlreadyExists(f"The {who.kind} {who.name!r} has the role {request.role_id} already.")
    transaction.run(f"INSERT INTO {table} (role_key, {column}) VALUES (?, ?)", values)
    change.record("role.assign", "role", request.role_id, **{who.kind: who.name})
    return ro.RoleAssignment(request.role_id, request.username, request.group)


def _unassign(transaction: Transaction, request: ro.AssignRole, by: Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    _require_shared(transaction, request.role_id)
    who = rows.subject(transaction, request.username, request.group)
    table, column = _ASSIGNMENTS[who.kind]
    values = (request.role_id, who.key)
    if not transaction.run(f"DELETE FROM {table} WHERE role_key = ? AND {column} = ?", values):
        raise NotFound(f"The {who.kind} {who.name!r} does not have the role {request.role_id}.")
    change.record("role.unassign", "role", request.role_id, **{who.kind: who.name})


_ASSIGNMENTS = {"user": ("role_users", "user_key"), "group": ("role_groups", "group_key")}


def _list_assignments(reader: Reader, role_id: int) -> ro.RoleAssignmentList:
    if not reader.execute(_SELECT, (role_id,)):
        raise _no_role(role_id)
    users = reader.execute(_SELECT_USERS, (role_id,))
    groups = reader.execute(_SELECT_GROUPS, (role_id,))
    found = [ro.RoleAssignment(role_id, username=name) for (name,) in users]
    found += [ro.RoleAssignment(role_id, group=name) for (name,) in groups]
    return ro.RoleAssignmentList(found)


def _require_shared(transaction: Transaction, role_id: int) -> None:
    """Refuse a role that does not exist, or that is one user's or group's own."""
    if transaction.execute(_SELECT_SHARED, (role_id,)):
        return
    if not transaction.execute(_SELECT, (role_id,)):
        raise _no_role(role_id)
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


def _no_role(role_id: int) -> NotFound:
    return NotFound(f"Role with id={role_id} not found")


def _no_permission(key: int) -> NotFound:
    return NotFound(f"Role permission with id={key} not found")
