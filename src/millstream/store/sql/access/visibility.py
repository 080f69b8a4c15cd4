"""What a caller may do, reckoned from grants: of one resource as a number, of many as a condition.

Of the grants that match (on the resource itself, on all of its type, or on its workspace) a DENY
outweighs the others, else the greatest counts; where nothing matches, the server's default does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from millstream.entities.asking import Asking
from millstream.entities.models import SearchLoggedModels
from millstream.entities.permissions import (
    LEVELS,
    NAMES,
    PermissionName,
    ResourceType,
    includes,
    narrowed,
)
from millstream.entities.run_tables import GetRunGroups, GetRunTable
from millstream.entities.runs import SearchRuns
from millstream.entities.users import Caller
from millstream.store.sql.access.resources import EVERY_KEY
from millstream.store.sql.dialect import Dialect, placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.partners import Rows
from millstream.store.sql.search.fragment import FALSE, TRUE, Sql, all_of, joined, nested
from millstream.store.sql.search.limits import experiment_keys

OfExperiments = TypeVar("OfExperiments", SearchRuns, GetRunTable, GetRunGroups, SearchLoggedModels)

_DENIED = LEVELS["DENY"]
_NOTHING: PermissionName = "NO_PERMISSIONS"
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
_SELECT_LEVELS_OF_MANY = (
    f"SELECT g.resource_key, MIN(g.permission), MAX(g.permission) FROM {OWN_GRANTS} "
    "WHERE g.resource_type = ? AND g.resource_key IN ({}) GROUP BY g.resource_key"
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
_SELECT_LIMITED_OF_MANY = f"SELECT l.resource_key {_LIMITS} AND l.resource_key IN (?, {{}})"
_SELECT_LIMITED_KEYS = f"SELECT l.resource_key {_LIMITS} AND l.resource_key <> ?"
# An array of numbers in one parameter, as rows: there may be more than a statement has parameters.
_NUMBERS = {
    "sqlite": "SELECT value FROM json_each(?)",
    "postgresql": "SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(CAST(? AS JSONB))",
    "mysql": "SELECT value FROM JSON_TABLE(?, '$[*]' COLUMNS (value BIGINT PATH '$')) numbers",
}


def permission_on(
    source: Rows,
    caller: Caller,
    resource_type: ResourceType,
    resource_key: int,
    default: PermissionName,
) -> PermissionName:
    """What a caller may do with one resource: one statement, or two with a token for a few."""
    if caller.is_limited:
        limits = (caller.token_id or "", resource_type, EVERY_KEY, resource_key)
        if not source.execute(_SELECT_LIMITED, limits):
            return _NOTHING
    if caller.is_admin:
        return narrowed("MANAGE", caller.scope)
    found = _levels(source, caller, resource_type, resource_key)
    return narrowed(default if found is None else NAMES[found], caller.scope)


def permissions_on(
    source: Rows,
    caller: Caller,
    resource_type: ResourceType,
    resource_keys: Sequence[int],
    default: PermissionName,
) -> dict[int, PermissionName]:
    """The same of many resources: two statements, or three with a token for a few."""
    if not resource_keys:
        return {}
    marks = placeholders(len(resource_keys))
    allowed = set(resource_keys)
    if caller.is_limited:
        sql = _SELECT_LIMITED_OF_MANY.format(marks)
        limits = (caller.token_id or "", resource_type, EVERY_KEY, *resource_keys)
        limited = {int(row[0]) for row in source.execute(sql, limits)}
        allowed = allowed if EVERY_KEY in limited else limited
    permissions = dict.fromkeys(resource_keys, _NOTHING)
    if caller.is_admin:
        return permissions | dict.fromkeys(allowed, narrowed("MANAGE", caller.scope))
    of_all = _extremes(source, caller, resource_type, EVERY_KEY)
    sql = _SELECT_LEVELS_OF_MANY.format(marks)
    params = (caller.user_id, caller.user_id, resource_type, *resource_keys)
    found = {key: levels for key, *levels in source.execute(sql, params)}
    for key in allowed:
        level = _outcome([*of_all, *found.get(key, ())])
        permissions[key] = narrowed(default if level is None else NAMES[level], caller.scope)
    return permissions


def visible(
    source: Rows,
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


def readable(
    source: Source, asking: Asking | None, resource_type: ResourceType, column: str
) -> Sql:
    """The condition that who asks may read the resource whose key is in a column of the source.

    It costs what `visible` costs, and nothing where access is not controlled.
    """
    if asking is None or asking.caller is None:
        return TRUE
    grants = source.tracking
    elsewhere = None if grants is source else source.dialect
    default = asking.default_permission
    return visible(grants, asking.caller, resource_type, column, default, elsewhere)


def readable_keys(
    source: Source, asking: Asking | None, resource_type: ResourceType, keys: Sequence[int]
) -> list[int]:
    """Those of the keys whose resources who asks may read, in their order."""
    if asking is None or asking.caller is None:
        return list(keys)
    default = asking.default_permission
    found = permissions_on(source.tracking, asking.caller, resource_type, keys, default)
    return [key for key in keys if includes(found[key], "READ")]


def restricted(source: Source, asking: Asking | None, request: OfExperiments) -> OfExperiments:
    """A request about those of its experiments that who asks may read."""
    if asking is None or asking.caller is None:
        return request
    keys = experiment_keys(request.experiment_ids)
    kept = [str(key) for key in readable_keys(source, asking, "experiment", keys)]
    return msgspec.structs.replace(request, experiment_ids=kept)


def _levels(
    source: Rows, caller: Caller, resource_type: ResourceType, resource_key: int
) -> int | None:
    """What the grants that match come to; None if there are none."""
    return _outcome(_extremes(source, caller, resource_type, resource_key))


def _extremes(
    source: Rows, caller: Caller, resource_type: ResourceType, resource_key: int
) -> list[int | None]:
    """The least and the greatest of the grants that match; None both if there are none."""
    params = (caller.user_id, caller.user_id, resource_type, EVERY_KEY, resource_key)
    return list(source.execute(_SELECT_LEVELS, params)[0])


def _outcome(levels: Iterable[int | None]) -> int | None:
    """What levels that match come to: a DENY outweighs the others, else the greatest counts."""
    found = [level for level in levels if level is not None]
    if not found:
        return None
    return _DENIED if _DENIED in found else max(found)


def _granted(
    source: Rows,
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
    source: Rows,
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


def _keys(source: Rows, select: Sql, elsewhere: Dialect | None) -> Sql:
    """A SELECT of keys, as the database that the rows are in can answer it."""
    if elsewhere is None:
        return select
    found = [int(row[0]) for row in source.execute(select.text, select.params)]
    numbers = msgspec.json.encode(found).decode()
    return Sql(_NUMBERS[elsewhere.name], (numbers,))
