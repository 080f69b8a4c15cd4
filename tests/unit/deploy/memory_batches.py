"""A target with jobs, which are in a dictionary and go as a test says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from tests.unit.deploy.memory_target import MemoryTarget

from millstream.deploy.batch import BatchJob
from millstream.deploy.target import State, Status
from millstream.deploy.wish import Wish
from millstream.errors import NotFound, Unavailable


class MemoryBatches(MemoryTarget):
    """Jobs in memory, whose states are those that a test says."""

    batch_options: ClassVar[Mapping[str, str]] = {"compute": "The machines."}

    def __init__(self, *states: State | BaseException) -> None:
        super().__init__()
        self.coming: Iterator[State | BaseException] = iter(states)
        self.jobs: dict[str, BatchJob] = {}
        self.wishes: list[Wish] = []
        self.stuck: list[str] = []

    def start_batch(self, wish: Wish, job: BatchJob) -> None:
        self.jobs[job.name] = job
        self.wishes.append(wish)

    def batch_status(self, name: str) -> Status:
        if name not in self.jobs:
            raise NotFound(f"There is no job {name}.")
        state = next(self.coming)
        if isinstance(state, BaseException):
            raise state
        return Status(state, f"it is {state}")

    def stop_batch(self, name: str) -> None:
        if self.stuck:
            raise Unavailable(self.stuck.pop())
        self.jobs.pop(name, None)
