"""Permissions of single users and groups in SQL, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities import access_validation as rules
from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.errors import InvalidParameter, NotFound
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, grants, resources, rows, subjects, visibility
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import Dialect, placeholders
from millstream.store.sql.partners import Rows
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import TRUE, Sql, all_of, joined
from millstream.store.sql.transaction import Transaction

_DELETE = "DELETE FROM grants WHERE role_key = ? AND resource_type = ? AND resource_key = ?"
_COLUMNS = "g.role_key, r.name, r.workspace, g.resource_type, g.resource_key, g.permission"
_SELECT = (
    f"SELECT {_COLUMNS} FROM {visibility.OWN_GRANTS} "
    "JOIN roles r ON r.role_key = g.role_key ORDER BY g.grant_key"
)
_SELECT_OF_GROUP = (
    f"SELECT {_COLUMNS} FROM role_groups rg JOIN grants g ON g.role_key = rg.role_key "
    "JOIN roles r ON r.role_key = g.role_key WHERE rg.group_key = ? ORDER BY g.grant_key"
)
_SELECT_MEMBERS = (
    "SELECT g.permission, g.resource_type, g.resource_key, u.username, m.name, "
    "CASE WHEN u.username IS NULL AND m.name IS NULL THEN r.name END "
    "FROM grants g JOIN roles r ON r.role_key = g.role_key "
    "LEFT JOIN users u ON u.user_key = r.user_key "
    "LEFT JOIN user_groups m ON m.group_key = r.group_key "
    "WHERE (g.resource_type = ? AND g.resource_key = ? AND g.resource_key >= 0) "
    "OR (r.workspace = ? AND (g.resource_type = 'workspace' "
    "OR (g.resource_type = ? AND g.resource_key = ?)))"
)
_SELECT_EXPERIMENTS = (
    "SELECT e.experiment_key FROM experiments e WHERE e.experiment_key IN ({}) AND "
)
_SELECT_MODELS = "SELECT m.name FROM registered_models m WHERE m.name IN ({}) AND "
_SLICE = 1_000

_Named = tuple[str | None, str | None]  # a user or a group


class SqlPermissions:
    """The permissions of a database."""

    def __init__(self, context: AccessContext) -> None:
        self._context = context
        self._database = context.database
        self._default = context.rules.default_permission

    def grant(self, request: p.GrantPermission, by: u.Actor) -> Pending[None]:
        """Grant to a user; a resource that does not exist raises `NotFound`."""
        rules.check_permission(request.permission)
        who = (request.username, None)
        return self._database.write(_grant, request, who, by, self._context.clock())

    def revoke(self, request: p.RevokePermission, by: u.Actor) -> Pending[None]:
        """Take back from a user; what was not granted raises `NotFound`."""
        who = (request.username, None)
        return self._database.write(_revoke, request, who, by, self._context.clock())

    def grant_to_group(self, request: p.GrantGroupPermission, by: u.Actor) -> Pending[None]:
        """Grant to a group; a resource that does not exist raises `NotFound`."""
        rules.check_permission(request.permission)
        who = (None, request.group)
        return self._database.write(_grant, request, who, by, self._context.clock())

    def revoke_from_group(self, request: p.RevokeGroupPermission, by: u.Actor) -> Pending[None]:
        """Take back from a group; what was not granted raises `NotFound`."""
        who = (None, request.group)
        return self._database.write(_revoke, request, who, by, self._context.clock())

    def get(self, caller: u.Caller, resource: p.Resource) -> p.EffectivePermission:
        """What a caller may do with one resource, in a constant number of statements."""
        return self._database.read(_get, caller, resource, self._default)

    def get_levels(
        self, caller: u.Caller, resource_type: p.ResourceType, ids: Sequence[str]
    ) -> dict[str, p.PermissionName]:
        """What a caller may do with each of the resources; those that do not exist are absent."""
        return self._database.read(_get_levels, caller, resource_type, ids, self._default)

    def get_own(self, request: p.Resource, asking: Asking) -> p.EffectivePermission:
        """What who asks may do with a resource; what it may not read raises `NotFound`."""
        return self._database.read(_get_own, asking.caller, request, self._default)

    def list_own_levels(self, request: p.ListOwnLevels, asking: Asking) -> p.OwnLevels:
        """What who asks may do with each of many resources, without those it may not read."""
        rules.check_resource_ids(request.resource_ids)
        return self._database.read(_list_own_levels, asking.caller, request, self._default)

    def get_of_user(self, request: p.GetUserPermission) -> p.UsablePermission:
        """What a user may do with a resource; nothing if that does not exist."""
        return self._database.read(_get_of_user, request, self._default)

    def filter_readable(
        self, caller: u.Caller, resource_type: p.ResourceType, ids: Sequence[str]
    ) -> list[str]:
        """Those of the ids that exist and that a caller may read, in their order."""
        if resource_type not in ("experiment", "registered_model"):
            raise InvalidParameter(
                f"Invalid resource type {resource_type!r}; experiments and registered models are "
                "read one by one."
            )
        elsewhere = self._elsewhere(resource_type)
        arguments = (caller, resource_type, ids, self._default, elsewhere)
        readable = self._database.read(_find_readable, *arguments)
        return [each for each in ids if each in readable]

    def list(self, request: u.UserName) -> p.UserPermissions:
        """The grants that count for a user, those of its groups and roles included."""
        return self._database.read(_list, request.username)

    def list_own(self, request: p.ListOwnPermissions, asking: Asking) -> p.UserPermissions:  # noqa: ARG002  # as its row has it
        """The same for who asks; raises `Unauthenticated` if nobody is signed in.

        A token for a few resources is told of those alone.
        """
        caller = asking.signed_in
        found = self._database.read(_list, caller.username)
        if caller.is_limited:
            found.permissions = [
                each for each in found.permissions if self._is_within(caller, each)
            ]
        return found

    def _is_within(self, caller: u.Caller, granted: p.UserPermission) -> bool:
        """Whether a token is for what was granted, or for something that it is granted on."""
        kind, pattern = granted.resource_type, granted.resource_pattern
        if pattern == p.EVERY_RESOURCE:
            return True
        levels = self.get_levels(caller, kind, [pattern])
        return p.includes(levels.get(pattern, "NO_PERMISSIONS"), "READ")

    def list_of_group(self, request: gr.GroupName) -> p.GroupPermissions:
        """The grants that count for a group, those of its roles included."""
        return self._database.read(_list_of_group, request.name)

    def list_members(self, resource: p.Resource) -> p.MemberList:
        """Who has a permission on a resource or, by `*`, on all of its type."""
        return self._database.read(_list_members, resource)

    def find_subjects(self, request: p.FindSubjects) -> p.SubjectNames:
        """Users or groups by a part of their name, in one statement."""
        return self._database.read(subjects.find, request)

    def _elsewhere(self, resource_type: p.ResourceType) -> Dialect | None:
        """The dialect of the registry's database if that is another one than the grants' own."""
        apart = self._database.partners.registry
        if resource_type != "registered_model" or apart is None:
            return None
        return apart.database.dialect


def _grant(
    transaction: Transaction,
    request: p.GrantPermission | p.GrantGroupPermission,
    named: _Named,
    by: u.Actor,
    moment: int,
) -> None:
    change = chain.begin(transaction, by, moment)
    kind, pattern = request.resource_type, request.resource_id
    who = rows.subject(transaction, *named)
    key = resources.key_of(transaction, kind, pattern)
    grants.put(transaction, who.role_key, kind, key, request.permission)
    details = {who.kind: who.name}
    change.record("permission.grant", kind, pattern, permission=request.permission, **details)


def _revoke(
    transaction: Transaction,
    request: p.RevokePermission | p.RevokeGroupPermission,
    named: _Named,
    by: u.Actor,
    moment: int,
) -> None:
    change = chain.begin(transaction, by, moment)
    kind, pattern = request.resource_type, request.resource_id
    who = rows.subject(transaction, *named)
    key = resources.key_of(transaction, kind, pattern)
    if not transaction.run(_DELETE, (who.role_key, kind, key)):
        raise NotFound(f"The {who.kind} {who.name!r} was granted nothing on {kind} {pattern!r}.")
    change.record("permission.revoke", kind, pattern, **{who.kind: who.name})


def _get(
    reader: Reader, caller: u.Caller, resource: p.Resource, default: p.PermissionName
) -> p.EffectivePermission:
    kind = resource.resource_type
    key = resources.key_of(reader, kind, resource.resource_id)
    permission = visibility.permission_on(reader, caller, kind, key, default)
    return p.EffectivePermission(permission, p.includes(permission, "READ"))


def _get_levels(
    reader: Reader,
    caller: u.Caller,
    resource_type: p.ResourceType,
    ids: Sequence[str],
    default: p.PermissionName,
) -> dict[str, p.PermissionName]:
    levels: dict[str, p.PermissionName] = {}
    for start in range(0, len(ids), _SLICE):
        keys = resources.keys_of(reader, resource_type, ids[start : start + _SLICE])
        found = visibility.permissions_on(
            reader, caller, resource_type, list(keys.values()), default
        )
        levels.update((resource_id, found[key]) for resource_id, key in keys.items())
    return levels


def _get_own(
    reader: Reader, caller: u.Caller | None, resource: p.Resource, default: p.PermissionName
) -> p.EffectivePermission:
    kind, name = resource.resource_type, resource.resource_id
    key = resources.key_of(reader, kind, name)
    if caller is None:
        return p.EffectivePermission("MANAGE", allowed=True)
    permission = visibility.permission_on(reader, caller, kind, key, default)
    if key != resources.EVERY_KEY and not p.includes(permission, "READ"):
        raise resources.absent(kind, name)
    return p.EffectivePermission(permission, p.includes(permission, "READ"))


def _list_own_levels(
    reader: Reader, caller: u.Caller | None, request: p.ListOwnLevels, default: p.PermissionName
) -> p.OwnLevels:
    kind, ids = request.resource_type, request.resource_ids
    if caller is None:
        known = resources.keys_of(reader, kind, ids)
        return p.OwnLevels([p.OwnLevel(each, "MANAGE") for each in ids if each in known])
    levels = _get_levels(reader, caller, kind, ids, default)
    return p.OwnLevels(
        [
            p.OwnLevel(each, levels[each])
            for each in ids
            if each in levels and p.includes(levels[each], "READ")
        ]
    )


def _get_of_user(
    reader: Reader, request: p.GetUserPermission, default: p.PermissionName
) -> p.UsablePermission:
    caller = rows.required_user(reader, request.username).caller()
    try:
        key = resources.key_of(reader, request.resource_type, request.resource_id)
    except NotFound:
        return p.UsablePermission("NO_PERMISSIONS", allowed=False)
    permission = visibility.permission_on(reader, caller, request.resource_type, key, default)
    return p.UsablePermission(permission, p.includes(permission, "USE"))


def _find_readable(
    reader: Reader,
    caller: u.Caller,
    resource_type: p.ResourceType,
    ids: Sequence[str],
    default: p.PermissionName,
    elsewhere: Dialect | None,
) -> set[str]:
    home: Rows = reader
    column, select, workspace = "e.experiment_key", _SELECT_EXPERIMENTS, TRUE
    if resource_type == "registered_model":
        home, column, select = reader.registry, "m.registered_model_key", _SELECT_MODELS
        workspace = Sql("m.workspace = ?", (reader.workspace.name,))
    elif reader.workspace.confines:
        workspace = Sql("e.workspace = ?", (reader.workspace.name,))
    may_read = visibility.visible(reader, caller, resource_type, column, default, elsewhere)
    found: set[str] = set()
    for start in range(0, len(ids), _SLICE):
        part = ids[start : start + _SLICE]
        wanted = _wanted(resource_type, part)
        if wanted.params:
            among = Sql(select.format(wanted.text), wanted.params)
            sql = joined("", [among, all_of([workspace, may_read])])
            found.update(str(row[0]) for row in home.execute(sql.text, sql.params))
    return found


def _wanted(resource_type: p.ResourceType, ids: Sequence[str]) -> Sql:
    """The values that a statement looks for; what cannot be an experiment's id is none."""
    if resource_type == "registered_model":
        return Sql(placeholders(len(ids)), tuple(ids))
    known = tuple(resources.experiment_keys(ids))
    return Sql(placeholders(len(known)), known)


def _list(reader: Reader, username: str) -> p.UserPermissions:
    user = rows.required_user(reader, username)
    found = reader.execute(_SELECT, (user.user_key, user.user_key))
    return p.UserPermissions(bool(user.is_admin), _permissions(reader, found))


def _list_of_group(reader: Reader, group: str) -> p.GroupPermissions:
    group_key = rows.required_group(reader, group)
    return p.GroupPermissions(_permissions(reader, reader.execute(_SELECT_OF_GROUP, (group_key,))))


def _permissions(reader: Reader, found: Sequence[Row]) -> list[p.UserPermission]:
    """Grants with the ids of their resources.

    What is gone is not shown; nothing can have its key again.
    """
    ids = resources.ids_of(reader, [(kind, key) for *_, kind, key, _ in found])
    return [
        p.UserPermission(role_key, name, workspace, kind, ids[kind, key], p.NAMES[level])
        for role_key, name, workspace, kind, key, level in found
        if (kind, key) in ids
    ]


def _list_members(reader: Reader, resource: p.Resource) -> p.MemberList:
    kind = resource.resource_type
    key = resources.key_of(reader, kind, resource.resource_id)
    found = reader.execute(
        _SELECT_MEMBERS, (kind, key, reader.workspace.name, kind, resources.EVERY_KEY)
    )
    members = [
        p.Member(
            p.NAMES[level],
            granted_on,
            resource.resource_id if granted_key == key else p.EVERY_RESOURCE,
            username,
            group,
            role,
        )
        for level, granted_on, granted_key, username, group, role in found
    ]
    return p.MemberList(sorted(members, key=_place))


def _place(member: p.Member) -> tuple[bool, str, bool, str, str, str]:
    """Users by name, then groups, then roles; what is granted on the resource itself last."""
    return (
        member.username is None,
        member.username or "",
        member.group is None,
        member.group or "",
        member.role or "",
        member.resource_pattern,
    )
