"""Reading: statements, and the numbers of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from millstream.store.sql.confinement import WHOLE, Workspace
from millstream.store.sql.connections import Connection, Row
from millstream.store.sql.dialect import Dialect, placeholders
from millstream.store.sql.keys import KeyNames
from millstream.store.sql.partners import Partners, Rows

_SELECT_ID = 'SELECT key_id FROM "keys" WHERE name = ?'
_SELECT_IDS = 'SELECT key_id, name FROM "keys" WHERE name IN ({})'
_SELECT_NAMES = 'SELECT key_id, name FROM "keys" WHERE key_id IN ({})'
_SLICE = 1_000


class Reader:
    """A connection that reads what is committed; used by one thread at a time.

    `workspace` is what the operation of the moment is about.
    """

    __slots__ = ("_known", "_partners", "connection", "dialect", "workspace")

    def __init__(self, connection: Connection, known: KeyNames, partners: Partners) -> None:
        self.connection = connection
        self.dialect: Dialect = connection.dialect
        self._known = known
        self._partners = partners
        self.workspace: Workspace = WHOLE

    @property
    def tracking(self) -> Rows:
        """Where the tables of runs and logged models are."""
        return self._partners.tracking or self

    @property
    def registry(self) -> Rows:
        """Where the tables of the registry are."""
        return self._partners.registry or self

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and fetch all its rows."""
        return self.connection.execute(sql, params)

    def iterate(self, sql: str, params: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """Run a statement and fetch its rows in slices of at most `size`, in constant memory."""
        return self.connection.iterate(sql, params, size)

    def key_id(self, name: str) -> int | None:
        """The number of a name, or None if nothing was ever stored under it."""
        found = self._known.ids.get(name)
        if found is not None:
            return found
        rows = self.connection.execute(_SELECT_ID, (name,))
        if not rows:
            return None
        found = int(rows[0][0])
        self._known.learn(name, found)
        return found

    def key_ids(self, names: Iterable[str]) -> dict[str, int]:
        """The numbers of those of the names under which something was ever stored."""
        wanted = set(names)
        found = {name: key_id for name in wanted if (key_id := self._known.ids.get(name))}
        missing = sorted(wanted - found.keys())
        for start in range(0, len(missing), _SLICE):
            part = missing[start : start + _SLICE]
            rows = self.connection.execute(_SELECT_IDS.format(placeholders(len(part))), part)
            for key_id, name in rows:
                found[name] = key_id
                self._known.learn(name, key_id)
        return found

    def key_names(self, key_ids: Iterable[int]) -> dict[int, str]:
        """The names of these numbers (and maybe of others)."""
        names = self._known.names
        missing = [key_id for key_id in key_ids if key_id not in names]
        if not missing:
            return names
        found = {key_id: names[key_id] for key_id in key_ids if key_id in names}
        wanted = sorted(set(missing))
        for start in range(0, len(wanted), _SLICE):
            part = wanted[start : start + _SLICE]
            rows = self.connection.execute(_SELECT_NAMES.format(placeholders(len(part))), part)
            for key_id, name in rows:
                found[key_id] = name
                self._known.learn(name, key_id)
        return found
