"""A database: who may read it at once, and the one who writes."""

from __future__ import annotations

import importlib
import os
import threading
import weakref
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar, cast

from millstream.errors import InvalidState, NotSupported
from millstream.store.news import Change
from millstream.store.pending import Pending
from millstream.store.sql import address, creation
from millstream.store.sql.connections import Connection, Driver
from millstream.store.sql.dialect import Dialect
from millstream.store.sql.keys import KeyNames
from millstream.store.sql.partners import Elsewhere, Partners
from millstream.store.sql.pool import ReaderPool
from millstream.store.sql.reader import Reader
from millstream.store.sql.writer import Writer

T = TypeVar("T")

_MOST_READERS = 8
_DIALECTS = {name: Dialect(name) for name in ("sqlite", "postgresql", "mysql")}


class Database:
    """A prepared database. Opening creates the schema in an empty one and refuses a foreign one.

    Everything may be called from any thread. A process that is forked off starts with
    connections and a writer of its own.
    """

    def __init__(self, uri: str) -> None:
        self.target = address.parse(uri)
        self.dialect: Dialect = _DIALECTS[self.target.dialect]
        self._driver = load_driver(self.target.dialect)
        creation.check_version(self._driver.prepare(self.target), self.target)
        self._known = KeyNames()
        self.partners = Partners()
        self._closed = False
        self._abandoned: list[Any] = []
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self._followers: list[Callable[[Collection[Change]], None]] = []
        self._lock = threading.Lock()
        self._writer: Writer | None = None
        self._readers = ReaderPool(self._open_reader, _MOST_READERS)
        _open_databases.add(self)

    def read(self, operation: Callable[..., T], *arguments: Any) -> T:
        """Call `operation(reader, *arguments)`; a connection that died is replaced once."""
        return self._readers.read(operation, *arguments)

    def reader(self) -> AbstractContextManager[Reader]:
        """A reader for a `with` block."""
        return self._readers.lent()

    def own_reader(self) -> AbstractContextManager[Reader]:
        """A reader on a connection of its own, for what reads slowly."""
        return self._reading_alone()

    @contextmanager
    def _reading_alone(self) -> Iterator[Reader]:
        reader = self._open_reader()
        try:
            yield reader
        finally:
            reader.connection.close()

    def write(self, operation: Callable[..., T], *arguments: Any) -> Pending[T]:
        """Hand `operation(transaction, *arguments)` to the writer."""
        writer = self._writer or self._start_writer()
        return writer.submit(operation, arguments)

    @property
    def waiting_writes(self) -> int:
        """How many operations were handed over that the writer has not begun."""
        writer = self._writer
        return 0 if writer is None else writer.waiting

    @property
    def commits(self) -> int:
        """How many transactions this process has committed."""
        writer = self._writer
        return 0 if writer is None else writer.commits

    def when_announced(self, topic: str, call: Callable[[], None]) -> None:
        """Call, on the writer's thread, after each commit of what was announced to a topic."""
        self._listeners.setdefault(topic, []).append(call)

    def when_changed(self, call: Callable[[Collection[Change]], None]) -> None:
        """Call, on the writer's thread, after each commit with what it wrote to."""
        self._followers.append(call)

    def keep_registry_in(self, registry: Database) -> None:
        """Let the registry's tables of that database count, and here those of tracking."""
        self.partners.registry = Elsewhere(registry)
        registry.partners.tracking = Elsewhere(self)

    def close(self) -> None:
        """Commit what was handed over, then release the connections. Idempotent."""
        with self._lock:
            self._closed = True
            writer, self._writer = self._writer, None
        if writer is not None:
            writer.finish()
        self._readers.close()

    def _start_writer(self) -> Writer:
        with self._lock:
            if self._closed:
                raise InvalidState("The store is closed.")
            if self._writer is None:
                self._writer = Writer(
                    self._open_writing, self._known, self.partners, self._tell, self._tell_changes
                )
            return self._writer

    def _tell(self, topic: str) -> None:
        for call in self._listeners.get(topic, ()):
            call()

    def _tell_changes(self, changes: Collection[Change]) -> None:
        for call in self._followers:
            call(changes)

    def _open_writing(self) -> Connection:
        return self._driver.connect(self.target, "write")

    def _open_reader(self) -> Reader:
        if self._closed:
            raise InvalidState("The store is closed.")
        return Reader(self._driver.connect(self.target, "read"), self._known, self.partners)

    def _after_fork(self) -> None:
        """In the child: keep the parent's connections untouched for ever, and start afresh.

        Closing them would end the parent's sessions, so they must not even be collected.
        """
        self._abandoned += [self._readers, self._writer]
        self._lock = threading.Lock()
        self._writer = None
        self._listeners = {}
        self._followers = []
        self._readers = ReaderPool(self._open_reader, _MOST_READERS)


def load_driver(dialect_name: str) -> Driver:
    """The driver module of a dialect; an absent library is named with the extra to install."""
    try:
        module = importlib.import_module(f"millstream.store.sql.drivers.{dialect_name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("millstream"):
            raise
        raise NotSupported(
            f"A {dialect_name} database needs the Python package {error.name}; "
            f"run: pip install 'millstream[{dialect_name}]'"
        ) from error
    return cast("Driver", module)


_open_databases: weakref.WeakSet[Database] = weakref.WeakSet()


def _renew_all() -> None:
    for database in list(_open_databases):
        database._after_fork()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_renew_all)
