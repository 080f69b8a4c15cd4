"""Version 5: workspaces, within which names of experiments, models and views are unique."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from millstream.store.sql.columns import (
    MYSQL,
    key,
    number,
    required,
    short_text,
    text,
    workspace,
)

revision = "0005"
down_revision = "0004"

_NAMED = {
    "experiments": ("name",),
    "registered_models": ("name",),
    "views": ("experiment_key", "name"),
}
_OTHERS = ("model_versions", "registry_events", "webhooks", "transition_requests")
_INSERT_DEFAULT = sa.text(
    "INSERT INTO workspaces (name, description, creation_time, last_update_time) "
    "VALUES ('default', 'What is in no other workspace', :now, :now)"
)


def upgrade() -> None:
    """All that is there belongs to the workspace `default`."""
    op.create_table(
        "workspaces",
        key("workspace_key"),
        required("name", short_text(64)),
        sa.Column("description", text),
        sa.Column("default_artifact_root", text),
        required("creation_time", number),
        required("last_update_time", number),
        sa.UniqueConstraint("name"),
        sqlite_autoincrement=True,  # a key used again would take what another process remembers
        **MYSQL,
    )
    connection = op.get_bind()
    connection.execute(_INSERT_DEFAULT, {"now": time.time_ns() // 1_000_000})
    for table in _OTHERS:
        op.add_column(table, workspace())
    if connection.dialect.name == "sqlite":
        _rebuild("experiments", _experiments(), sqlite_autoincrement=True)
        _rebuild("registered_models", _registered_models(), sqlite_autoincrement=True)
        op.create_index(
            "registered_models_by_update", "registered_models", ["last_updated_timestamp", "name"]
        )
        _rebuild("views", _views())
    else:
        for table, unique in _NAMED.items():
            _widen(connection, table, unique)


def _widen(connection: sa.Connection, table: str, unique: Sequence[str]) -> None:
    op.add_column(table, workspace())
    op.create_unique_constraint(None, table, ["workspace", *unique])
    for constraint in sa.inspect(connection).get_unique_constraints(table):
        if constraint["column_names"] == list(unique) and constraint["name"] is not None:
            op.drop_constraint(constraint["name"], table, type_="unique")


def _rebuild(table: str, parts: Sequence[Any], **options: Any) -> None:
    """SQLite cannot change a constraint: the few rows move to a new table, which takes the name.

    The end of the keys that were given moves too, so that none is given twice.
    """
    names = ", ".join(
        part.name for part in parts if isinstance(part, sa.Column) and part.name != "workspace"
    )
    op.create_table("rebuilt", *parts, **options)
    op.execute(f"INSERT INTO rebuilt ({names}) SELECT {names} FROM {table}")
    if options:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'rebuilt'")
        op.execute(f"UPDATE sqlite_sequence SET name = 'rebuilt' WHERE name = '{table}'")
    op.execute(f"DROP TABLE {table}")
    op.rename_table("rebuilt", table)


def _experiments() -> list[Any]:
    return [
        key("experiment_key"),
        required("name", short_text(500)),
        sa.Column("artifact_location", text),
        required("lifecycle_stage", short_text(10)),
        sa.Column("creation_time", number),
        sa.Column("last_update_time", number),
        workspace(),
        sa.UniqueConstraint("workspace", "name"),
    ]


def _registered_models() -> list[Any]:
    return [
        key("registered_model_key"),
        required("name", short_text(500)),
        sa.Column("description", text),
        required("creation_timestamp", number),
        required("last_updated_timestamp", number),
        required("last_version", number),
        workspace(),
        sa.UniqueConstraint("workspace", "name"),
    ]


def _views() -> list[Any]:
    return [
        key("view_key"),
        required("view_id", short_text(32)),
        required("experiment_key", number),
        required("name", short_text(250)),
        required("address", text),
        required("is_default", sa.SmallInteger),
        required("creation_time", number),
        required("last_update_time", number),
        sa.Column("created_by", short_text(256)),
        workspace(),
        sa.UniqueConstraint("view_id"),
        sa.UniqueConstraint("workspace", "experiment_key", "name"),
    ]
