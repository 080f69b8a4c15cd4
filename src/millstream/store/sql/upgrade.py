"""Bringing an older database to this program's schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, inspect, select, text, update
from sqlalchemy.engine import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError

from millstream.errors import Unavailable
from millstream.store.sql import address, creation, metric_blocks
from millstream.store.sql.connections import SCHEMA_VERSION
from millstream.store.sql.database import Database, load_driver
from millstream.store.sql.schema import millstream_schema

_FIRST_WITH_BLOCKS = 4
_PATIENCE = 600
_LOCK_POSTGRESQL = text("SELECT pg_advisory_xact_lock(1296847733)")
# Its names count for the whole server, and may have 64 signs.
_LOCK_MYSQL = text(f"SELECT GET_LOCK(CONCAT('millstream-', MD5(DATABASE())), {_PATIENCE})")
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
}


def upgrade(uri: str) -> tuple[int, int]:
    """Migrate the database; returns the version before and after.

    An empty database gets the newest schema, a foreign one is refused. A database with a schema
    newer than this program's is refused too. Of several that migrate it at once one does, and the
    others wait and find it done.
    """
    target = address.parse(uri)
    before = load_driver(target.dialect).prepare(target)
    if before >= SCHEMA_VERSION:
        creation.check_version(before, target)
        return before, before
    engine = create_engine(f"{_DRIVERS[target.dialect]}://{uri.partition('://')[2]}")
    if target.dialect == "sqlite":
        _make_transactional(engine)
    try:
        with engine.begin() as connection:
            _be_alone(connection, target.dialect)
            before = connection.scalar(select(millstream_schema.c.version)) or 0
            if before < SCHEMA_VERSION:
                _migrate(connection, before)
    except SQLAlchemyError as error:
        raise Unavailable(f"The migration of {target.shown} failed: {error}") from error
    finally:
        engine.dispose()
    if before < _FIRST_WITH_BLOCKS:
        database = Database(uri)
        metric_blocks.summarise_all(database)
        database.close()
    return before, SCHEMA_VERSION


def _be_alone(connection: Connection, dialect: str) -> None:
    """Wait until nobody else migrates. Whoever may write into SQLite is alone anyway."""
    if dialect == "postgresql":
        connection.execute(_LOCK_POSTGRESQL)  # until the transaction ends
    # A change of the schema ends MySQL's transaction, so this lock lasts as long as the connection.
    if dialect == "mysql" and connection.scalar(_LOCK_MYSQL) != 1:
        raise Unavailable(f"Another program has been migrating this database for {_PATIENCE} s.")


def _migrate(connection: Connection, before: int) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if before and not inspect(connection).has_table(creation.MIGRATIONS_TABLE):
        command.stamp(config, f"{before:04}")
    command.upgrade(config, "head")
    connection.execute(update(millstream_schema).values(version=SCHEMA_VERSION))


def _make_transactional(engine: Engine) -> None:
    """Python's sqlite3 would commit before each CREATE; a migration is whole or nothing."""

    @event.listens_for(engine, "connect")
    def _stop_committing(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
