"""What is recorded of runs without being asked, from their start to their end.

Whatever goes wrong here is told once, and neither stops nor delays what a script does.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

from millstream.artifacts.interface import ArtifactStore
from millstream.capture.choice import FILES, Part, chosen
from millstream.capture.console import Console
from millstream.capture.system_metrics import Sampler
from millstream.client.away import warn
from millstream.client.console import RunConsole
from millstream.client.context import main_file
from millstream.client.ranks import SYSTEM, samples_machine, system_prefix
from millstream.client.session import AWAY_TIMEOUT, SESSION
from millstream.client.spooled_artifacts import send
from millstream.entities.artifacts import CAPTURED
from millstream.entities.metrics import Metric
from millstream.entities.runs import Run
from millstream.settings import Settings

MOST_WAIT = 5.0
"""How many seconds the end of a process waits for what is being recorded."""


def parts_of(
    settings: Settings,
    capture: str | Iterable[str] | None = None,
    log_system_metrics: bool | None = None,
) -> frozenset[Part]:
    """What to record of a run: what its start says, else what the settings say."""
    parts = chosen(settings.capture if capture is None else capture)
    wanted = log_system_metrics
    if wanted is None and capture is None:
        wanted = settings.enable_system_metrics_logging
    if wanted is None:
        return parts
    return parts | {"system_metrics"} if wanted else parts - {"system_metrics"}


class Capturing:
    """The recording of this process. There is one, `CAPTURING`."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._sampler = Sampler(lambda error: self._failed("the machine's load", error))
        self._saver = Saver(self._failed)
        self._console = Console(self._failed)
        self._told: set[str] = set()

    def begin(
        self,
        run: Run,
        place: str,
        parts: frozenset[Part],
        rank: int = 0,
        *,
        is_outermost: bool = True,
    ) -> None:
        """Begin to record a run; files are kept of outermost runs, and by rank 0 of a job."""
        try:
            if "system_metrics" in parts and samples_machine(rank):
                self._watch(run, place, rank)
            if is_outermost and "console" in parts:
                self._hear(run, place, rank)
            if is_outermost and rank == 0 and parts & FILES:
                self._saver.save(run, place, parts)
        except Exception as error:  # noqa: BLE001  # the run goes on without it
            self._failed("a run", error)

    def end(self, run_id: str) -> None:
        """End the recording of a run; what it was not told yet is logged first."""
        began = time.monotonic()
        try:
            self._sampler.leave(run_id)
            if not self._console.leave(run_id, max(AWAY_TIMEOUT, SESSION.patience.left)):
                SESSION.patience.waited += time.monotonic() - began
        except Exception as error:  # noqa: BLE001  # the run ends without it
            self._failed("the end of a run", error)

    def settle(self) -> None:
        """Wait for the files that are being saved, though not for long."""
        began = time.monotonic()
        if not self._saver.wait(min(MOST_WAIT, SESSION.patience.left)):
            SESSION.patience.waited += time.monotonic() - began

    def finish(self) -> None:
        """Wait for what is being recorded, though not for long."""
        self.settle()
        self._console.close()

    def after_fork(self) -> None:
        """Begin anew in a forked child: threads and locks of the parent mean nothing there."""
        self._console.forget()
        self._start()

    def _hear(self, run: Run, place: str, rank: int) -> None:
        info = run.info
        way = RunConsole(place, info.run_id, info.artifact_uri or "", rank)
        self._console.listen(info.run_id, way.deliver, SESSION.settings().console_max_bytes)

    def _watch(self, run: Run, place: str, rank: int) -> None:
        found = SESSION.settings()
        node = found.system_metrics_node_id
        run_id = run.info.run_id

        def log(values: Mapping[str, float], step: int) -> None:
            now = time.time_ns() // 1_000_000
            points = [Metric(name, value, now, step) for name, value in values.items()]
            SESSION.delivery.append(place, run_id, points)

        self._sampler.watch(
            run_id,
            log,
            interval=found.system_metrics_sampling_interval,
            samples=found.system_metrics_samples_before_logging,
            prefix=f"{SYSTEM}{node}/" if node else system_prefix(rank),
            step=_next_step(run),
        )

    def _failed(self, what: str, error: Exception) -> None:
        if what not in self._told:
            self._told.add(what)
            warn(f"{what} cannot be recorded ({error}); the run goes on without it")


class Saver:
    """One thread that saves files of runs, begun when there are any."""

    def __init__(self, failed: Callable[[str, Exception], None]) -> None:
        self._failed = failed
        self._waiting: queue.SimpleQueue[tuple[Run, str, frozenset[Part]]] = queue.SimpleQueue()
        self._open = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def save(self, run: Run, place: str, parts: frozenset[Part]) -> None:
        """Save what the parts stand for among the files of a run, soon."""
        with self._changed:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="millstream-capture", daemon=True)
                thread.start()
                self._thread = thread
            self._open += 1
        self._waiting.put((run, place, parts))

    def wait(self, timeout: float) -> bool:
        """Whether all was saved within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout)

    def _run(self) -> None:
        while True:
            run, place, parts = self._waiting.get()
            try:
                self._save(run, place, parts)
            except Exception as error:  # noqa: BLE001  # training goes on without it
                self._failed("files of a run", error)
            finally:
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()

    def _save(self, run: Run, place: str, parts: frozenset[Part]) -> None:
        info = run.info
        snapshot = import_module("millstream.capture.snapshot")  # which takes a while to load
        for path, content in snapshot.contents(parts, _script(), Path.cwd(), self._failed):
            kept = partial(_write, path, content)
            send(place, info.run_id, info.artifact_uri or None, kept)


def _write(path: str, content: bytes, store: ArtifactStore) -> None:
    store.write(f"{CAPTURED}/{path}", [content])


def _script() -> Path | None:
    name = main_file(SESSION.settings())
    return Path(name) if name and Path(name).is_file() else None


def _next_step(run: Run) -> int:
    """After those that the run was told before it was taken up again."""
    known = [metric.step for metric in run.data.metric_list if metric.key.startswith(SYSTEM)]
    return max(known, default=-1) + 1


CAPTURING = Capturing()
atexit.register(lambda: CAPTURING.finish())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: CAPTURING.after_fork())
