"""Heartbeats: the word of this process that its runs are alive, so that others can tell when not.

A run begins with a lease, which one thread begins anew for all open runs of a store together. A
store that knows no leases, such as an MLflow server, is left in peace.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from millstream.client.away import warn
from millstream.entities.run_leases import HeartbeatRuns, Holder, RunLease
from millstream.errors import EndpointNotFound, MillstreamError, NotFound, NotSupported
from millstream.machine import Machine
from millstream.masking import shown
from millstream.settings import Settings
from millstream.store.interface import Store

MOST_RUNS = 1_000
LEAST_LEASE = 2.0
"""How many intervals a lease lasts at least, so that one heartbeat may be late."""


class Heartbeats:
    """The runs that this process answers for, and the thread that says so."""

    def __init__(
        self, open_store: Callable[[str], Store], settings: Callable[[], Settings]
    ) -> None:
        self._open_store = open_store
        self._settings = settings
        self.forget()

    def forget(self) -> None:
        """Begin as a process of its own, as after a fork."""
        self._news = threading.Condition()
        self.open_runs: dict[str, dict[str, None]] = {}
        """By their places, in the order in which they began."""
        self._deaf: set[str] = set()
        self._lease: RunLease | None = None
        self._hurry = False
        self._thread: threading.Thread | None = None

    def lease(self) -> RunLease | None:
        """The lease of this process; None if it sends no heartbeats."""
        found = self._settings()
        if found.heartbeat_interval <= 0:
            return None
        seconds = max(found.run_lease, LEAST_LEASE * found.heartbeat_interval)
        if self._lease is None or self._lease.lease_seconds != seconds:
            known = self._lease
            self._lease = RunLease(
                known.lease_id if known else os.urandom(16).hex(),
                seconds,
                known.holder if known else _this_process(),
            )
        return self._lease

    def begin(self, place: str, run_id: str, *, at_once: bool) -> None:
        """Answer for a run from now on, `at_once` if it has no lease yet."""
        if self.lease() is None or place in self._deaf:
            return
        with self._news:
            self.open_runs.setdefault(place, {})[run_id] = None
            self._hurry = self._hurry or at_once
            if self._thread is None:
                thread = threading.Thread(
                    target=self._run, name="millstream-heartbeat", daemon=True
                )
                try:
                    thread.start()
                except RuntimeError as error:  # there are too many
                    _tell(place, run_id, error)
                    return
                self._thread = thread
            self._news.notify_all()

    def end(self, place: str, run_id: str) -> None:
        """Answer for a run no longer."""
        with self._news:
            runs = self.open_runs.get(place, {})
            runs.pop(run_id, None)
            if not runs:
                self.open_runs.pop(place, None)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: bool(self.open_runs))
                self._news.wait_for(lambda: self._hurry, self._settings().heartbeat_interval)
                self._hurry = False
                open_runs = {place: list(runs) for place, runs in self.open_runs.items()}
            for place, run_ids in open_runs.items():
                for start in range(0, len(run_ids), MOST_RUNS):
                    self._beat(place, run_ids[start : start + MOST_RUNS])

    def _beat(self, place: str, run_ids: list[str]) -> None:
        """Say that runs are alive; whatever comes of it, training goes on."""
        lease = self.lease()
        if lease is None:
            return
        try:
            self._open_store(place).run_leases.heartbeat(HeartbeatRuns(run_ids, lease)).result()
        except (EndpointNotFound, NotSupported, AttributeError):
            self._give_up(place)
        except MillstreamError as error:
            if error.status >= 500 or error.status == 429:
                return  # the store is away, of which the delivery has told
            if len(run_ids) > 1:
                for run_id in run_ids:
                    self._beat(place, [run_id])
            elif not isinstance(error, NotFound):  # that one may still be on its way
                self.end(place, run_ids[0])
                _tell(place, run_ids[0], error)
        except Exception as error:  # noqa: BLE001  # a plug-in may raise anything
            self._give_up(place)
            _tell(place, ", ".join(run_ids), error)

    def _give_up(self, place: str) -> None:
        with self._news:
            self._deaf.add(place)
            self.open_runs.pop(place, None)


def _tell(place: str, run_id: str, error: Exception) -> None:
    warn(
        f"{shown(place)} does not take heartbeats of run {run_id} ({error}); the run may be shown "
        "as KILLED before it ends"
    )


def _this_process() -> Holder:
    machine = Machine()
    counter = machine.memory_counter()
    return Holder(
        host=os.uname().nodename[:255] if hasattr(os, "uname") else "",
        process_id=os.getpid(),
        boot_id=machine.boot_id,
        process_start=machine.process_start(os.getpid()),
        memory_counter=counter,
        memory_kills=None if counter is None else machine.out_of_memory_kills(counter),
    )
