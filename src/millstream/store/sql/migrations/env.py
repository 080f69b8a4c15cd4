"""Run by Alembic: migrates on the connection that `upgrade` hands over."""

from __future__ import annotations

from alembic import context

from millstream.store.sql.creation import MIGRATIONS_TABLE
from millstream.store.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=MIGRATIONS_TABLE,
    render_as_batch=True,
)
context.run_migrations()
