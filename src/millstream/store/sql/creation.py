"""What a new database contains, and how to tell our databases from those of others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from millstream.entities.audit_events import FIRST_HASH
from millstream.errors import InvalidState
from millstream.store.sql.address import Target
from millstream.store.sql.connections import SCHEMA_VERSION, Connection

VERSION_TABLE = "millstream_schema"
MIGRATIONS_TABLE = "millstream_migrations"

_INSERT_DEFAULT = """
INSERT INTO experiments
(experiment_key, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
VALUES (0, 'Default', './0', 'active', ?, ?)
"""
_INSERT_WORKSPACE = """
INSERT INTO workspaces (name, description, creation_time, last_update_time)
VALUES ('default', 'What is in no other workspace', ?, ?)
"""
_INSERT_POLICY = "INSERT INTO stage_policies (policy) VALUES (NULL)"
_INSERT_CHAIN = "INSERT INTO audit_chain (chain_key, sequence, hash) VALUES (1, 0, ?)"
_INSERT_VERSION = "INSERT INTO millstream_schema (version) VALUES (?)"
_SELECT_VERSION = "SELECT version FROM millstream_schema"


def create_tables(
    connection: Connection, now: int, replacements: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Run the generated statements; the version row comes last, so it says "complete".

    `replacements` are words that this server spells otherwise.
    """
    for statement in statements(connection.dialect.name):
        connection.run(_replaced(statement, replacements))
    connection.run(_INSERT_DEFAULT, (now, now))
    connection.run(_INSERT_WORKSPACE, (now, now))
    connection.run(_INSERT_POLICY)
    connection.run(_INSERT_CHAIN, (FIRST_HASH,))
    connection.run(_INSERT_VERSION, (SCHEMA_VERSION,))


def _replaced(statement: str, replacements: Mapping[str, str]) -> str:
    for word, better in replacements.items():
        statement = statement.replace(word, better)
    return statement


def statements(dialect_name: str) -> list[str]:
    """The generated statements that create the tables in a database of this dialect."""
    path = Path(__file__).with_name("ddl") / f"{dialect_name}.sql"
    text = path.read_text(encoding="utf-8")
    return [statement for part in text.split(";\n") if (statement := part.strip())]


def needs_tables(tables: Collection[str], target: Target) -> bool:
    """Whether a database with these tables is empty; one of somebody else raises."""
    if VERSION_TABLE in tables:
        return False
    if not tables:
        return True
    raise foreign(target, tables)


def foreign(target: Target, tables: Collection[str]) -> InvalidState:
    """The refusal of a database that has tables, but not ours."""
    found = ", ".join(sorted(tables)[:6]) + (", …" if len(tables) > 6 else "")
    found = f"tables {found}" if found else "by its mark or its log, since it has no tables"
    if "alembic_version" in tables and "experiments" in tables:
        return InvalidState(
            f"{target.shown} is an MLflow database ({found}). It was left untouched. "
            f"To bring its contents into Millstream run: millstream import {target.shown}"
        )
    return InvalidState(
        f"{target.shown} belongs to something else ({found}). It was left untouched. "
        f"Name an empty database; if an MLflow wrote this one, run: "
        f"millstream import {target.shown}"
    )


def version(connection: Connection) -> int:
    """The version of the schema; 0 if its creation was cut short."""
    rows = connection.execute(_SELECT_VERSION)
    return int(rows[0][0]) if rows else 0


def check_version(found: int, target: Target) -> None:
    """Refuse a database whose schema is newer or older than this program's."""
    if found > SCHEMA_VERSION:
        raise InvalidState(
            f"{target.shown} has schema version {found}, but this Millstream knows only up to "
            f"{SCHEMA_VERSION}. Install a Millstream that knows schema version {found}."
        )
    if found < SCHEMA_VERSION:
        raise InvalidState(
            f"{target.shown} has schema version {found}, but this Millstream needs "
            f"{SCHEMA_VERSION}. Take a backup, then run: millstream db upgrade {target.shown}"
        )
