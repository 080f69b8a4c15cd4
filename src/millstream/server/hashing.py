"""The threads on which passwords are hashed, shared out fairly among those who sign in."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any

from millstream.errors import LimitExceeded

_MOST_THREADS = 4
_MOST_WAITING = 4_096


class HashingThreads:
    """Runs what hashes a password, one of each address in turn.

    So whoever tries thousands of passwords waits behind everybody else. One core is left to the
    other requests. More than 4,096 waiting raise `LimitExceeded`.
    """

    def __init__(self) -> None:
        count = max(1, min(_MOST_THREADS, (os.cpu_count() or 1) - 1))
        self._threads = ThreadPoolExecutor(count, "hashing")
        self._lock = Lock()
        self._waiting: dict[str, deque[tuple[Future[Any], Callable[[], Any]]]] = {}
        self._count = 0

    async def run(self, address: str | None, call: Callable[[], Any]) -> Any:
        """Run for somebody at an address when it is its turn; gives what the call gives."""
        future: Future[Any] = Future()
        with self._lock:
            if self._count >= _MOST_WAITING:
                raise LimitExceeded(
                    f"{self._count} sign-ins are waiting already. Try again in a few seconds; "
                    "sessions and tokens go on working."
                )
            self._count += 1
            self._waiting.setdefault(address or "", deque()).append((future, call))
        self._threads.submit(self._run_next)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let nothing more begin."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run_next(self) -> None:
        future, call = self._next()
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  # it is raised where the outcome is awaited
            future.set_exception(error)

    def _next(self) -> tuple[Future[Any], Callable[[], Any]]:
        """The first that waits at the address whose turn it is; the address goes to the end."""
        with self._lock:
            address, jobs = next(iter(self._waiting.items()))
            job = jobs.popleft()
            del self._waiting[address]
            if jobs:
                self._waiting[address] = jobs
            self._count -= 1
        return job
