"""Version 7: the record of deployments."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, UniqueConstraint

from millstream.store.sql.columns import (
    MYSQL,
    key,
    number,
    reference,
    required,
    short_text,
    text,
    workspace,
)

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables, which are empty."""
    _create_slots()
    _create_deployments()


def _create_slots() -> None:
    op.create_table(
        "deployment_slots",
        key("slot_key"),
        required("digest", short_text(64)),
        required("target", text),
        required("name", short_text(250)),
        required("endpoint", short_text(250)),
        required("last_revision", number),
        workspace(),
        UniqueConstraint("workspace", "digest"),
        **MYSQL,
    )
    op.create_index("slots_by_name", "deployment_slots", ["name"])


def _create_deployments() -> None:
    op.create_table(
        "deployments",
        key("deployment_key"),
        required("deployment_id", short_text(32)),
        reference("slot_key"),
        required("revision", number),
        required("state", short_text(16)),
        required("creation_time", number),
        Column("end_time", number),
        required("registered_model_key", number),
        required("experiment_key", number),
        required("model_uri", text),
        Column("model_name", short_text(500)),
        Column("model_version", number),
        Column("run_id", short_text(256)),
        Column("model_id", short_text(64)),
        Column("flavor", short_text(100)),
        Column("image", text),
        Column("image_digest", short_text(140)),
        Column("address", text),
        required("config", text),
        Column("user_id", short_text(256)),
        UniqueConstraint("deployment_id"),
        UniqueConstraint("slot_key", "revision"),
        **MYSQL,
    )
    of_model = ["registered_model_key", "model_version", "deployment_key"]
    op.create_index("deployments_of_model", "deployments", of_model)
    op.create_index("deployments_in_slot", "deployments", ["slot_key", "state"])
    op.create_index("deployments_by_state", "deployments", ["state", "deployment_key"])
