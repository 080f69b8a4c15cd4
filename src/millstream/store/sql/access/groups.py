"""Groups of users in SQL."""

from __future__ import annotations

from millstream.entities import access_validation as rules
from millstream.entities import groups as gr
from millstream.entities.users import Actor
from millstream.errors import AlreadyExists, NotFound
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, rows
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.dialect import insert, per_dialect
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_COLUMNS = "group_key, name, description, creation_time"
_INSERT = insert("user_groups", "name description creation_time")
_SELECT = f"SELECT {_COLUMNS} FROM user_groups ORDER BY name"
_SELECT_ONE = f"SELECT {_COLUMNS} FROM user_groups WHERE name = ?"
_OF_USER = (
    "(SELECT m.group_key FROM group_members m JOIN users u ON u.user_key = m.user_key "
    "WHERE u.username = ?)"
)
_SELECT_OF_USER = f"SELECT {_COLUMNS} FROM user_groups WHERE group_key IN {_OF_USER} ORDER BY name"
_MEMBERS = (
    "SELECT m.group_key, u.username FROM group_members m JOIN users u ON u.user_key = m.user_key"
)
_SELECT_MEMBERS = f"{_MEMBERS} ORDER BY u.username"
_SELECT_MEMBERS_OF_ONE = f"{_MEMBERS} WHERE m.group_key = ? ORDER BY u.username"
_SELECT_MEMBERS_OF_USERS = f"{_MEMBERS} WHERE m.group_key IN {_OF_USER} ORDER BY u.username"
_SELECT_TAKEN = "SELECT 1 FROM user_groups WHERE name = ? AND group_key <> ?"
_UPDATE = "UPDATE user_groups SET name = ?, description = ? WHERE group_key = ?"
_DELETE = (
    "DELETE FROM group_members WHERE group_key = ?",
    "DELETE FROM role_groups WHERE group_key = ?",
    "DELETE FROM user_groups WHERE group_key = ?",
)
_ADD_MEMBER = per_dialect(
    lambda dialect: dialect.insert_new(
        "group_members", "group_key user_key", key="group_key user_key"
    )
)
_REMOVE_MEMBER = "DELETE FROM group_members WHERE group_key = ? AND user_key = ?"
_NEW = -1


class SqlGroups:
    """The groups of a database."""

    def __init__(self, context: AccessContext) -> None:
        self._database = context.database
        self._clock = context.clock

    def create(self, request: gr.CreateGroup, by: Actor) -> Pending[gr.Group]:
        """Add; a name that is taken raises `AlreadyExists`."""
        rules.check_group_name(request.name)
        rules.check_description(request.description)
        return self._database.write(_create, request, by, self._clock())

    def get(self, request: gr.GroupName) -> gr.Group:
        """Get by name."""
        return self._database.read(_get, request.name)

    def list(self, request: gr.ListGroups) -> gr.GroupList:
        """Groups by name."""
        return self._database.read(_list, request.username)

    def update(self, request: gr.UpdateGroup, by: Actor) -> Pending[gr.Group]:
        """Change what is given."""
        if request.new_name is not None:
            rules.check_group_name(request.new_name)
        rules.check_description(request.description)
        return self._database.write(_update, request, by, self._clock())

    def delete(self, request: gr.GroupName, by: Actor) -> Pending[None]:
        """Delete for good, with all that was granted to it."""
        return self._database.write(_delete, request.name, by, self._clock())

    def add_member(self, request: gr.GroupMember, by: Actor) -> Pending[None]:
        """Add a user; one that is in it already is no error."""
        return self._database.write(_add_member, request, by, self._clock())

    def remove_member(self, request: gr.GroupMember, by: Actor) -> Pending[None]:
        """Remove a user; one that is not in it raises `NotFound`."""
        return self._database.write(_remove_member, request, by, self._clock())


def _create(transaction: Transaction, request: gr.CreateGroup, by: Actor, moment: int) -> gr.Group:
    change = chain.begin(transaction, by, moment)
    _refuse_taken_name(transaction, request.name, _NEW)
    values = (request.name, request.description, moment)
    group_key = transaction.insert(_INSERT, values, "group_key")
    rows.add_role_of_group(transaction, group_key)
    change.record("group.create", "group", request.name)
    return gr.Group(request.name, request.description, moment)


def _get(source: Reader | Transaction, name: str) -> gr.Group:
    found = source.execute(_SELECT_ONE, (name,))
    if not found:
        raise NotFound(f"Group with name={name} not found")
    group_key, own_name, description, created = found[0]
    members = source.execute(_SELECT_MEMBERS_OF_ONE, (group_key,))
    return gr.Group(own_name, description, created, [username for _, username in members])


def _list(reader: Reader, username: str | None) -> gr.GroupList:
    if username is None:
        found, members = reader.execute(_SELECT), reader.execute(_SELECT_MEMBERS)
    else:
        rows.required_user(reader, username)
        found = reader.execute(_SELECT_OF_USER, (username,))
        members = reader.execute(_SELECT_MEMBERS_OF_USERS, (username,))
    groups = {group_key: gr.Group(*fields) for group_key, *fields in found}
    for group_key, member in members:
        if group_key in groups:
            groups[group_key].members.append(member)
    return gr.GroupList(list(groups.values()))


def _update(transaction: Transaction, request: gr.UpdateGroup, by: Actor, moment: int) -> gr.Group:
    change = chain.begin(transaction, by, moment)
    group_key = rows.required_group(transaction, request.name)
    group = _get(transaction, request.name)
    if request.new_name is not None:
        _refuse_taken_name(transaction, request.new_name, group_key)
        group.name = request.new_name
    if request.description is not None:
        group.description = request.description
    transaction.run(_UPDATE, (group.name, group.description, group_key))
    change.record("group.update", "group", request.name, new_name=request.new_name)
    return group


def _delete(transaction: Transaction, name: str, by: Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    subject = rows.subject(transaction, None, name)
    rows.remove_role(transaction, subject.role_key)
    for statement in _DELETE:
        transaction.run(statement, (subject.key,))
    change.record("group.delete", "group", name)


def _add_member(transaction: Transaction, request: gr.GroupMember, by: Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    group_key = rows.required_group(transaction, request.name)
    user = rows.required_user(transaction, request.username)
    transaction.run(_ADD_MEMBER[transaction.dialect.name], (group_key, user.user_key))
    change.record("group.add_member", "group", request.name, username=user.username)


def _remove_member(
    transaction: Transaction, request: gr.GroupMember, by: Actor, moment: int
) -> None:
    change = chain.begin(transaction, by, moment)
    group_key = rows.required_group(transaction, request.name)
    user = rows.required_user(transaction, request.username)
    if not transaction.run(_REMOVE_MEMBER, (group_key, user.user_key)):
        raise NotFound(f"User {user.username!r} is not in the group {request.name!r}.")
    change.record("group.remove_member", "group", request.name, username=user.username)


def _refuse_taken_name(transaction: Transaction, name: str, but: int) -> None:
    if transaction.execute(_SELECT_TAKEN, (name, but)):
        raise AlreadyExists(f"Group with name={name} already exists")
