"""A run that is being carried out somewhere: waited for, ended, and settled when it is over."""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Iterator
from typing import Protocol, cast

from millstream.client.away import warn
from millstream.client.runs import RunMethods
from millstream.entities.runs import RunStatusName
from millstream.errors import MillstreamError
from millstream.projects.launch.backend import Launch
from millstream.projects.launch.settling import settle

_LOOK = 0.2
_LAST_LINES = 10.0


class Work(Protocol):
    """A command that a backend has begun."""

    def status(self) -> RunStatusName:
        """SCHEDULED or RUNNING, as last seen; of no meaning once it is over."""

    def wait(self) -> RunStatusName:
        """Wait until it is over: FINISHED, FAILED or KILLED.

        Raises `MillstreamError` if that cannot be known. What is left of it is removed.
        """

    def stop(self, over: threading.Event) -> None:
        """End it; may return once it was asked to. `over` is set when `wait` has returned."""

    def lines(self, over: threading.Event, *, follow: bool) -> Iterator[str]:
        """The lines that it has printed, with `follow` until `over` is set."""


class CarriedRun:
    """A project's run, and the work that is done for it.

    This interpreter waits for it before it ends; if it is interrupted, the run is cancelled. With
    `echo` what is printed elsewhere is printed here too.
    """

    def __init__(self, job: Launch, work: Work, *, echo: bool = False) -> None:
        self._job = job
        self._work = work
        self._cancelled = False
        self._outcome: RunStatusName | None = None
        self._error: MillstreamError | None = None
        self._over = threading.Event()
        self._echo: threading.Thread | None = None
        threading.Thread(target=self._watch, name="millstream-project", daemon=True).start()
        if echo:
            self._echo = threading.Thread(target=self._print, name="millstream-output", daemon=True)
            self._echo.start()
        atexit.register(self._wait_at_exit)

    @property
    def run_id(self) -> str:
        """The run that it logs to."""
        return self._job.run_id

    def wait(self) -> bool:
        """Wait until it is over; whether it succeeded. What interrupts the wait cancels it.

        Raises `MillstreamError` if what became of it cannot be known.
        """
        try:
            while not self._over.wait(_LOOK):
                pass
            if self._echo is not None:
                self._echo.join(_LAST_LINES)
        except BaseException:
            self.cancel()
            raise
        if self._error is not None:
            raise self._error
        return self._outcome == "FINISHED"

    def get_status(self) -> RunStatusName:
        """SCHEDULED or RUNNING until it is over, then what became of it."""
        if not self._over.is_set():
            return self._work.status()
        if self._outcome is None:
            return cast("RunStatusName", RunMethods().get_run(self.run_id).info.status)
        return self._outcome

    def cancel(self) -> None:
        """End it with all that it started, and wait until it is over.

        What does not end by itself is ended after some seconds.
        """
        if self._over.is_set():
            return
        self._cancelled = True
        self._work.stop(self._over)
        self._over.wait()

    def logs(self, *, follow: bool = False) -> Iterator[str]:
        """The lines it has printed; of one that prints to the terminal itself there are none."""
        return self._work.lines(self._over, follow=follow)

    def _wait_at_exit(self) -> None:
        with contextlib.suppress(KeyboardInterrupt, MillstreamError):  # the watch has told of it
            self.wait()

    def _watch(self) -> None:
        try:
            outcome = self._work.wait()
            self._outcome = "KILLED" if self._cancelled else outcome
            settle(self.run_id, self._outcome)
        except MillstreamError as error:
            if self._outcome is None:
                self._error = error
            warn(f"what became of run {self.run_id} could not be noted: {error.message}")
        finally:
            self._job.finished()
            self._over.set()
            atexit.unregister(self._wait_at_exit)

    def _print(self) -> None:
        try:
            for line in self.logs(follow=True):
                print(line, flush=True)
        except MillstreamError as error:
            warn(f"the output of run {self.run_id} is not shown any further: {error.message}")
