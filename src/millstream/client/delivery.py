"""The thread that brings journals to their stores, while training goes on."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from millstream.client.journal import Journal, JournalClosed
from millstream.entities.metrics import Metric
from millstream.entities.runs import LogBatch, UpdateRun
from millstream.errors import InvalidState, MillstreamError, NotSupported
from millstream.masking import shown
from millstream.store.interface import Store

MOST_METRICS = 1_000
MOST_REFUSALS = 20
GATHER = 0.2
LONGEST_PAUSE = 5.0
IDLE = 60.0
LARGEST = 1 << 26

Key = tuple[str, str]


class Lane:
    """One run's way from its journal to its store."""

    def __init__(self, journal: Journal, tracking_uri: str, run_id: str) -> None:
        self.journal = journal
        self.tracking_uri = tracking_uri
        self.run_id = run_id
        self.waiting: list[Metric | UpdateRun] = []
        self.ended = False
        self.away: Exception | None = None
        self.attempts = 0
        self.retry_at = 0.0
        self.delivered_at = time.monotonic()
        self.refusal: MillstreamError | None = None
        self.end_refusal: MillstreamError | None = None

    @property
    def pending(self) -> bool:
        """Whether something has neither arrived nor been refused."""
        return bool(self.waiting) or self.journal.pending

    @property
    def failed(self) -> bool:
        """Whether something has not arrived."""
        return self.pending or self.refusal is not None or self.end_refusal is not None


class Delivery:
    """Journals on their way, each in the order it was written, on one thread of this process.

    A store that cannot be reached is tried again, at ever longer intervals; one warning says so.
    What a store refuses stays in the journal, and the rest goes on.
    """

    def __init__(
        self,
        open_store: Callable[[str], Store],
        journal_folder: Callable[[str], Path],
    ) -> None:
        self._open_store = open_store
        self._journal_folder = journal_folder
        self._lanes: dict[Key, Lane] = {}
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._awake = False
        self._hurry = False
        self._stopping = False
        self._requested = 0
        self._served = 0

    @property
    def idle(self) -> bool:
        """Whether there is no journal."""
        return not self._lanes

    def append(self, tracking_uri: str, run_id: str, metrics: Sequence[Metric]) -> None:
        """Write points to the run's journal; raises OSError if the disk cannot take them."""
        lane = self._lanes.get((tracking_uri, run_id)) or self._open(tracking_uri, run_id)
        while True:
            try:
                lane.journal.append(metrics)
                break
            except JournalClosed:  # it was retired after it was looked up
                lane = self._open(tracking_uri, run_id)
        if not self._awake:
            self._wake()

    def append_end(self, tracking_uri: str, end: UpdateRun) -> Lane:
        """Write that a run ended, after which its lane goes as soon as all has arrived."""
        while True:
            lane = self._open(tracking_uri, end.run_id)
            with self._news:
                try:
                    lane.journal.append_end(end)
                except JournalClosed:
                    continue
                lane.ended = True
            self._wake()
            return lane

    def flush(self, tracking_uri: str | None = None, *, timeout: float) -> list[Lane]:
        """Wait until what was appended has been tried; gives the lanes that could not deliver."""
        if self._thread is None:
            return []
        with self._news:
            lanes = [x for x in self._lanes.values() if tracking_uri in (None, x.tracking_uri)]
            if not any(lane.pending for lane in lanes):
                return [lane for lane in lanes if lane.failed]
            self._requested += 1
            request = self._requested
            self._hurry = True
            self._news.notify_all()
            self._news.wait_for(lambda: self._served >= request, timeout)
            return [lane for lane in lanes if lane.failed]

    def stop(self, deadline: float) -> list[Lane]:
        """Deliver until `deadline` (of time.monotonic), end the thread, give what is left."""
        while any(lane.pending for lane in list(self._lanes.values())):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            if self.flush(timeout=left):
                time.sleep(min(GATHER, max(0.0, deadline - time.monotonic())))
        with self._news:
            self._stopping = True
            self._news.notify_all()
        undelivered = []
        for lane in list(self._lanes.values()):
            if lane.failed:
                undelivered.append(lane)
            elif lane.journal.retire(remove=True):
                self._lanes.pop((lane.tracking_uri, lane.run_id), None)
        return undelivered

    def _open(self, tracking_uri: str, run_id: str) -> Lane:
        with self._news:
            key = (tracking_uri, run_id)
            lane = self._lanes.get(key)
            if lane is None:
                journal = Journal(self._journal_folder(tracking_uri), tracking_uri, run_id)
                lane = self._lanes[key] = Lane(journal, tracking_uri, run_id)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="millstream-delivery", daemon=True
                )
                self._thread.start()
            return lane

    def _wake(self) -> None:
        with self._news:
            self._awake = True
            self._news.notify_all()

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(self._has_work, self._pause())
                if not self._hurry and not self._stopping:
                    self._news.wait_for(lambda: self._hurry or self._stopping, GATHER)
                if self._stopping:
                    return
                self._awake = False
                hurry, self._hurry = self._hurry, False
                serving = self._requested
                lanes = list(self._lanes.values())
            now = time.monotonic()
            for lane in lanes:
                if hurry or now >= lane.retry_at:
                    self._deliver(lane)
            with self._news:
                self._served = serving
                self._news.notify_all()

    def _has_work(self) -> bool:
        return self._awake or self._hurry or self._stopping

    def _pause(self) -> float | None:
        away = [lane.retry_at for lane in self._lanes.values() if lane.away is not None]
        return max(0.0, min(away) - time.monotonic()) if away else None

    def _deliver(self, lane: Lane) -> None:
        try:
            while lane.pending:
                lane.delivered_at = time.monotonic()
                if not lane.waiting:
                    lane.waiting = lane.journal.take(MOST_METRICS)
                if not lane.waiting:
                    raise OSError(f"'{lane.journal.path}' cannot be read back")
                self._send(lane, self._open_store(lane.tracking_uri))
        except Exception as error:  # noqa: BLE001  # training goes on whatever happened here
            self._postpone(lane, error)
            return
        lane.away = None
        lane.attempts = 0
        self._retire(lane)

    def _retire(self, lane: Lane) -> None:
        """Let go of a journal that is all delivered, when its run ended or it is large or old."""
        now = time.monotonic()
        idle = now - lane.delivered_at > IDLE
        if lane.journal.pending or not (lane.ended or idle or lane.journal.size > LARGEST):
            return
        with self._news:
            if lane.journal.retire(remove=lane.refusal is None):
                self._lanes.pop((lane.tracking_uri, lane.run_id), None)

    def _send(self, lane: Lane, store: Store) -> None:
        end = next((i for i, x in enumerate(lane.waiting) if isinstance(x, UpdateRun)), None)
        metrics = [x for x in lane.waiting[:end] if isinstance(x, Metric)]
        if metrics:
            self._send_metrics(lane, store, metrics, [MOST_REFUSALS])
            lane.waiting = lane.waiting[len(metrics) :]
            return
        update = lane.waiting[0]
        if isinstance(update, UpdateRun):
            try:
                store.runs.update(update).result()
            except MillstreamError as error:
                if _is_away(error):
                    raise
                lane.end_refusal = error
            lane.waiting = lane.waiting[1:]

    def _send_metrics(
        self, lane: Lane, store: Store, metrics: list[Metric], patience: list[int]
    ) -> None:
        """Send points; when they are refused, find by halving which of them are to blame."""
        try:
            store.runs.log_batch(LogBatch(lane.run_id, metrics)).result()
        except MillstreamError as error:
            if len(metrics) == 1 or patience[0] <= 0 or _is_away(error):
                self._refuse(lane, error)
                patience[0] -= 1
                return
            half = len(metrics) // 2
            self._send_metrics(lane, store, metrics[:half], patience)
            self._send_metrics(lane, store, metrics[half:], patience)

    def _refuse(self, lane: Lane, error: MillstreamError) -> None:
        """Note what the store does not want; raises the error again if the store is just away."""
        if _is_away(error):
            raise error
        if lane.refusal is None:
            lane.refusal = error
            warn(
                f"{shown(lane.tracking_uri)} refused what was logged for run {lane.run_id}: "
                f"{error.message} It stays in {lane.journal.path}; training goes on."
            )

    def _postpone(self, lane: Lane, error: Exception) -> None:
        if lane.away is None:
            warn(
                f"{shown(lane.tracking_uri)} cannot be reached ({error}). Training goes on; what "
                f"is logged is kept in {lane.journal.path} and sent when the store is back."
            )
        lane.away = error
        lane.retry_at = time.monotonic() + min(GATHER * 2**lane.attempts, LONGEST_PAUSE)
        lane.attempts = min(lane.attempts + 1, 10)


def warn(message: str) -> None:
    """Tell the user without ever raising: as a warning, or where warnings raise, on stderr."""
    try:
        warnings.warn(message, RuntimeWarning, stacklevel=3)
    except RuntimeWarning:
        print(f"millstream: {message}", file=sys.stderr)


def _is_away(error: MillstreamError) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, InvalidState | NotSupported):
        return False
    return error.status >= 500 or error.status == 429
