"""What a caller may do, reckoned from grants: of one resource as a number, of many as a condition.

Of the grants that match (on the resource itself, on all of its type, or on its workspace) a DENY
outweighs the others, else the greatest counts. What is granted on all of a type or on a workspace
counts in the workspace of its role. Where nothing matches, the server's default does, but only in
the workspace `default`: who was granted nothing in another one has no permissions there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
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
from millstream.entities.workspaces import DEFAULT_WORKSPACE
from millstream.store.sql.access.resources import EVERY_KEY
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import Dialect, placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.search.fragment import FALSE, TRUE, Sql, all_of, any_of, joined, nested
from millstream.store.sql.search.limits import experiment_keys

OfExperiments = TypeVar("OfExperiments", SearchRuns, GetRunTable, GetRunGroups, SearchLoggedModels)

_SLICE = 1_000
_DENIED = LEVELS["DENY"]
_NOTHING: PermissionName = "NO_PERMISSIONS"
# Joined to the grants instead of asked for by IN, which MySQL would ask anew of every grant.
_OWN_ROLES = (
    "(SELECT ru.role_key FROM role_users ru WHERE ru.user_key = ? "
    "UNION SELECT rg.role_key FROM role_groups rg "
    "JOIN group_members gm ON gm.group_key = rg.group_key WHERE gm.user_key = ?) own"
)
OWN_GRANTS = f"{_OWN_ROLES} JOIN grants g ON g.role_key = own.role_key"
_WITH_WORKSPACE = f"{OWN_GRANTS} JOIN roles r ON r.role_key = g.role_key"
_SELECT_LEVELS = (
    f"SELECT MIN(g.permission), MAX(g.permission) FROM {_WITH_WORKSPACE} "
    "WHERE (g.resource_type = ? AND g.resource_key = ? AND g.resource_key >= 0) "
    "OR (r.workspace = ? AND (g.resource_type = 'workspace' "
    "OR (g.resource_type = ? AND g.resource_key = ?)))"
)
_SELECT_LEVELS_OF_MANY = (
    f"SELECT g.resource_key, MIN(g.permission), MAX(g.permission) FROM {OWN_GRANTS} "
    "WHERE g.resource_type = ? AND g.resource_key IN ({}) GROUP BY g.resource_key"
)
_SELECT_KEYS = (
    f"SELECT g.resource_key FROM {OWN_GRANTS} "
    "WHERE g.resource_type = ? AND g.resource_key <> ? GROUP BY g.resource_key HAVING "
)
_SELECT_WORKSPACES = (
    f"SELECT r.workspace, MIN(g.permission), MAX(g.permission) FROM {_WITH_WORKSPACE} "
    "WHERE g.resource_type = 'workspace' OR g.resource_key = ? GROUP BY r.workspace"
)
_SELECT_GRANTED = (
    f"SELECT g.resource_type, g.resource_key FROM {OWN_GRANTS} "
    "WHERE g.permission > 0 AND g.resource_key <> ?"
)
_SELECT_LIMITS = (
    "SELECT l.resource_type, l.resource_key FROM token_resources l "
    "JOIN tokens t ON t.token_key = l.token_key WHERE t.token_id = ?"
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
    source: Source,
    caller: Caller,
    resource_type: ResourceType,
    resource_key: int,
    default: PermissionName,
) -> PermissionName:
    """What a caller may do with one resource: one statement, or two with a token for a few."""
    if caller.is_limited:
        limits = (caller.token_id or "", resource_type, EVERY_KEY, resource_key)
        if not source.tracking.execute(_SELECT_LIMITED, limits):
            return _NOTHING
    if caller.is_admin:
        return narrowed("MANAGE", caller.scope)
    found = _levels(source, caller, resource_type, resource_key)
    default = _default(source, default)
    return narrowed(default if found is None else NAMES[found], caller.scope)


def permissions_on(
    source: Source,
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
        limited = {int(row[0]) for row in source.tracking.execute(sql, limits)}
        allowed = allowed if EVERY_KEY in limited else limited
    permissions = dict.fromkeys(resource_keys, _NOTHING)
    if caller.is_admin:
        return permissions | dict.fromkeys(allowed, narrowed("MANAGE", caller.scope))
    default = _default(source, default)
    of_all = _extremes(source, caller, resource_type, EVERY_KEY)
    sql = _SELECT_LEVELS_OF_MANY.format(marks)
    params = (caller.user_id, caller.user_id, resource_type, *resource_keys)
    found = {key: levels for key, *levels in source.tracking.execute(sql, params)}
    for key in allowed:
        level = _outcome([*of_all, *found.get(key, ())])
        permissions[key] = narrowed(default if level is None else NAMES[level], caller.scope)
    return permissions


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


def readable(
    source: Source, asking: Asking | None, resource_type: ResourceType, column: str
) -> Sql:
    """The condition that who asks may read the resource whose key is in a column of the source.

    It costs what `visible` costs, and nothing where access is not controlled.
    """
    if asking is None or asking.caller is None:
        return TRUE
    elsewhere = None if source.tracking is source else source.dialect
    default = asking.default_permission
    return visible(source, asking.caller, resource_type, column, default, elsewhere)


def readable_deployments(source: Source, asking: Asking | None) -> Sql:
    """The condition that who asks may read a deployment `d`; it costs twice what `readable` does.

    It is of its registered model, else of its experiment, else of nobody.
    """
    if asking is None or asking.caller is None:
        return TRUE
    of_model = readable(source, asking, "registered_model", "d.registered_model_key")
    of_experiment = readable(source, asking, "experiment", "d.experiment_key")
    without_model = Sql("d.registered_model_key < 0")
    return any_of(
        [
            all_of([Sql("d.registered_model_key >= 0"), of_model]),
            all_of([without_model, Sql("d.experiment_key >= 0"), of_experiment]),
            all_of(
                [
                    *(without_model, Sql("d.experiment_key < 0")),
                    TRUE if reads_shared(asking) else FALSE,
                ]
            ),
        ]
    )


def reads_shared(asking: Asking | None) -> bool:
    """Whether who asks may read what is of no resource: all but a token for a few resources."""
    return asking is None or asking.caller is None or not asking.caller.is_limited


def readable_keys(
    source: Source, asking: Asking | None, resource_type: ResourceType, keys: Sequence[int]
) -> list[int]:
    """Those of the keys whose resources who asks may read, in their order."""
    if asking is None or asking.caller is None:
        return list(keys)
    default = asking.default_permission
    found = permissions_on(source, asking.caller, resource_type, keys, default)
    return [key for key in keys if includes(found[key], "READ")]


def experiment_reader(source: Source, asking: Asking | None) -> Callable[[int], bool]:
    """Tells whether who asks may read the experiment of a key; each is looked up once."""

    @cache
    def may_read(experiment_key: int) -> bool:
        return bool(readable_keys(source, asking, "experiment", [experiment_key]))

    return may_read


def restricted(source: Source, asking: Asking | None, request: OfExperiments) -> OfExperiments:
    """A request about those of its experiments that who asks may read."""
    if asking is None or asking.caller is None:
        return request
    keys = experiment_keys(request.experiment_ids)
    kept = [str(key) for key in readable_keys(source, asking, "experiment", keys)]
    return msgspec.structs.replace(request, experiment_ids=kept)


def readable_workspaces(source: Source, caller: Caller, default: PermissionName) -> set[str] | None:
    """The names of the workspaces where a caller may read anything; None if that is all of them."""
    limits = _limit_workspaces(source, caller) if caller.is_limited else None
    if caller.is_admin:
        return limits
    own = (caller.user_id, caller.user_id)
    levels = source.tracking.execute(_SELECT_WORKSPACES, (*own, EVERY_KEY))
    denied = {name for name, least, _ in levels if least == _DENIED}
    found = {name for name, _, greatest in levels if greatest > 0}
    if includes(default, "READ"):
        found.add(DEFAULT_WORKSPACE)
    granted = source.tracking.execute(_SELECT_GRANTED, (*own, EVERY_KEY))
    found = (found | _workspaces_of(source, granted)) - denied
    return found if limits is None else found & limits


def _limit_workspaces(source: Source, caller: Caller) -> set[str] | None:
    rows = source.tracking.execute(_SELECT_LIMITS, (caller.token_id or "",))
    if any(key == EVERY_KEY for _, key in rows):
        return None
    return _workspaces_of(source, rows)


def _workspaces_of(source: Source, resources: Sequence[Row]) -> set[str]:
    """The workspaces of resources, given as rows of type and key."""
    found: set[str] = set()
    for kind, table, column, rows in (
        ("experiment", "experiments", "experiment_key", source.tracking),
        ("registered_model", "registered_models", "registered_model_key", source.registry),
    ):
        keys = [key for resource_type, key in resources if resource_type == kind]
        for start in range(0, len(keys), _SLICE):
            part = tuple(keys[start : start + _SLICE])
            sql = f"SELECT DISTINCT workspace FROM {table} WHERE {column} IN ({{}})"
            found |= {row[0] for row in rows.execute(sql.format(placeholders(len(part))), part)}
    return found


def _default(source: Source, default: PermissionName) -> PermissionName:
    return default if source.workspace.name == DEFAULT_WORKSPACE else _NOTHING


def _levels(
    source: Source, caller: Caller, resource_type: ResourceType, resource_key: int
) -> int | None:
    """What the grants that match come to; None if there are none."""
    return _outcome(_extremes(source, caller, resource_type, resource_key))


def _extremes(
    source: Source, caller: Caller, resource_type: ResourceType, resource_key: int
) -> list[int | None]:
    """The least and the greatest of the grants that match; None both if there are none."""
    of_all = (source.workspace.name, resource_type, EVERY_KEY)
    params = (caller.user_id, caller.user_id, resource_type, resource_key, *of_all)
    return list(source.tracking.execute(_SELECT_LEVELS, params)[0])


def _outcome(levels: Iterable[int | None]) -> int | None:
    """What levels that match come to: a DENY outweighs the others, else the greatest counts."""
    found = [level for level in levels if level is not None]
    if not found:
        return None
    return _DENIED if _DENIED in found else max(found)


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
    default = _default(source, default)
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
    if source.tracking.execute(_SELECT_LIMITED, (*token, EVERY_KEY, EVERY_KEY)):
        return TRUE
    keys = _keys(source, Sql(_SELECT_LIMITED_KEYS, (*token, EVERY_KEY)), elsewhere)
    return joined(" IN ", [Sql(column), nested(keys)])


def _keys(source: Source, select: Sql, elsewhere: Dialect | None) -> Sql:
    """A SELECT of keys, as the database that the rows are in can answer it."""
    if elsewhere is None:
        return select
    found = [int(row[0]) for row in source.tracking.execute(select.text, select.params)]
    numbers = msgspec.json.encode(found).decode()
    return Sql(_NUMBERS[elsewhere.name], (numbers,))
