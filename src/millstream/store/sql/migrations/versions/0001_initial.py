"""Version 1, which every database has that Millstream created: there is nothing to migrate."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The tables are made by the statements in `ddl/`, never by a migration."""
