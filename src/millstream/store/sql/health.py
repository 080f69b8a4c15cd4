"""How a database is doing: its size, what waits to be written, how much there is."""

from __future__ import annotations

from millstream.entities.server_status import DatabaseStatus
from millstream.store.health import Counts
from millstream.store.sql.connections import SCHEMA_VERSION
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.reader import Reader

_SIZE: dict[DialectName, str] = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
    "mysql": (
        "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables "
        "WHERE table_schema = DATABASE()"
    ),
}
_COUNTS = """
SELECT (SELECT COUNT(*) FROM experiments),
    (SELECT COUNT(*) FROM runs),
    (SELECT COUNT(*) FROM registered_models),
    (SELECT COUNT(*) FROM model_versions),
    (SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'PENDING'),
    (SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'DEAD')
"""


class SqlHealth:
    """The health of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def database(self) -> DatabaseStatus:
        """Kind, size and schema of the database, and the writes that wait in this process."""
        dialect = self._database.dialect.name
        size = self._database.read(_size)
        return DatabaseStatus(dialect, size, SCHEMA_VERSION, self._database.waiting_writes)

    def counts(self) -> Counts:
        """How much there is of everything."""
        return self._database.read(_counts)


def _size(reader: Reader) -> int:
    return int(reader.execute(_SIZE[reader.dialect.name])[0][0])


def _counts(reader: Reader) -> Counts:
    return Counts(*map(int, reader.execute(_COUNTS)[0]))
