"""What changes in a database: by this process exactly, by others as far as the database tells."""

from __future__ import annotations

from collections.abc import Callable, Collection

from millstream.store.news import Change
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import DialectName
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_POSITION: dict[DialectName, str] = {
    "postgresql": "SELECT CAST(pg_current_wal_insert_lsn() AS text)",
    "mysql": "SHOW GLOBAL STATUS WHERE variable_name = 'Com_commit'",
}


class SqlNews:
    """The news of a database.

    SQLite tells the connection that writes whether any other has written, so that the answer is
    certain. The others have a position that every write anywhere moves, our own included: it tells
    of others if this process has written nothing meanwhile.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: object = None
        self._commits = 0

    def when_changed(self, call: Callable[[Collection[Change]], None]) -> None:
        """Call, on the writer's thread, after each commit of this process; it must not wait."""
        self._database.when_changed(call)

    def look_elsewhere(self) -> bool | None:
        """Whether other processes have changed anything since the last look; None: maybe."""
        if self._database.dialect.name == "sqlite":
            found: object = self._database.write(_data_version).result()
            wrote = False
        else:
            commits = self._database.commits
            found = self._database.read(_position)
            wrote, self._commits = commits != self._commits, commits
        seen, self._seen = self._seen, found
        if seen in (None, found):
            return False
        return None if wrote else True


def _data_version(transaction: Transaction) -> tuple[int, int]:
    """It counts the commits of others, as one connection sees them: a new one counts anew."""
    version = transaction.execute("PRAGMA data_version")[0][0]
    return id(transaction.connection), int(version)


def _position(reader: Reader) -> str:
    return str(reader.execute(_POSITION[reader.dialect.name])[0][-1])
