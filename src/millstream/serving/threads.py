"""The threads that a model is loaded and predicts on."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any

Call = Callable[[], Any]


class ModelThreads:
    """A few threads of a model's own, since libraries keep things by thread.

    They are daemons: a prediction that never ends must not keep the process from ending, as the
    threads of an executor would.
    """

    def __init__(self, name: str, number: int = 1) -> None:
        self._calls: queue.SimpleQueue[
            tuple[Call, Callable[[Any, BaseException | None], None]] | None
        ]
        self._calls = queue.SimpleQueue()
        self._number = number
        for index in range(number):
            threading.Thread(target=self._work, name=f"{name}-{index}", daemon=True).start()

    def run(self, call: Call, done: Callable[[Any, BaseException | None], None]) -> None:
        """Call it on a thread; the loop of the caller is told the outcome or the error."""
        loop = asyncio.get_running_loop()

        def tell(outcome: Any, error: BaseException | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
                loop.call_soon_threadsafe(done, outcome, error)

        self._calls.put((call, tell))

    async def call(self, call: Call) -> Any:
        """What a call on a thread gives or raises."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def done(outcome: Any, error: BaseException | None) -> None:
            if future.done():  # who asked waits no longer
                return
            if error is None:
                future.set_result(outcome)
            else:
                future.set_exception(error)

        self.run(call, done)
        return await future

    def end(self) -> None:
        """Let the threads end after the calls that were handed over; there are no more after it."""
        for _ in range(self._number):
            self._calls.put(None)

    def _work(self) -> None:
        while (handed := self._calls.get()) is not None:
            call, tell = handed
            del handed
            outcome: Any = None
            error: BaseException | None = None
            try:
                outcome = call()
            except StopIteration as caught:  # which no task can be told
                error = RuntimeError(f"the call raised {caught!r}")
            except BaseException as caught:  # noqa: BLE001  # SystemExit too is the caller's to judge
                error = caught
            tell(outcome, error)
            del call, tell, outcome, error  # they may be large, and the next may be far
