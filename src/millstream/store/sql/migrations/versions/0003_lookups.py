"""Version 3: versions by number, creation and where their files are, events by user."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from millstream.store.sql.columns import short_text

revision = "0003"
down_revision = "0002"

_HEAD_LENGTH = 64
_FILL = f"UPDATE model_versions SET storage_head = SUBSTR(storage_location, 1, {_HEAD_LENGTH})"


def upgrade() -> None:
    """Add a column that an index can hold of the place of a version's files, and indexes."""
    head = sa.Column("storage_head", short_text(_HEAD_LENGTH), nullable=False, server_default="")
    op.add_column("model_versions", head)
    op.execute(_FILL)
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
