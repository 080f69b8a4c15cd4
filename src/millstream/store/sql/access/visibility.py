"""What a caller may do, reckoned from grants: of one resource as a number, of many as a condition.

Of the grants that match (on the resource itself, on all of its type, or on its workspace) a DENY
outweighs the others, else the greatest counts; where nothing matches, the server's default does.
"""

from __future__ import annotations

import msgspec

from millstream.entities.permissions import (
    LEVELS,
    NAMES,
    PermissionName,
    ResourceType,
    includes,
    narrowed,
)
from millstream.entities.users import Caller
from millstream.store.sql.access.resources import EVERY_KEY
from millstream.store.sql.dialect import Dialect
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.partners import Rows
from millstream.store.sql.search.fragment import FALSE, TRUE, Sql, all_of, joined, nested

_DENIED = LEVELS["DENY"]
# Joined to the grants instead of asked for by IN, which MySQL would ask anew of every grant.
_OWN_ROLES = (
    "(SELECT ru.role_key FROM role_users ru WHERE ru.user_key = ? "
    "UNION SELECT rg.role_key FROM role_groups rg "
    "JOIN group_members gm ON gm.group_key = rg.group_key WHERE gm.user_key = ?) own"
)
OWN_GRANTS = f"{_OWN_ROLES} JOIN grants g ON g.role_key = own.role_key"
_SELECT_LEVELS = (
    f"SELECT MIN(g.permission), MAX(g.permission) FROM {OWN_GRANTS} "
    "WHERE g.resource_type = 'workspace' OR (g.resource_type = ? AND g.resource_key IN (?, ?))"
)
_SELECT_KEYS = (
    f"SELECT g.resource_key FROM {OWN_GRANTS} "
    "WHERE g.resource_type = ? AND g.resource_key <> ? GROUP BY g.resource_key HAVING "
)
_LIMITS = (
    "FROM token_resources l JOIN tokens t ON t.token_key = l.token_key "
    "WHERE t.token_id = ? AND l.resource_type = ?"
)
_SELECT_LIMITED = f"SELECT 1 {_LIMITS} AND l.resource_key IN (?, ?)"
_SELECT_LIMITED_KEYS = f"SELECT l.resource_key {_LIMITS} AND l.resource_key <> ?"
# An array of numbers in one parameter, as rows: there may be more than a statement has parameters.
_NUMBERS = {
    "sqlite": "SELECT value FROM json_each(?)",
    "postgresql": "SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(CAST(? AS JSONB))",
    "mysql": "SELECT value FROM JSON_TABLE(?, '$[*]' COLUMNS (value BIGINT PATH '$')) numbers",
}


def permission_on(
    source: Source,
    caller: Caller,
    resource_type: ResourceType,
    resource_key: int,
    default: PermissionName,
) -> PermissionName:
    """What a caller may do with one resource: one statement, or two with a token for a few."""
    if caller.is_limited:
        limits = (caller.token_id or "", resource_type, EVERY_KEY, resource_key)
        if not source.execute(_SELECT_LIMITED, limits):
            return "NO_PERMISSIONS"
    if caller.is_admin:
        return narrowed("MANAGE", caller.scope)
    found = _levels(source, caller, resource_type, resource_key)
    return narrowed(default if found is None else NAMES[found], caller.scope)


def visible(
    source: Source,
    caller: Caller,
    resource_type: ResourceType,
    column: str,
    default: PermissionName,
    elsewhere: Dialect | None = None,
) -> Sql:
    """The condition that a caller may read the resource whose key is in a column.

    It costs one statement, or two with a token for a few resources. `elsewhere` is the dialect of
    the rows' database if the grants are in another one; then it costs up to four and carries the
    keys.
    """
    pieces = []
    if caller.is_limited:
        pieces.append(_within_limits(source, caller, resource_type, column, elsewhere))
    if not caller.is_admin:
        pieces.append(_granted(source, caller, resource_type, column, default, elsewhere))
    return all_of([piece for piece in pieces if piece != TRUE])


def _levels(
    source: Rows, caller: Caller, resource_type: ResourceType, resource_key: int
) -> int | None:
    """What the grants that match come to; None if there are none."""
    params = (caller.user_id, caller.user_id, resource_type, EVERY_KEY, resource_key)
    least: int | None
    greatest: int | None
    least, greatest = source.execute(_SELECT_LEVELS, params)[0]
    return least if least == _DENIED else greatest


def _granted(
    source: Source,
    caller: Caller,
    resource_type: ResourceType,
    column: str,
    default: PermissionName,
    elsewhere: Dialect | None,
) -> Sql:
    of_all = _levels(source, caller, resource_type, EVERY_KEY)
    if of_all == _DENIED:
        return FALSE
    own = (caller.user_id, caller.user_id, resource_type, EVERY_KEY)
    if of_all is not None and includes(NAMES[of_all], "READ"):
        having, word = "MIN(g.permission) < 0", "NOT IN"
    elif of_all is None and includes(default, "READ"):
        having, word = "MIN(g.permission) < 0 OR MAX(g.permission) < 1", "NOT IN"
    else:
        having, word = "MIN(g.permission) >= 0 AND MAX(g.permission) >= 1", "IN"
    keys = _keys(source, Sql(_SELECT_KEYS + having, own), elsewhere)
    return joined(f" {word} ", [Sql(column), nested(keys)])


def _within_limits(
    source: Source,
    caller: Caller,
    resource_type: ResourceType,
    column: str,
    elsewhere: Dialect | None,
) -> Sql:
    token = (caller.token_id or "", resource_type)
    if source.execute(_SELECT_LIMITED, (*token, EVERY_KEY, EVERY_KEY)):
        return TRUE
    keys = _keys(source, Sql(_SELECT_LIMITED_KEYS, (*token, EVERY_KEY)), elsewhere)
    return joined(" IN ", [Sql(column), nested(keys)])


def _keys(source: Source, select: Sql, elsewhere: Dialect | None) -> Sql:
    """A SELECT of keys, as the database that the rows are in can answer it."""
    if elsewhere is None:
        return select
    found = [int(row[0]) for row in source.execute(select.text, select.params)]
    numbers = msgspec.json.encode(found).decode()
    return Sql(_NUMBERS[elsewhere.name], (numbers,))
