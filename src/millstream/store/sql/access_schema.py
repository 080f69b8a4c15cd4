"""The tables of access, as SQLAlchemy describes them; see `schema`."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, SmallInteger, Table, UniqueConstraint

from millstream.store.sql.columns import (
    MYSQL,
    key,
    number,
    reference,
    required,
    short_text,
    text,
)
from millstream.store.sql.registry_schema import metadata as metadata  # with its tables in it

users = Table(
    "users",
    metadata,
    key("user_key"),
    required("username", short_text(255)),
    required("kind", short_text(8)),
    Column("password_hash", text),
    required("is_admin", SmallInteger),
    required("is_active", SmallInteger),
    required("creation_time", number),
    required("last_update_time", number),
    UniqueConstraint("username"),
    Index("users_by_admin", "is_admin"),
    sqlite_autoincrement=True,  # the audit log and old roles name users by their keys
    **MYSQL,
)

user_groups = Table(
    "user_groups",
    metadata,
    key("group_key"),
    required("name", short_text(255)),
    Column("description", text),
    required("creation_time", number),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
    **MYSQL,
)

group_members = Table(
    "group_members",
    metadata,
    reference("group_key"),
    reference("user_key"),
    PrimaryKeyConstraint("group_key", "user_key"),
    Index("groups_of_user", "user_key", "group_key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

# A role with a user_key or group_key holds what was granted to that user or group alone.
roles = Table(
    "roles",
    metadata,
    key("role_key"),
    required("workspace", short_text(64)),
    required("name", short_text(255)),
    Column("description", text),
    Column("user_key", number),
    Column("group_key", number),
    UniqueConstraint("workspace", "name"),
    UniqueConstraint("user_key"),
    UniqueConstraint("group_key"),
    sqlite_autoincrement=True,
    **MYSQL,
)

role_users = Table(
    "role_users",
    metadata,
    reference("role_key"),
    reference("user_key"),
    PrimaryKeyConstraint("user_key", "role_key"),
    Index("users_of_role", "role_key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

role_groups = Table(
    "role_groups",
    metadata,
    reference("role_key"),
    reference("group_key"),
    PrimaryKeyConstraint("group_key", "role_key"),
    Index("groups_of_role", "role_key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

# The key of all resources of a type is -1. What is referred to may be in another database.
grants = Table(
    "grants",
    metadata,
    key("grant_key"),
    reference("role_key"),
    required("resource_type", short_text(32)),
    required("resource_key", number),
    required("permission", SmallInteger),
    UniqueConstraint("role_key", "resource_type", "resource_key"),
    Index("grants_on_resource", "resource_type", "resource_key"),
    **MYSQL,
)

# The account of an OpenID provider that a user belongs to.
openid_links = Table(
    "openid_links",
    metadata,
    reference("user_key"),
    required("issuer", short_text(500)),
    required("subject", short_text(255)),
    required("creation_time", number),
    PrimaryKeyConstraint("user_key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

tokens = Table(
    "tokens",
    metadata,
    key("token_key"),
    required("token_id", short_text(16)),
    reference("user_key"),
    required("name", short_text(255)),
    required("secret_hash", short_text(64)),
    required("scope", short_text(8)),
    required("is_limited", SmallInteger),
    required("creation_time", number),
    required("expiration_time", number),
    Column("last_used_time", number),
    UniqueConstraint("token_id"),
    Index("tokens_of_user", "user_key", "token_key"),
    **MYSQL,
)

token_resources = Table(
    "token_resources",
    metadata,
    reference("token_key"),
    required("resource_type", short_text(32)),
    required("resource_key", number),
    PrimaryKeyConstraint("token_key", "resource_type", "resource_key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

sessions = Table(
    "sessions",
    metadata,
    key("session_key"),
    required("secret_hash", short_text(64)),
    reference("user_key"),
    Column("address", short_text(64)),
    required("creation_time", number),
    required("expiration_time", number),
    required("last_used_time", number),
    UniqueConstraint("secret_hash"),
    Index("sessions_of_user", "user_key"),
    Index("sessions_by_expiration", "expiration_time"),
    **MYSQL,
)

# Names are hashed: people type passwords where names belong.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    required("subject_hash", short_text(64)),
    required("failures", number),
    required("last_failure_time", number),
    required("locked_until", number),
    PrimaryKeyConstraint("subject_hash"),
    Index("failures_by_time", "last_failure_time"),
    sqlite_with_rowid=False,
    **MYSQL,
)

administrator_links = Table(
    "administrator_links",
    metadata,
    required("secret_hash", short_text(64)),
    required("expiration_time", number),
    PrimaryKeyConstraint("secret_hash"),
    sqlite_with_rowid=False,
    **MYSQL,
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("sequence", number, primary_key=True, autoincrement=False),
    required("timestamp", number),
    Column("actor", short_text(255)),
    Column("token_id", short_text(16)),
    Column("address", short_text(64)),
    required("action", short_text(64)),
    Column("resource_type", short_text(32)),
    Column("resource_id", short_text(500)),
    required("result", short_text(8)),
    required("details", text),
    required("hash", short_text(64)),
    Index("audit_of_actor", "actor", "sequence"),
    Index("audit_of_action", "action", "sequence"),
    **MYSQL,
)

# One row, the end of the log. Whoever changes anything of access locks it first.
audit_chain = Table(
    "audit_chain",
    metadata,
    Column("chain_key", number, primary_key=True, autoincrement=False),
    required("sequence", number),
    required("hash", short_text(64)),
    **MYSQL,
)
