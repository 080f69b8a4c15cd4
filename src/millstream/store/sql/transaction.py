"""What an operation may do inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from millstream.store.news import Change
from millstream.store.sql.confinement import WHOLE, Workspace
from millstream.store.sql.connections import Connection, Contended, Row, Taken
from millstream.store.sql.dialect import Dialect, per_dialect
from millstream.store.sql.keys import KeyNames
from millstream.store.sql.partners import Partners, Rows

_SELECT_ID = 'SELECT key_id FROM "keys" WHERE name = ?'
_INSERT_KEY = per_dialect(lambda dialect: dialect.insert_new("keys", "name", "name"))


class Transaction:
    """The open transaction, as one operation sees it.

    What it writes is undone if the operation raises. It lives on the writer's thread only. `alone`
    says that no other operation takes part. `workspace` is what the operation of the moment is
    about.
    """

    __slots__ = (
        "_alone",
        "_insert_key",
        "_known",
        "_new_keys",
        "_own_keys",
        "_partners",
        "changes",
        "connection",
        "dialect",
        "news",
        "workspace",
    )

    def __init__(
        self,
        connection: Connection,
        known: KeyNames,
        partners: Partners,
        *,
        alone: bool = True,
    ) -> None:
        self.connection = connection
        self._alone = alone
        self.dialect: Dialect = connection.dialect
        self._known = known
        self._partners = partners
        self.workspace: Workspace = WHOLE
        self._insert_key = _INSERT_KEY[connection.dialect.name]
        self._new_keys: dict[str, int] = {}
        self._own_keys: dict[str, int] = {}
        self.news: set[str] = set()
        self.changes: set[Change] = set()

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

    def lock(self, select: str, params: Sequence[Any]) -> list[Row]:
        """Run a SELECT and keep its rows locked until the end.

        An operation among others never waits here, since two transactions that each hold what the
        other wants would wait for ever: it raises `Taken`, and the writer begins it again alone.
        """
        if self._alone:
            return self.connection.execute(f"{select} {self.dialect.for_update}", params)
        try:
            return self.connection.execute(f"{select} {self.dialect.for_update_at_once}", params)
        except Contended as error:
            raise Taken(f"A row is locked by another transaction: {error}") from error

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement and count the rows that it changed."""
        return self.connection.run(sql, params)

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a statement for each row of parameters and count the rows that were changed."""
        return self.connection.run_many(sql, rows)

    def insert(self, sql: str, params: Sequence[Any], key: str) -> int:
        """Insert one row and return the integer that the database chose as its `key`."""
        return self.connection.insert(sql, params, key)

    def key_id(self, name: str) -> int | None:
        """The number of a name, or None if it has none yet."""
        known = self._known.ids.get(name) or self._own_keys.get(name) or self._new_keys.get(name)
        if known is not None:
            return known
        rows = self.connection.execute(_SELECT_ID, (name,))
        if not rows:
            return None
        self._own_keys[name] = found = int(rows[0][0])
        return found

    def intern(self, name: str) -> int:
        """The number of a name, which gets one if it has none."""
        known = self._known.ids.get(name)
        if known is not None:
            return known
        found = self.key_id(name)
        if found is None:
            self.connection.run(self._insert_key, (name,))
            found = self.key_id(name)
        if found is None:
            raise KeyError(name)
        return found

    def announce(self, topic: str) -> None:
        """Tell whoever listens to a topic, once all of it is on disk; a false alarm is possible."""
        self.news.add(topic)

    def touch_run(self, run_id: str, experiment_key: int) -> None:
        """Note that a run is written to, for those who are told of changes; as `announce`."""
        self.changes.add(Change("run", run_id, str(experiment_key)))

    def touch_experiment(self, experiment_key: int) -> None:
        """Note that an experiment is written to."""
        self.changes.add(Change("experiment", str(experiment_key), str(experiment_key)))

    def touch_model(self, name: str) -> None:
        """Note that a registered model, or anything of it, is written to."""
        self.changes.add(Change("model", name, workspace=self.workspace.name))

    def keep(self) -> None:
        """The operation succeeded: what it interned may be used by its successors."""
        if self._own_keys:
            self._new_keys.update(self._own_keys)
            self._own_keys.clear()

    def forget(self) -> None:
        """The operation failed: what it interned is undone."""
        self._own_keys.clear()

    def committed(self) -> None:
        """All of it is on disk: what was interned may be used by everybody."""
        for name, key_id in self._new_keys.items():
            self._known.learn(name, key_id)


Operation = Callable[..., Any]
