"""Version 3: versions by number, creation and place, events by user, models by run; views."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from millstream.store.sql.columns import MYSQL, key, number, required, short_text, text
from millstream.store.sql.locations import place

revision = "0003"
down_revision = "0002"

_HEAD_LENGTH = 64
_FILL = f"UPDATE model_versions SET storage_head = SUBSTR(storage_location, 1, {_HEAD_LENGTH})"
_SELECT_UNUSUAL = """
SELECT version_key, storage_location FROM model_versions
WHERE storage_location LIKE '%/' OR storage_location LIKE '%?%'
OR storage_location LIKE '%/./%' OR storage_location LIKE 'file:%'
OR storage_location LIKE 'mlflow-artifacts:%'
OR storage_location LIKE '%//%'
AND (storage_location NOT LIKE '%://%' OR storage_location LIKE '%//%//%')
"""
_FILL_ONE = "UPDATE model_versions SET storage_head = :head WHERE version_key = :version_key"


def upgrade() -> None:
    """Add a column that an index can hold of the place of a version's files, and indexes."""
    head = sa.Column("storage_head", short_text(_HEAD_LENGTH), nullable=False, server_default="")
    op.add_column("model_versions", head)
    op.execute(_FILL)
    _fill_unusual(op.get_bind())
    op.create_index("versions_by_storage", "model_versions", ["current_stage", "storage_head"])
    newest = sa.text("last_updated_timestamp DESC")
    op.drop_index("versions_by_creation", "model_versions")
    op.create_index(
        "versions_by_creation",
        "model_versions",
        [sa.text("creation_timestamp DESC"), newest, "name", sa.text("version DESC")],
    )
    op.create_index("versions_by_number", "model_versions", ["version", newest, "name"])
    op.create_index(
        "versions_by_number_last_first",
        "model_versions",
        [sa.text("version DESC"), newest, "name"],
    )
    op.create_index("events_of_user", "registry_events", ["user_id", "event_key"])
    op.create_index("models_of_run", "logged_models", ["source_run_id"])
    _create_views()


def _create_views() -> None:
    op.create_table(
        "views",
        key("view_key"),
        required("view_id", short_text(32)),
        required("experiment_key", number),
        required("name", short_text(250)),
        required("address", text),
        required("is_default", sa.SmallInteger),
        required("creation_time", number),
        required("last_update_time", number),
        sa.Column("created_by", short_text(256)),
        sa.UniqueConstraint("view_id"),
        sa.UniqueConstraint("experiment_key", "name"),
        **MYSQL,
    )


def _fill_unusual(connection: sa.Connection) -> None:
    """Fill in the beginnings of locations that are not spelled as places are."""
    rows = connection.execute(sa.text(_SELECT_UNUSUAL)).all()
    heads = [{"version_key": row[0], "head": place(row[1])[:_HEAD_LENGTH]} for row in rows]
    if heads:
        connection.execute(sa.text(_FILL_ONE), heads)
