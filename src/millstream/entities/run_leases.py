"""Leases: for how long a process answers for the runs that are in it."""

from __future__ import annotations

from millstream.entities.entity import Entity


class Holder(Entity):
    """A process, and what others on its machine need to tell whether it is still there.

    `boot_id` is the same for all who see the same processes by the same ids. `process_start` is in
    clock ticks since the boot. `memory_counter` is the file below /sys/fs/cgroup that counts the
    processes of its control group that were killed because memory ran out, and `memory_kills` what
    it said when the process began to log.
    """

    host: str
    process_id: int
    boot_id: str | None = None
    process_start: int | None = None
    memory_counter: str | None = None
    memory_kills: int | None = None


class RunLease(Entity):
    """The word of a process that a run is alive, and will be heard of within `lease_seconds`.

    `lease_id` is one of the process's own, 1 to 64 characters. Several processes may hold leases of
    one run.
    """

    lease_id: str
    lease_seconds: float
    holder: Holder


class HeartbeatRuns(Entity):
    """Begin the lease of 1 to 1,000 active runs anew, from now on by the clock of the store.

    A run that has ended stays as it is, unless it was ended because nothing was heard of it.
    """

    run_ids: list[str]
    lease: RunLease
