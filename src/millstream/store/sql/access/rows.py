"""Rows of users, groups and the roles of their own: found by name, added and removed."""

from __future__ import annotations

from typing import NamedTuple

from millstream.entities.users import Caller, User, UserKind
from millstream.entities.workspaces import DEFAULT_WORKSPACE
from millstream.errors import AlreadyExists, NotFound
from millstream.store.sql.dialect import insert
from millstream.store.sql.partners import Rows
from millstream.store.sql.transaction import Transaction

USER_COLUMNS = (
    "user_key, username, is_admin, kind, is_active, creation_time, last_update_time, password_hash"
)
_SELECT_USER = f"SELECT {USER_COLUMNS} FROM users WHERE username = ?"
_SELECT_GROUP = "SELECT group_key FROM user_groups WHERE name = ?"
_INSERT_USER = insert(
    "users",
    "username is_admin kind is_active creation_time last_update_time password_hash",
)
_INSERT_ROLE = insert("roles", "workspace name user_key group_key")
_INSERT_ROLE_USER = insert("role_users", "role_key user_key")
_INSERT_ROLE_GROUP = insert("role_groups", "role_key group_key")
_SELECT_ROLE_OF_USER = "SELECT role_key FROM roles WHERE user_key = ?"
_SELECT_ROLE_OF_GROUP = "SELECT role_key FROM roles WHERE group_key = ?"
_DELETE_ROLE = (
    "DELETE FROM grants WHERE role_key = ?",
    "DELETE FROM role_users WHERE role_key = ?",
    "DELETE FROM role_groups WHERE role_key = ?",
    "DELETE FROM roles WHERE role_key = ?",
)


class UserRow(NamedTuple):
    """A user as the table has it."""

    user_key: int
    username: str
    is_admin: int
    kind: UserKind
    is_active: int
    creation_time: int
    last_update_time: int
    password_hash: str | None

    def user(self) -> User:
        """The user, and of its password only whether there is one."""
        return User(
            self.user_key,
            self.username,
            bool(self.is_admin),
            self.kind,
            bool(self.is_active),
            self.creation_time,
            self.last_update_time,
            self.password_hash is not None,
        )

    def caller(self) -> Caller:
        """The user as one who calls."""
        return Caller(self.user_key, self.username, bool(self.is_admin))


class Subject(NamedTuple):
    """A user or a group, and the role that holds what was granted to it alone."""

    kind: str
    name: str
    key: int
    role_key: int


def find_user(source: Rows, username: str) -> UserRow | None:
    """The user of that name, if there is one."""
    storable = username.encode(errors="replace").decode().replace("\0", "\ufffd")
    rows = source.execute(_SELECT_USER, (storable,))
    return UserRow(*rows[0]) if rows else None


def required_user(source: Rows, username: str) -> UserRow:
    """The user of that name; raises `NotFound` if there is none."""
    found = find_user(source, username)
    if found is None:
        raise NotFound(f"User with username={username} not found")
    return found


def required_group(source: Rows, name: str) -> int:
    """The key of the group of that name; raises `NotFound` if there is none."""
    rows = source.execute(_SELECT_GROUP, (name,))
    if not rows:
        raise NotFound(f"Group with name={name} not found")
    return int(rows[0][0])


def subject(source: Rows, username: str | None, group: str | None) -> Subject:
    """The user or the group, whichever is given."""
    if username is not None:
        user = required_user(source, username)
        role_key = source.execute(_SELECT_ROLE_OF_USER, (user.user_key,))[0][0]
        return Subject("user", username, user.user_key, role_key)
    name = group or ""
    group_key = required_group(source, name)
    role_key = source.execute(_SELECT_ROLE_OF_GROUP, (group_key,))[0][0]
    return Subject("group", name, group_key, role_key)


def add_user(transaction: Transaction, user: User, password_hash: str | None, moment: int) -> User:
    """Add a user with a role of its own; the caller holds the lock of access."""
    if find_user(transaction, user.username) is not None:
        raise AlreadyExists(f"User with username={user.username} already exists")
    values = (user.username, int(user.is_admin), user.kind, 1, moment, moment, password_hash)
    user.id = transaction.insert(_INSERT_USER, values, "user_key")
    role = (DEFAULT_WORKSPACE, f"__user_{user.id}__", user.id, None)
    role_key = transaction.insert(_INSERT_ROLE, role, "role_key")
    transaction.run(_INSERT_ROLE_USER, (role_key, user.id))
    user.creation_time = user.last_update_time = moment
    user.has_password = password_hash is not None
    return user


def add_role_of_group(transaction: Transaction, group_key: int) -> None:
    """Give a new group a role of its own."""
    role = (DEFAULT_WORKSPACE, f"__group_{group_key}__", None, group_key)
    role_key = transaction.insert(_INSERT_ROLE, role, "role_key")
    transaction.run(_INSERT_ROLE_GROUP, (role_key, group_key))


def remove_role(transaction: Transaction, role_key: int) -> None:
    """Remove a role with all that it permits, from whoever has it."""
    for statement in _DELETE_ROLE:
        transaction.run(statement, (role_key,))
