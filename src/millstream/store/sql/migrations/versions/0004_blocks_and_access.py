"""Version 4: blocks that sum up long series; who may do what, and the log of who did what."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, SmallInteger, UniqueConstraint

from millstream.store.sql.columns import (
    MYSQL,
    corner,
    key,
    number,
    reference,
    required,
    short_text,
    text,
)

revision = "0004"
down_revision = "0003"

_FIRST_HASH = "0" * 64


def upgrade() -> None:
    """Create the tables, those of access without anybody in them and with an empty audit log."""
    _create_blocks()
    _create_people()
    _create_roles()
    _create_proofs()
    _create_sign_ins()
    _create_audit()


def _create_blocks() -> None:
    op.create_table(
        "metric_blocks",
        required("run_key", number),
        required("key_id", number),
        required("points", Integer),
        *corner("first"),
        *corner("last"),
        *corner("least", may_lack=True),
        *corner("greatest", may_lack=True),
        PrimaryKeyConstraint("run_key", "key_id", "last_step"),
        sqlite_with_rowid=False,
        **MYSQL,
    )
    op.add_column("latest_metrics", Column("late_step", number))


def _create_people() -> None:
    op.create_table(
        "users",
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

    op.create_table(
        "user_groups",
        key("group_key"),
        required("name", short_text(255)),
        Column("description", text),
        required("creation_time", number),
        UniqueConstraint("name"),
        sqlite_autoincrement=True,
        **MYSQL,
    )

    op.create_table(
        "group_members",
        reference("group_key"),
        reference("user_key"),
        PrimaryKeyConstraint("group_key", "user_key"),
        Index("groups_of_user", "user_key", "group_key"),
        sqlite_with_rowid=False,
        **MYSQL,
    )


def _create_roles() -> None:
    op.create_table(
        "roles",
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

    op.create_table(
        "role_users",
        reference("role_key"),
        reference("user_key"),
        PrimaryKeyConstraint("user_key", "role_key"),
        Index("users_of_role", "role_key"),
        sqlite_with_rowid=False,
        **MYSQL,
    )

    op.create_table(
        "role_groups",
        reference("role_key"),
        reference("group_key"),
        PrimaryKeyConstraint("group_key", "role_key"),
        Index("groups_of_role", "role_key"),
        sqlite_with_rowid=False,
        **MYSQL,
    )

    op.create_table(
        "grants",
        key("grant_key"),
        reference("role_key"),
        required("resource_type", short_text(32)),
        required("resource_key", number),
        required("permission", SmallInteger),
        UniqueConstraint("role_key", "resource_type", "resource_key"),
        Index("grants_on_resource", "resource_type", "resource_key"),
        **MYSQL,
    )


def _create_proofs() -> None:
    op.create_table(
        "tokens",
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

    op.create_table(
        "token_resources",
        reference("token_key"),
        required("resource_type", short_text(32)),
        required("resource_key", number),
        PrimaryKeyConstraint("token_key", "resource_type", "resource_key"),
        sqlite_with_rowid=False,
        **MYSQL,
    )

    op.create_table(
        "sessions",
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


def _create_sign_ins() -> None:
    op.create_table(
        "sign_in_failures",
        required("subject_hash", short_text(64)),
        required("failures", number),
        required("last_failure_time", number),
        required("locked_until", number),
        PrimaryKeyConstraint("subject_hash"),
        Index("failures_by_time", "last_failure_time"),
        sqlite_with_rowid=False,
        **MYSQL,
    )

    op.create_table(
        "administrator_links",
        required("secret_hash", short_text(64)),
        required("expiration_time", number),
        PrimaryKeyConstraint("secret_hash"),
        sqlite_with_rowid=False,
        **MYSQL,
    )


def _create_audit() -> None:
    op.create_table(
        "audit_events",
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

    op.create_table(
        "audit_chain",
        Column("chain_key", number, primary_key=True, autoincrement=False),
        required("sequence", number),
        required("hash", short_text(64)),
        **MYSQL,
    )
    op.execute(f"INSERT INTO audit_chain VALUES (1, 0, '{_FIRST_HASH}')")
