"""What a reaper asks of a store: to end the runs whose processes are gone."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

END_REASON = "millstream.end.reason"
"""The tag that says why a run ended as it did."""

END_TRACEBACK = "millstream.end.traceback"
"""The tag with the end of the traceback of the exception that ended a run."""


class Witness(Protocol):
    """Somebody on a machine who sees its processes."""

    @property
    def boot_id(self) -> str | None:
        """What is the same for all who see the same processes by the same ids; None: nothing."""

    def is_gone(self, process_id: int, process_start: int) -> bool:
        """Whether the process of this id that began then is certainly no more."""

    def out_of_memory_kills(self, counter: str) -> int | None:
        """What a counter of processes that were killed because memory ran out says now."""


class Reaping(Protocol):
    """What ends runs of a store, for however many reapers."""

    def reap(self, witness: Witness) -> list[str]:
        """End the runs all of whose leases have lapsed, and give their ids.

        A lease lapses when its time is over by the store's clock, unless the witness sees its
        process, and at once when the witness sees that the process is gone. The runs end KILLED,
        or FAILED where memory ran out, at the moment when they were last heard of, with a reason.
        A run without leases, such as one of MLflow's clients, is never ended.
        """


@runtime_checkable
class HasReaping(Protocol):
    """A store whose runs can be reaped from this process."""

    @property
    def reaping(self) -> Reaping:
        """The reaping."""
