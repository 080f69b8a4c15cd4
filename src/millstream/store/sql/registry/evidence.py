"""What gates have to know of files, read outside of the writer's transaction.

A change that meets a gate about files is refused with `Unanswered` by the transaction that tries
it; a thread of its own then reads the files, and the change is tried again with the evidence. A
change that meets no such gate never waits for more than the writer.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar

from millstream.errors import Conflict, LimitExceeded, MillstreamError, NotSupported
from millstream.store.model_files import ModelFiles
from millstream.store.pending import Pending
from millstream.store.sql.database import Database
from millstream.store.sql.locations import ArtifactRoot

T = TypeVar("T")

_READERS = 2
_MOST_ATTEMPTS = 5


class Question(NamedTuple):
    """One thing to know of the files at the locations: the champion's come first of two."""

    fact: Literal["size", "damage", "mismatches"]
    locations: tuple[str, ...]


Answer = int | list[str] | MillstreamError
Evidence = Mapping[Question, Answer]
"""What was read; an error stands for files that could not be."""

NO_EVIDENCE: Evidence = MappingProxyType({})


class Unanswered(MillstreamError):
    """Gates need evidence that was not given; never seen by who asked for the change."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__(f"gates need evidence about files: {list(questions)}")
        self.questions = questions


class Files:
    """Answers questions about files. `open_files` is called when the first is asked."""

    def __init__(self, root: ArtifactRoot, open_files: Callable[[], ModelFiles] | None) -> None:
        self._root = root
        self._open = open_files

    def answers(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        """Read what it takes, however long; an error about files is an answer too."""
        return {question: self._answer(question) for question in questions}

    def _answer(self, question: Question) -> Answer:
        if self._open is None:
            return NotSupported("this store was opened without access to the files of models")
        uris = [self._root.expand(location) for location in question.locations]
        ask: Callable[..., int | list[str]] = getattr(self._open(), question.fact)
        try:
            return ask(*uris)
        except MillstreamError as error:
            return error
        except OSError as error:
            return MillstreamError(f"the files at {uris[-1]} cannot be read: {error}")


class JudgedWrites:
    """Writes that gates may judge: operations take evidence as their last argument."""

    _readers: ThreadPoolExecutor | None

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files
        self._checks = threading.BoundedSemaphore(_READERS)
        self._begin()

    def write(self, operation: Callable[..., T], *arguments: Any) -> Pending[T]:
        """Hand `operation(transaction, *arguments, evidence)` over, again with what it lacked."""
        if self._process != os.getpid():
            self._begin()  # threads do not fork, nor what they were at
        outer: Pending[T] = Pending()
        with self._idle:
            self._open += 1
        outer.when_done(self._settled)
        self._try(outer, operation, arguments, NO_EVIDENCE, 1)
        return outer

    def read(self, operation: Callable[..., T], *arguments: Any) -> T:
        """The outcome of `operation(reader, *arguments, evidence)`; reads files on this thread."""
        evidence: dict[Question, Answer] = {}
        for _ in range(_MOST_ATTEMPTS):
            try:
                return self._database.read(operation, *arguments, evidence)
            except Unanswered as unanswered:
                evidence.update(self._read_now(unanswered.questions))
        raise _moving()

    def _read_now(self, questions: Sequence[Question]) -> dict[Question, Answer]:
        """On the thread of who asks, of which a server has few: so not on many at once."""
        if not self._checks.acquire(blocking=False):
            raise LimitExceeded(
                f"{_READERS} checks that read files are running already. Try again in a moment."
            )
        try:
            return self._files.answers(questions)
        finally:
            self._checks.release()

    def close(self) -> None:
        """Wait for all changes that were handed over. Idempotent."""
        if self._process != os.getpid():
            return
        with self._idle:
            self._idle.wait_for(lambda: self._open == 0)
            readers, self._readers = self._readers, None
        if readers is not None:
            readers.shutdown(wait=True)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._idle = threading.Condition()
        self._open = 0
        self._readers = None

    def _settled(self, _: Pending[Any]) -> None:
        with self._idle:
            self._open -= 1
            self._idle.notify_all()

    def _try(
        self,
        outer: Pending[T],
        operation: Callable[..., T],
        arguments: tuple[Any, ...],
        evidence: Evidence,
        attempt: int,
    ) -> None:
        def settle(inner: Pending[T]) -> None:
            try:
                value = inner.result()
            except Unanswered as unanswered:
                if attempt == _MOST_ATTEMPTS:
                    outer.fail(_moving())
                    return
                self._read_for(unanswered.questions, again, outer)
            except BaseException as error:  # noqa: BLE001  # whatever it is, it is told to who waits
                outer.fail(error)
            else:
                outer.succeed(value)

        def again(answers: Mapping[Question, Answer]) -> None:
            self._try(outer, operation, arguments, {**evidence, **answers}, attempt + 1)

        try:
            self._database.write(operation, *arguments, evidence).when_done(settle)
        except MillstreamError as error:  # the store is closed
            outer.fail(error)

    def _read_for(
        self,
        questions: Sequence[Question],
        again: Callable[[Mapping[Question, Answer]], None],
        outer: Pending[Any],
    ) -> None:
        def read() -> None:
            try:
                again(self._files.answers(questions))
            except BaseException as error:  # noqa: BLE001  # whatever it is, it is told to who waits
                outer.fail(error)

        with self._idle:
            if self._readers is None:
                self._readers = ThreadPoolExecutor(_READERS, "model-files")
            self._readers.submit(read)


def _moving() -> Conflict:
    return Conflict(
        "The gates could not be checked: what they compare with was moved again and again while "
        "files were read. Try again."
    )
