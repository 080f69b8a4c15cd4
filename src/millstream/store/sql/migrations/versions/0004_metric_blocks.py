"""Version 4: blocks that sum up long series, and where in a series points came late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from millstream.store.sql.columns import MYSQL, corner, number, required

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table of blocks, empty, and the column."""
    op.create_table(
        "metric_blocks",
        required("run_key", number),
        required("key_id", number),
        required("points", sa.Integer),
        *corner("first"),
        *corner("last"),
        *corner("least", may_lack=True),
        *corner("greatest", may_lack=True),
        sa.PrimaryKeyConstraint("run_key", "key_id", "last_step"),
        sqlite_with_rowid=False,
        **MYSQL,
    )
    op.add_column("latest_metrics", sa.Column("late_step", number))
