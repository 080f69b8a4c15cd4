"""A database as whoever does not wait long for what they read sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from millstream.errors import Unavailable
from millstream.store.pending import Pending
from millstream.store.promptness import Seconds
from millstream.store.sql.database import Database
from millstream.store.sql.shared_database import SharedDatabase

T = TypeVar("T")


class PromptDatabase(SharedDatabase):
    """Its `read` raises `Unavailable` if there is no answer `within` so many seconds.

    A thread reads, so that it does not matter what it is held up by: locked tables, a server that
    is frozen, a network that is cut. That is waited for once: while a read is late, no other one
    is begun.
    """

    def __init__(self, whole: Database, within: Seconds) -> None:
        super().__init__(whole)
        self._within = within
        self._late: set[Pending[Any]] = set()

    def read(self, operation: Callable[..., T], *arguments: Any) -> T:
        """Call `operation(reader, *arguments)`; a connection that died is replaced once."""
        within = self._within()
        if within is None:
            return self.whole.read(operation, *arguments)
        if self._late:
            raise _no_answer(within)
        answer: Pending[T] = Pending()
        thread = threading.Thread(
            target=self._answer,
            args=(answer, operation, arguments),
            name="millstream-reading",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending, or there are too many
            return self.whole.read(operation, *arguments)
        try:
            return answer.result(within)
        except TimeoutError:
            self._late.add(answer)
            answer.when_done(self._late.discard)  # at once if it has come by now
            raise _no_answer(within) from None

    def _answer(
        self, answer: Pending[T], operation: Callable[..., T], arguments: tuple[Any, ...]
    ) -> None:
        try:
            found = self.whole.read(operation, *arguments)
        except BaseException as error:  # noqa: BLE001  # whoever asked gets it
            answer.fail(error)
        else:
            answer.succeed(found)


def _no_answer(within: float) -> Unavailable:
    return Unavailable(
        f"it has not answered within {within:g} s; perhaps somebody keeps its tables locked"
    )
