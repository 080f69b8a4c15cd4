"""The single writer: whatever has queued up becomes one transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from queue import Empty, SimpleQueue
from typing import Any

from millstream.errors import InvalidState, MillstreamError, Unavailable
from millstream.store.news import Change
from millstream.store.pending import Pending
from millstream.store.sql.connections import Connection, ConnectionLost, Contended, Taken
from millstream.store.sql.keys import KeyNames
from millstream.store.sql.partners import Partners
from millstream.store.sql.transaction import Operation, Transaction

_MOST_TOGETHER = 256
_RETRY_AFTER = (0.02, 0.1, 0.3, 1.0, 2.0)

Job = tuple[Pending[Any], Operation, tuple[Any, ...]]


class _CommitFailed(Exception):
    """The commit was under way when it failed, so nobody knows whether it happened."""


class Writer:
    """A thread with a connection of its own, which applies operations in the order they came.

    Each operation runs under its own savepoint, so that one that fails leaves its neighbours
    alone. The answers are given after the commit, and `tell` is called with what was announced,
    `tell_changes` with what was written to. `commits` counts the transactions.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        known: KeyNames,
        partners: Partners,
        tell: Callable[[str], None] = lambda _: None,
        tell_changes: Callable[[Collection[Change]], None] = lambda _: None,
    ) -> None:
        self._connect = connect
        self._known = known
        self._partners = partners
        self._tell = tell
        self._tell_changes = tell_changes
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._connection: Connection | None = None
        self._ended = False
        self.commits = 0
        self._thread = threading.Thread(target=self._work, name="millstream-writer", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            raise Unavailable(f"the database cannot be written to: {error}") from error

    @property
    def waiting(self) -> int:
        """How many operations were handed over and not begun."""
        return self._queue.qsize()

    def submit(self, operation: Operation, arguments: tuple[Any, ...]) -> Pending[Any]:
        """Hand over an operation, which is called with a `Transaction` and the arguments."""
        pending: Pending[Any] = Pending()
        self._queue.put((pending, operation, arguments))
        if self._ended:
            self._refuse_late_jobs()
        return pending

    def finish(self) -> None:
        """Apply what was handed over, then end."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        queue = self._queue
        finished = False
        while not finished:
            jobs = [queue.get()]
            jobs += [queue.get() for _ in range(min(queue.qsize(), _MOST_TOGETHER - 1))]
            finished = None in jobs
            batch = [job for job in jobs if job is not None]
            if batch:
                self._settle(batch)
        self._drop_connection()
        self._ended = True
        self._refuse_late_jobs()

    def _refuse_late_jobs(self) -> None:
        while True:
            try:
                job = self._queue.get_nowait()
            except Empty:
                return
            if job is not None:
                job[0].fail(InvalidState("The store is closed."))

    def _settle(self, batch: list[Job]) -> None:
        """Apply all jobs; those that get into others' way are applied alone, in their place."""
        while batch:
            batch = batch[self._settle_together(batch) :]
            if batch:
                batch = batch[self._settle_together(batch[:1]) :]

    def _settle_together(self, batch: list[Job]) -> int:
        """Apply jobs in one transaction and answer them; the number of those that were applied."""
        try:
            outcomes = self._apply_until_committed(batch)
        except MillstreamError as error:
            outcomes = [error] * len(batch)
        for (pending, _, _), outcome in zip(batch, outcomes, strict=False):
            if isinstance(outcome, MillstreamError):
                pending.fail(outcome)
            else:
                pending.succeed(outcome)
        return len(outcomes)

    def _apply_until_committed(self, batch: list[Job]) -> list[Any]:
        """Try again while it is certain that nothing was committed.

        The outcomes of the first jobs, which may be fewer than all: then the next has to be alone.
        """
        for pause in _RETRY_AFTER:
            try:
                return self._apply(batch)
            except (ConnectionLost, Contended) as error:
                self._drop_connection()
                if len(batch) > 1 and isinstance(error, Contended):
                    return []
                time.sleep(pause)
        return self._apply(batch)

    def _apply(self, batch: list[Job]) -> list[Any]:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        try:
            connection.begin()
            transaction = Transaction(
                connection, self._known, self._partners, alone=len(batch) == 1
            )
            if len(batch) == 1:
                outcomes = [self._perform_alone(transaction, batch[0])]
            else:
                outcomes = _perform_in_turn(transaction, batch)
            _commit(connection)
        except _CommitFailed as failed:
            self._drop_connection()
            raise Unavailable(
                f"The database failed while committing, so the write may or may not have "
                f"happened: {failed}"
            ) from failed
        except BaseException:
            self._drop_connection_unless_undone(connection)
            raise
        self.commits += 1
        transaction.committed()
        for topic in transaction.news:
            self._tell(topic)
        if transaction.changes:
            self._tell_changes(transaction.changes)
        return outcomes

    def _perform_alone(self, transaction: Transaction, job: Job) -> Any:
        """Without a savepoint: if the only operation fails, the transaction is left empty."""
        try:
            outcome = job[1](transaction, *job[2])
        except (ConnectionLost, Contended):
            raise
        except Exception as error:  # noqa: BLE001  # the writer has to survive any operation
            transaction.forget()
            transaction.connection.rollback()
            transaction.connection.begin()
            return _as_ours(error)
        transaction.keep()
        return outcome

    def _drop_connection_unless_undone(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except MillstreamError:
            self._drop_connection()

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _perform_in_turn(transaction: Transaction, batch: list[Job]) -> list[Any]:
    """The outcomes of the jobs before the first that would have to wait for somebody's lock."""
    outcomes: list[Any] = []
    for job in batch:
        try:
            outcomes.append(_perform(transaction, job))
        except Taken:
            break
    return outcomes


def _perform(transaction: Transaction, job: Job) -> Any:
    connection = transaction.connection
    connection.run("SAVEPOINT operation")
    try:
        outcome = job[1](transaction, *job[2])
    except Taken:
        _undo(transaction)
        raise
    except (ConnectionLost, Contended):
        raise
    except Exception as error:  # noqa: BLE001  # the writer has to survive any operation
        _undo(transaction)
        return _as_ours(error)
    connection.run("RELEASE SAVEPOINT operation")
    transaction.keep()
    return outcome


def _undo(transaction: Transaction) -> None:
    """As if the operation under the savepoint had never begun."""
    transaction.forget()
    transaction.connection.run("ROLLBACK TO SAVEPOINT operation")
    transaction.connection.run("RELEASE SAVEPOINT operation")


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except Contended:
        raise
    except MillstreamError as error:
        raise _CommitFailed(str(error)) from error


def _as_ours(error: Exception) -> MillstreamError:
    if isinstance(error, MillstreamError):
        return error
    ours = MillstreamError(f"The operation failed unexpectedly: {type(error).__name__}: {error}")
    ours.__cause__ = error
    return ours
