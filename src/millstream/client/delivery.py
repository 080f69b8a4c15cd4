"""The thread that brings journals to their stores, while training goes on."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from millstream.client.applying import (
    MOST_METRICS,
    Applier,
    OpenArtifacts,
    Piece,
    Refusal,
    pieces,
    subject,
)
from millstream.client.away import FIRST_PAUSE, Places, is_away, warn
from millstream.client.journal import Journal, JournalClosed
from millstream.client.records import PlainPoint, Points, Record
from millstream.entities.metrics import Metric
from millstream.entities.runs import UpdateRun
from millstream.errors import MillstreamError, Unavailable
from millstream.masking import shown
from millstream.store.interface import Store

MOST_SPILLED = 100_000
MOST_NAMED = 3
GATHER = FIRST_PAUSE
LONGEST_BREATH = 0.05
IDLE = 60.0
LARGEST = 1 << 22
SEGMENT = 1 << 24
KEPT = "what is logged is kept in {} and sent when the store is back."

Key = tuple[str, str]


class Lane:
    """One run's way from its journal to its store; or a logged model's, or an experiment's.

    `earlier` are the journals that were written before the present one; `spilled` is what the disk
    had no room for. `queued` counts the records that are no points and have not arrived: what the
    run logs has to queue behind them.
    """

    def __init__(self, journal: Journal, applier: Applier) -> None:
        self.journal = journal
        self.applier = applier
        self.tracking_uri = applier.place
        self.run_id = applier.run_id
        self.earlier: deque[Journal] = deque()
        self.waiting: deque[Piece] = deque()
        self.spilled: deque[Record] = deque()
        self.queued = 0
        self.unmarked = 0
        self.ended = False
        self.away: Exception | None = None
        self.delivered_at = time.monotonic()
        self.refusal: MillstreamError | None = None
        self.end_refusal: MillstreamError | None = None

    @property
    def source(self) -> Journal:
        """The journal that is delivered next."""
        return self.earlier[0] if self.earlier else self.journal

    @property
    def pending(self) -> bool:
        """Whether something has neither arrived nor been refused."""
        return bool(self.waiting or self.earlier or self.spilled) or self.journal.pending

    @property
    def failed(self) -> bool:
        """Whether something has not arrived."""
        return self.pending or self.refusal is not None or self.end_refusal is not None


class Delivery:
    """Journals on their way, each in the order it was written, on one thread of this process.

    A store that cannot be reached is tried again, at ever longer intervals; one warning says so.
    What a store refuses stays in the journal, and the rest goes on. While nobody waits, the thread
    rests as long as it worked, so that it does not take the interpreter from the loop that logs.
    """

    def __init__(
        self,
        open_store: Callable[[str], Store],
        journal_folder: Callable[[str], Path],
        open_artifacts: Callable[[str], OpenArtifacts],
        artifact_root: Callable[[str], str | None],
    ) -> None:
        self.places = Places()
        self._open_store = open_store
        self._journal_folder = journal_folder
        self._open_artifacts = open_artifacts
        self._artifact_root = artifact_root
        self._lanes: dict[Key, Lane] = {}
        self._targets: dict[Key, str] = {}
        self._news = threading.Condition()
        self._delivering = threading.Lock()
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

    def append_point(self, tracking_uri: str, run_id: str, point: PlainPoint) -> None:
        """Write one point to the run's journal; raises OSError if there can be none."""
        lane = self._lanes.get((tracking_uri, run_id)) or self._open(tracking_uri, run_id)
        journal = lane.journal
        try:
            if lane.spilled:
                self._spill(lane, [Metric(*point)])
            else:
                journal.append_point(point)
        except JournalClosed:  # it was retired after it was looked up
            self.append(tracking_uri, run_id, [Metric(*point)])
            return
        except OSError as error:
            self._spill(lane, [Metric(*point)], error)
        if journal.size > SEGMENT:
            self._rotate(lane, journal)
        if not self._awake:
            self._wake()

    def append(self, tracking_uri: str, run_id: str, points: Sequence[Metric | Points]) -> None:
        """Write points to the run's journal; raises OSError if there can be none."""
        while True:
            lane = self._lanes.get((tracking_uri, run_id)) or self._open(tracking_uri, run_id)
            journal = lane.journal
            try:
                if lane.spilled:
                    self._spill(lane, points)
                else:
                    journal.append(points)
                break
            except JournalClosed:
                continue
            except OSError as error:
                self._spill(lane, points, error)
                break
        if journal.size > SEGMENT:
            self._rotate(lane, journal)
        if not self._awake:
            self._wake()

    def record(
        self, tracking_uri: str, run_id: str, record: Record, file: Path | None = None
    ) -> Lane:
        """Write a record that is no point; what the run logs later will be applied after it.

        `file` is moved beside the journal. Raises OSError if there can be no journal.
        """
        with self._news:  # in which no journal is retired
            lane = self._open(tracking_uri, run_id)
            if file is not None:
                lane.journal.adopt(file)
            try:
                if lane.spilled:
                    self._spill(lane, [record])
                else:
                    lane.journal.append([record])
            except OSError as error:
                self._spill(lane, [record], error)
            lane.queued += 1
            lane.ended = lane.ended or _is_end(record)
        self._wake()
        return lane

    def append_end(self, tracking_uri: str, end: UpdateRun) -> Lane:
        """Write that a run ended, after which its lane goes as soon as all has arrived."""
        return self.record(tracking_uri, end.run_id, end)

    def has_queue(self, tracking_uri: str, run_id: str) -> bool:
        """Whether records of a run have to arrive before anything else of it may."""
        lane = self._lanes.get((tracking_uri, run_id))
        return lane is not None and lane.queued > 0

    def target(self, tracking_uri: str, run_id: str) -> str:
        """The id that a run or model has in its store, which may have chosen another."""
        lane = self._lanes.get((tracking_uri, run_id))
        return lane.applier.target if lane else self._targets.get((tracking_uri, run_id), run_id)

    def pending_of(self, tracking_uri: str) -> list[Lane]:
        """The runs of a place of which something has not arrived."""
        lanes = list(self._lanes.values())
        return [lane for lane in lanes if lane.tracking_uri == tracking_uri and lane.pending]

    def unavailable(self, tracking_uri: str, error: BaseException) -> Unavailable:
        """The error of whoever asks a store that is away; it names what is on its way there."""
        runs = [subject(lane.run_id) for lane in self.pending_of(tracking_uri)]
        more = f" and {len(runs) - MOST_NAMED} more" if len(runs) > MOST_NAMED else ""
        named = f"{', '.join(runs[:MOST_NAMED])}{more}"
        waiting = f" What was logged for {named} waits to be sent there." if runs else ""
        return Unavailable(f"{shown(tracking_uri)} cannot be reached: {error}.{waiting}")

    def flush(self, tracking_uri: str | None = None, *, timeout: float) -> list[Lane]:
        """Wait until what was appended has been tried; gives the lanes that could not deliver."""
        if self.idle:
            return []
        if not self._has_thread():
            return self._deliver_here(tracking_uri)
        with self._news:
            lanes = [x for x in self._lanes.values() if tracking_uri in (None, x.tracking_uri)]
            if self._stopping or not any(lane.pending or lane.ended for lane in lanes):
                return [lane for lane in lanes if lane.failed]
            self._requested += 1
            request = self._requested
            self._hurry = True
            self._news.notify_all()
            self._news.wait_for(lambda: self._served >= request, timeout)
            return [lane for lane in lanes if lane.failed]

    def _deliver_here(self, tracking_uri: str | None) -> list[Lane]:
        """Deliver in the thread that waits for it; gives the lanes that could not deliver."""
        lanes = [x for x in self._lanes.values() if tracking_uri in (None, x.tracking_uri)]
        self._deliver_all(lanes, hurry=True)
        return [lane for lane in lanes if lane.failed]

    def expect_no_more(self) -> None:
        """Let go of each journal as soon as all of it has arrived: this process is about to end."""
        with self._news:
            for lane in self._lanes.values():
                lane.ended = True

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
            elif lane.journal.retire(remove=not lane.journal.refused):
                self._forget(lane)
        return undelivered

    def _open(self, tracking_uri: str, run_id: str) -> Lane:
        with self._news:
            key = (tracking_uri, run_id)
            lane = self._lanes.get(key)
            if lane is None:
                folder = self._journal_folder(tracking_uri)
                journal = self._journal(folder, tracking_uri, run_id)
                opener = self._open_artifacts(tracking_uri)
                made = Lane(journal, Applier(tracking_uri, run_id, folder, opener))
                lane = self._lanes.setdefault(key, made)
                if lane is not made:  # a signal's handler came in between
                    journal.retire(remove=True)
            self._has_thread()
            return lane

    def _has_thread(self) -> bool:
        """Whether there is a thread that delivers, begun here if there can be one."""
        with self._news:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="millstream-delivery", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # there are too many; whoever waits for it delivers instead
                    return False
                self._thread = thread
            return True

    def _journal(self, folder: Path, tracking_uri: str, run_id: str) -> Journal:
        return Journal(folder, tracking_uri, run_id, self._artifact_root(tracking_uri))

    def _spill(self, lane: Lane, records: Sequence[Record], error: OSError | None = None) -> None:
        """Keep in memory what the disk has no room for, up to a bound, and write it when it has."""
        with self._news:
            first = not lane.spilled
            room = max(0, MOST_SPILLED - len(lane.spilled))
            lane.spilled.extend(records[:room])
            if error is None:
                with suppress(OSError):  # it is still full, which has been told
                    lane.journal.append(lane.spilled)
                    lane.spilled.clear()
        if error is not None and first:
            warn(
                f"the journal {lane.journal.path} cannot be written ({error}); up to "
                f"{MOST_SPILLED:,} records of the run are kept in memory. Training goes on."
            )

    def _rotate(self, lane: Lane, full: Journal) -> None:
        """Let a run go on in another file, so that what has been delivered can be removed."""
        with self._news:
            if lane.journal is not full:
                return
            following = self._journal(full.path.parent, lane.tracking_uri, lane.run_id)
            if lane.journal is full:
                lane.journal = following
                lane.earlier.append(full)
            else:  # a signal's handler came in between
                following.retire(remove=True)

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
            self._deliver_all(lanes, hurry)
            with self._news:
                self._served = serving
                self._news.notify_all()

    def _has_work(self) -> bool:
        return self._awake or self._hurry or self._stopping

    def _pause(self) -> float | None:
        waiting = {lane.tracking_uri for lane in self._lanes.values() if lane.pending}
        next_try = self.places.next_try(waiting)
        return None if next_try is None else max(0.0, next_try - time.monotonic())

    def _deliver_all(self, lanes: list[Lane], hurry: bool) -> None:
        away: set[str] = set()
        with self._delivering:
            for lane in lanes:
                place = lane.tracking_uri
                if place in away or not (hurry or self.places.may_try(place)):
                    continue
                if not self._deliver(lane, hurry):
                    away.add(place)

    def _deliver(self, lane: Lane, hurry: bool) -> bool:
        """Bring what is there; says whether the place may be asked for more."""
        try:
            while lane.pending:
                lane.delivered_at = began = time.monotonic()
                if not lane.waiting:
                    lane.waiting.extend(pieces(self._next(lane)))
                if lane.waiting:
                    self._send(lane, self._open_store(lane.tracking_uri))
                    self.places.note_answer(lane.tracking_uri)
                elif lane.source.pending:
                    raise OSError(f"'{lane.source.path}' cannot be read back")
                if not lane.waiting:
                    self._note_arrival(lane)
                if not hurry:
                    self._breathe(time.monotonic() - began)
        except Exception as error:  # noqa: BLE001  # training goes on whatever happened here
            return self._postpone(lane, error)
        lane.away = None
        self._retire(lane)
        return True

    def _next(self, lane: Lane) -> list[Record]:
        """What is to be sent next: of the journals, then what they had no room for."""
        taken = lane.source.take(MOST_METRICS)
        if not taken and not lane.earlier:
            with self._news:
                if not lane.journal.pending:
                    while lane.spilled and len(taken) < MOST_METRICS:
                        taken.append(lane.spilled.popleft())
        return taken

    def _postpone(self, lane: Lane, error: Exception) -> bool:
        """Keep the rest for later; says whether the place may be asked for more."""
        known, lane.away = lane.away, error
        where = lane.source.path
        if is_away(error):
            self.places.note(lane.tracking_uri, error, KEPT.format(where))
            return False
        if known is None:
            of = subject(lane.run_id)
            warn(f"what was logged for {of} cannot be sent now ({error}); it is in {where}")
        return True

    def _breathe(self, worked: float) -> None:
        with self._news:
            waited_for = lambda: self._hurry or self._stopping  # noqa: E731  # read again and again
            self._news.wait_for(waited_for, min(worked, LONGEST_BREATH))

    def _note_arrival(self, lane: Lane) -> None:
        """All that was taken has arrived: mark it, and let go of a journal that is done."""
        if lane.unmarked:
            with suppress(OSError):  # on a full disk: then the same is applied again after a crash
                lane.source.mark()
            with self._news:
                lane.queued -= lane.unmarked
            lane.unmarked = 0
        if lane.earlier and not lane.source.pending:
            done = lane.source
            if done.retire(remove=not done.refused):
                lane.earlier.popleft()

    def _retire(self, lane: Lane) -> None:
        """Let go of a journal that is all delivered, when its run ended or it is large or old."""
        now = time.monotonic()
        idle = now - lane.delivered_at > IDLE
        if lane.pending or not (lane.ended or idle or lane.journal.size > LARGEST):
            return
        with self._news:
            if not lane.earlier and lane.journal.retire(remove=not lane.journal.refused):
                self._forget(lane)

    def _forget(self, lane: Lane) -> None:
        self._lanes.pop((lane.tracking_uri, lane.run_id), None)
        if lane.applier.target != lane.run_id:
            self._targets[lane.tracking_uri, lane.run_id] = lane.applier.target

    def _send(self, lane: Lane, store: Store) -> None:
        piece = lane.waiting[0]
        for refusal in lane.applier.send(store, piece, lane.source.files):
            self._refuse(lane, refusal)
        if not isinstance(piece, list):
            lane.unmarked += 1
        lane.waiting.popleft()

    def _refuse(self, lane: Lane, refusal: Refusal) -> None:
        """Note what the store does not want; it stays in the journal."""
        if _is_end(refusal.record):
            lane.end_refusal = refusal.error
            return
        lane.source.refused = True
        if lane.refusal is None:
            lane.refusal = refusal.error
            warn(
                f"{shown(lane.tracking_uri)} refused what was logged for {subject(lane.run_id)}: "
                f"{refusal.error.message} It stays in {lane.source.path}; training goes on."
            )


def _is_end(record: Record) -> bool:
    return isinstance(record, UpdateRun) and record.end_time is not None
