"""The runs that are open in this process, and who ends them if their script does not.

Whatever ends first ends them: the process, as it ends; a signal; or an exception that ends the
thread that started them. They end innermost first.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import NamedTuple

from millstream.client.away import warn
from millstream.client.capturing import CAPTURING
from millstream.client.endings import Ending, Exits, of_exception, of_signal
from millstream.client.heartbeats import Heartbeats
from millstream.client.session import SESSION, tell_what_is_left
from millstream.client.signals import Signals


class _Open(NamedTuple):
    thread: int
    end: Callable[[Ending], None]


class OpenRuns:
    """What watches over open runs. There is one, `OPEN_RUNS`; it does nothing before the first."""

    def __init__(self) -> None:
        self._exits = Exits()
        self.signals = Signals(self._end_by_signal)
        self._runs: dict[str, _Open] = {}
        self._watches_threads = False
        self.heartbeats = Heartbeats(
            lambda place: SESSION.stores.delivering(place), SESSION.settings
        )

    def begin(
        self, place: str, run_id: str, end: Callable[[Ending], None], *, has_lease: bool
    ) -> None:
        """Watch over a run; `end` ends it. It `has_lease` if it was created with one."""
        self._exits.watch()
        self.signals.watch()
        self._watch_threads()
        self._runs[run_id] = _Open(threading.get_ident(), end)
        SESSION.open_runs[run_id] = lambda: self._end(run_id, self._exits.ending())
        self.heartbeats.begin(place, run_id, at_once=not has_lease)

    def end(self, place: str, run_id: str) -> None:
        """The run is over."""
        self._runs.pop(run_id, None)
        SESSION.open_runs.pop(run_id, None)
        self.heartbeats.end(place, run_id)

    def begin_child(self) -> None:
        """In a forked child, which has runs, threads and signals of its own."""
        self._runs = {}
        self.signals.forget()
        self.signals.after_fork()
        self.heartbeats.forget()

    def _end(self, run_id: str, ending: Ending) -> None:
        """End a run for its script; that it cannot be done keeps no other from ending."""
        found = self._runs.pop(run_id, None)
        if found is None:
            return
        try:
            found.end(ending)
        except Exception as error:  # noqa: BLE001  # the others have to end too
            warn(f"run {run_id} could not be ended as {ending.status}: {error}")

    def _end_by_signal(self, name: str) -> None:
        self._exits.signalled = of_signal(name)
        for run_id in reversed(list(self._runs)):
            self._end(run_id, self._exits.signalled)
        CAPTURING.settle()
        SESSION.delivery.expect_no_more()
        tell_what_is_left([lane for lane in SESSION.flush() if lane.away is not None])

    def _watch_threads(self) -> None:
        """An exception ends its thread, and nobody is left to end the runs started there."""
        if self._watches_threads or threading.current_thread() is threading.main_thread():
            return
        self._watches_threads = True
        before = threading.excepthook

        def end_runs(arguments: threading.ExceptHookArgs) -> None:
            try:
                if not issubclass(arguments.exc_type, SystemExit):
                    self._end_of_thread(of_exception(arguments.exc_value))
            finally:
                before(arguments)

        threading.excepthook = end_runs

    def _end_of_thread(self, ending: Ending) -> None:
        own = threading.get_ident()
        for run_id in reversed([key for key, run in self._runs.items() if run.thread == own]):
            self._end(run_id, ending)


OPEN_RUNS = OpenRuns()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: OPEN_RUNS.signals.before_fork(),
        after_in_parent=lambda: OPEN_RUNS.signals.after_fork(),
        after_in_child=lambda: OPEN_RUNS.begin_child(),
    )
