"""Who predicts when: on the spot, in turn on a thread, or joined with others into a batch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, NamedTuple, Protocol

from millstream.serving import merging
from millstream.serving.batching import Gathering, Predict, answer_each, answer_together
from millstream.serving.limits import Abandoned, Overloaded, TimedOut
from millstream.serving.pace import Pace
from millstream.serving.request import Request
from millstream.serving.threads import ModelThreads

Gone = Callable[[], Awaitable[None]]
_LOG = logging.getLogger(__name__)


class Counts(Protocol):
    """Whoever counts predictions."""

    def predicted(self, requests: int, rows: int, seconds: float) -> None:
        """One prediction answered so many requests with so many rows."""


class Rules(NamedTuple):
    """What a model bears: see `ServingOptions`; `max_wait` is in seconds.

    `inline` says that fast predictions may be made on the event loop.
    """

    threads: int = 1
    timeout: float = 60.0
    max_batch: int = 0
    max_wait: float = 0.005
    max_queue: int = 1_000
    inline: bool = True


class Job:
    """A request that waits for its predictions."""

    __slots__ = ("future", "kind", "request", "since", "timer")

    def __init__(
        self, request: Request, kind: Hashable | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.request = request
        self.kind = kind
        self.future: asyncio.Future[Any] = loop.create_future()
        self.since = time.perf_counter()
        self.timer: asyncio.TimerHandle | None = None


class Scheduler:
    """Lets a model make as many predictions at a time as it bears, one unless more is said.

    Predictions that are known to be fast are made on the event loop as soon as it is their turn;
    others on the threads of the model. With batching, whatever has queued up while the model was
    busy is joined into the next prediction.
    """

    def __init__(
        self, name: str, predict: Predict, rules: Rules, threads: ModelThreads, counts: Counts
    ) -> None:
        self.name = name
        self.waiting = 0
        self.batches = rules.max_batch > 1
        self._predict = predict
        self._rules = rules
        self._threads = threads
        self._counts = counts
        self._pace = Pace()
        self._gathering = Gathering(rules.max_wait)
        self._jobs: deque[Job] = deque()
        self._busy = 0
        self._called = False
        self._timer: asyncio.TimerHandle | None = None

    async def predict(self, request: Request, gone: Gone) -> Any:
        """The predictions.

        Raises what the model raises, `TimedOut`, `Overloaded`, or `Abandoned` if `gone()` returns
        first; it is asked only if the answer may take its time.
        """
        if not self.batches and self._is_idle() and self._is_inline(request.rows):
            return self._on_the_spot(request)
        if self.waiting >= self._rules.max_queue:
            seconds = self.waiting * self._pace.seconds(request.rows)
            raise Overloaded(self.name, self.waiting, seconds)
        slow = bool(self._busy) or not self._is_inline(request.rows)
        job = self._enqueue(request, slow)
        try:
            return await (_unless_gone(job.future, gone) if slow else job.future)
        finally:
            self.waiting -= 1
            if job.timer is not None:
                job.timer.cancel()

    def give_up_batching(self, reason: str) -> None:
        """Predict each request alone from now on, and say so once."""
        if self.batches:
            self.batches = False
            _LOG.warning("Batching is off for the model '%s': %s", self.name, reason)

    def _is_idle(self) -> bool:
        """Whether there is nobody to wait for."""
        return not (self._jobs or self._busy or self._called)

    def _is_inline(self, rows: int) -> bool:
        return self._rules.inline and self._pace.is_fast(rows)

    def _on_the_spot(self, request: Request) -> Any:
        began, busy = time.perf_counter(), time.thread_time()
        predictions = self._predict(request.data, request.params)
        busy = time.thread_time() - busy
        seconds = time.perf_counter() - began
        self._pace.record(request.rows, seconds, busy, on_thread=False)
        self._counts.predicted(1, request.rows, seconds)
        return predictions

    def _enqueue(self, request: Request, slow: bool) -> Job:
        loop = asyncio.get_running_loop()
        job = Job(request, merging.kind_of(request) if self.batches else None, loop)
        if slow and self._rules.timeout:
            job.timer = loop.call_later(self._rules.timeout, _time_out, job.future)
        self._jobs.append(job)
        self.waiting += 1
        if not self._called:
            self._called = True
            # Not at once: what else has arrived by now comes first into the queue, and is joined.
            loop.call_soon(self._turn)
        return job

    def _turn(self) -> None:
        """Let the model go on with what waits, as far as it is free."""
        self._called = False
        while self._busy < self._rules.threads:
            while self._jobs and self._jobs[0].future.done():
                self._jobs.popleft()
            if not self._jobs or self._gathers():
                return
            jobs = self._take()
            requests = [job.request for job in jobs]
            if not self._busy and self._is_inline(sum(request.rows for request in requests)):
                try:
                    outcomes = self._answer(requests, on_thread=False)
                except Exception as error:  # noqa: BLE001  # it belongs to whoever waits, not here
                    outcomes = [error] * len(jobs)
                _settle(jobs, outcomes)
            else:
                self._begin(jobs, requests)

    def _gathers(self) -> bool:
        """Whether it pays to wait for more; if so, there will be another turn in time."""
        if not self.batches:
            return False
        rows = sum(job.request.rows for job in self._jobs)
        if rows >= self._rules.max_batch or self._is_inline(rows):
            return False
        first = self._jobs[0]
        pause = self._gathering.pause(len(self._jobs), first.since, self._pace.seconds(rows))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if pause > 0:
            self._timer = asyncio.get_running_loop().call_later(pause, self._turn)
        return pause > 0

    def _take(self) -> list[Job]:
        """The first job, and others that fit to it as far as a batch may go."""
        first = self._jobs.popleft()
        taken, rows, kept = [first], first.request.rows, deque[Job]()
        while self.batches and first.kind is not None and self._jobs:
            if rows >= self._rules.max_batch:
                break
            job = self._jobs.popleft()
            if job.kind == first.kind and rows + job.request.rows <= self._rules.max_batch:
                taken.append(job)
                rows += job.request.rows
            else:
                kept.append(job)
        self._jobs.extendleft(reversed(kept))
        self._gathering.took(len(taken))
        return [job for job in taken if not job.future.done()]

    def _begin(self, jobs: list[Job], requests: list[Request]) -> None:
        self._busy += 1

        def end(outcomes: Any, error: BaseException | None) -> None:
            self._busy -= 1
            self._gathering.ended()
            _settle(jobs, outcomes if error is None else [error] * len(jobs))
            if not self._called:
                self._turn()

        self._threads.run(lambda: self._answer(requests, on_thread=True), end)

    def _answer(self, requests: list[Request], *, on_thread: bool) -> list[Any]:
        """Predictions or an error for each request."""
        began, busy = time.perf_counter(), time.thread_time()
        try:
            outcomes = answer_together(self._predict, requests)
        except merging.Unsplittable as error:
            self.give_up_batching(error.message)
            outcomes = answer_each(self._predict, requests)
        rows = sum(request.rows for request in requests)
        busy = time.thread_time() - busy
        seconds = time.perf_counter() - began
        self._pace.record(rows, seconds, busy, on_thread=on_thread)
        self._counts.predicted(len(requests), rows, seconds)
        return outcomes


def _settle(jobs: list[Job], outcomes: list[Any]) -> None:
    for job, outcome in zip(jobs, outcomes, strict=True):
        if job.future.done():
            continue
        if isinstance(outcome, BaseException):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)


def _time_out(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(TimedOut())


async def _unless_gone(future: asyncio.Future[Any], gone: Gone) -> Any:
    """What the future gives, unless the client leaves before."""
    leaving = asyncio.ensure_future(gone())
    try:
        await asyncio.wait((future, leaving), return_when=asyncio.FIRST_COMPLETED)
        if future.done():
            return future.result()
        raise Abandoned
    finally:
        leaving.cancel()
        future.cancel()
