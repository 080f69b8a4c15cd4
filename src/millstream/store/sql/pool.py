"""A bounded pool of reading connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from millstream.store.sql.connections import ConnectionLost
from millstream.store.sql.reader import Reader

T = TypeVar("T")


class ReaderPool:
    """Lends readers to threads, at most `most` at a time; whoever comes too late waits."""

    def __init__(self, open_reader: Callable[[], Reader], most: int) -> None:
        self._open = open_reader
        self._most = most
        self._idle: list[Reader] = []
        self._opened = 0
        self._waiting = 0
        self._changed = threading.Condition()

    def read(self, operation: Callable[..., T], *arguments: Any) -> T:
        """Call `operation(reader, *arguments)`, once more if the connection turns out dead."""
        reader = self._borrow()
        try:
            outcome = operation(reader, *arguments)
        except ConnectionLost:
            self._discard(reader)
            return self._read_anew(operation, *arguments)
        except BaseException:
            self._give_back(reader)
            raise
        self._give_back(reader)
        return outcome

    @contextmanager
    def lent(self) -> Iterator[Reader]:
        """A reader for a `with` block, for what reads while its caller works."""
        reader = self._borrow()
        try:
            yield reader
        except ConnectionLost:
            self._discard(reader)
            raise
        except BaseException:
            self._give_back(reader)
            raise
        self._give_back(reader)

    def close(self) -> None:
        """Close the idle connections; those that are lent are closed when they come back."""
        with self._changed:
            self._most = 0
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.connection.close()

    def abandon(self) -> list[Reader]:
        """The idle readers, to be kept but never used again (after a fork)."""
        return self._idle

    def _read_anew(self, operation: Callable[..., T], *arguments: Any) -> T:
        """On a fresh connection: the other idle ones probably died with this one."""
        while self._idle:
            try:
                self._discard(self._idle.pop())
            except IndexError:
                break
        with self.lent() as reader:
            return operation(reader, *arguments)

    def _borrow(self) -> Reader:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open_or_wait()

    def _open_or_wait(self) -> Reader:
        with self._changed:
            self._waiting += 1
            try:
                while self._opened >= self._most > 0:
                    if self._idle:
                        return self._idle.pop()
                    self._changed.wait()
                self._opened += 1
            finally:
                self._waiting -= 1
        try:
            return self._open()
        except BaseException:
            self._one_less()
            raise

    def _give_back(self, reader: Reader) -> None:
        if self._most == 0:
            reader.connection.close()
            return
        self._idle.append(reader)
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def _discard(self, reader: Reader) -> None:
        reader.connection.close()
        self._one_less()

    def _one_less(self) -> None:
        with self._changed:
            self._opened -= 1
            self._changed.notify()
