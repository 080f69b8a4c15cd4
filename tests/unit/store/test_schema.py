"""The generated statements are those of the schema, on every database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from millstream.store.sql.database import Database
from millstream.store.sql.schema import metadata
from millstream.testing.databases import KINDS, empty_database

ROOT = Path(__file__).parents[3]
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}


def test_generating_again_changes_nothing() -> None:
    script = ROOT / "scripts" / "generate.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_database_is_the_schema(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        Database(uri).close()
        engine = create_engine(f"{DRIVERS[kind]}://{uri.partition('://')[2]}")
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()
