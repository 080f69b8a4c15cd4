"""News from the writer's thread to the event loop, many at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Any

from millstream.store.pending import Pending


class Courier:
    """Lets tasks wait for writes. However many were committed together, the loop is woken once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._settled: deque[asyncio.Future[None]] = deque()
        self._called = False

    async def wait(self, pending: Pending[Any]) -> None:
        """Return when the outcome of a write is known."""
        if pending.done:
            return
        future: asyncio.Future[None] = self.loop.create_future()
        pending.when_done(lambda _: self._settle(future))
        await future

    def _settle(self, future: asyncio.Future[None]) -> None:
        """On the writer's thread. A future that is queued after `_deliver` looked calls again."""
        self._settled.append(future)
        if not self._called:
            self._called = True
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
                self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._called = False
        while self._settled:
            future = self._settled.popleft()
            if not future.done():
                future.set_result(None)
