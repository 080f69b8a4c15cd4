"""The answer to a write that the writer has not committed yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Pending(Generic[T]):
    """A write that was handed over: wait for it with `result`, or be told with `when_done`.

    It is settled exactly once, by `succeed` or `fail`. Everything here may be called from any
    thread; callbacks run on the thread that settles (or at once if that has happened).
    """

    __slots__ = ("_callbacks", "_done", "_error", "_lock", "_value", "_waiter")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiter: threading.Lock | None = None
        self._callbacks: list[Callable[[Pending[T]], None]] = []
        self._done = False
        self._value: T | None = None
        self._error: BaseException | None = None

    @classmethod
    def settled(cls, value: T) -> Pending[T]:
        """An answer that is known already."""
        pending: Pending[T] = cls()
        pending._done = True
        pending._value = value
        return pending

    @property
    def done(self) -> bool:
        """Whether the answer is known."""
        return self._done

    @property
    def error(self) -> BaseException | None:
        """What went wrong; None as long as nothing is known to have."""
        return self._error

    def succeed(self, value: T) -> None:
        """Settle with an answer."""
        self._value = value
        self._settle()

    def fail(self, error: BaseException) -> None:
        """Settle with an error, which `result` raises."""
        self._error = error
        self._settle()

    def result(self, timeout: float | None = None) -> T:
        """Wait for the answer, at most `timeout` seconds; TimeoutError after that."""
        if not self._done:
            self._wait(timeout)
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # settled, so it is a T

    def when_done(self, callback: Callable[[Pending[T]], None]) -> None:
        """Call back once with this object when the answer is known."""
        with self._lock:
            if not self._done:
                self._callbacks.append(callback)
                return
        callback(self)

    def _wait(self, timeout: float | None) -> None:
        with self._lock:
            if self._done:
                return
            if self._waiter is None:
                self._waiter = threading.Lock()
                self._waiter.acquire()
            waiter = self._waiter
        if not waiter.acquire(timeout=-1 if timeout is None else timeout):
            raise TimeoutError(f"the write was not committed within {timeout:.3g} s")
        waiter.release()

    def _settle(self) -> None:
        with self._lock:
            self._done = True
            callbacks, self._callbacks = self._callbacks, []
            if self._waiter is not None:
                self._waiter.release()
        for callback in callbacks:
            callback(self)
