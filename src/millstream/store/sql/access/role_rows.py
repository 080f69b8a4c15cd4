"""Rows of roles as roles: each with what it permits, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities import roles as ro
from millstream.entities.permissions import NAMES
from millstream.errors import NotFound
from millstream.store.sql.access import resources
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import Source

# Roles under names of their own; the others hold what was granted to one user or group alone.
SHARED = "r.user_key IS NULL AND r.group_key IS NULL"
GRANT_COLUMNS = "g.grant_key, g.role_key, g.resource_type, g.resource_key, g.permission"
_COLUMNS = "r.role_key, r.name, r.workspace, r.description"
_BY_GROUPS = (
    "SELECT gm.user_key, rg.role_key FROM role_groups rg "
    "JOIN group_members gm ON gm.group_key = rg.group_key WHERE gm.user_key IN ({0})"
)
_OF_USERS = (
    "SELECT ru.user_key, ru.role_key FROM role_users ru WHERE ru.user_key IN ({0}) "
    f"UNION {_BY_GROUPS}"
)


def get(source: Source, role_id: int) -> ro.Role:
    """One role, shared or not; raises `NotFound` if it does not exist."""
    found = select(source, "r.role_key = ?", (role_id,))
    if not found:
        raise no_role(role_id)
    return found[0]


def select(source: Source, condition: str, params: Sequence[object]) -> list[ro.Role]:
    """The roles that a condition on `roles r` is true of, by name."""
    sql = f"SELECT {_COLUMNS} FROM roles r WHERE {condition} ORDER BY r.name, r.role_key"
    found = source.execute(sql, tuple(params))
    if not found:
        return []
    sql = (
        f"SELECT {GRANT_COLUMNS} FROM grants g JOIN roles r ON r.role_key = g.role_key "
        f"WHERE {condition} ORDER BY g.grant_key"
    )
    return _with_permissions(source, found, source.execute(sql, tuple(params)))


def of_users(source: Source, user_keys: Sequence[int]) -> dict[int, list[ro.Role]]:
    """The shared roles that each user has by itself or by a group, by name."""
    pairs = source.execute(_OF_USERS.format(placeholders(len(user_keys))), (*user_keys, *user_keys))
    role_keys = sorted({role_key for _, role_key in pairs})
    if not role_keys:
        return {}
    condition = f"{SHARED} AND r.role_key IN ({placeholders(len(role_keys))})"
    had: dict[int, set[int]] = {}
    for user_key, role_key in pairs:
        had.setdefault(user_key, set()).add(role_key)
    roles = select(source, condition, role_keys)
    return {user: [role for role in roles if role.id in keys] for user, keys in had.items()}


def no_role(role_id: int) -> NotFound:
    """What is told of a role that does not exist."""
    return NotFound(f"Role with id={role_id} not found")


def _with_permissions(source: Source, found: Sequence[Row], grants: Sequence[Row]) -> list[ro.Role]:
    roles = {row[0]: ro.Role(row[0], row[1], row[2], [], row[3]) for row in found}
    ids = resources.ids_of(source, [(row[2], row[3]) for row in grants])
    for grant_key, role_key, kind, key, level in grants:
        # What is gone is not shown; nothing can have its key again.
        if (kind, key) in ids and role_key in roles:
            permission = ro.RolePermission(grant_key, role_key, kind, ids[kind, key], NAMES[level])
            roles[role_key].permissions.append(permission)
    return list(roles.values())
