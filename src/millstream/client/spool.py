"""What a run logs beside metrics: written through while its store answers, else journalled.

Once something of a run is in its journal, what follows queues behind it, so that the order is kept.
What a caller sees is MLflow's: the store's errors at once, as long as there is a store.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from millstream.client.applying import perform, subject
from millstream.client.away import is_away, warn
from millstream.client.delivery import KEPT
from millstream.client.other_ids import addressed
from millstream.client.records import Record
from millstream.client.session import SESSION
from millstream.errors import LimitExceeded, MillstreamError, Unavailable
from millstream.masking import shown
from millstream.store.pending import Pending

PATIENCE = 5.0
BUSY_PAUSES = (0.2, 0.5, 1.0)

T = TypeVar("T")


class Write:
    """A write under way; `result` waits for it, raises what the store refuses, else keeps it.

    Several that are under way wait together for a store that says nothing, and not in turn.
    """

    def __init__(self, place: str, run_id: str, record: Any, pending: Pending[Any] | None) -> None:
        self._place = place
        self._run_id = run_id
        self._record = record
        self._pending = pending
        self._asked = time.monotonic()

    def result(self) -> Any:
        """The store's answer; None if what was written is on its way in the journal."""
        if self._pending is None:
            return None
        began = time.monotonic()
        try:
            found = self._pending.result(self._patience(began) if is_kept() else None)
        except (MillstreamError, TimeoutError) as error:
            if not is_kept() or not is_away(error):
                raise
            SESSION.patience.waited += time.monotonic() - began
            self._pending = None
            keep(self._place, self._run_id, self._record, error)
            return None
        SESSION.delivery.places.note_answer(self._place)
        return found

    def _patience(self, now: float) -> float:
        since = SESSION.delivery.places.silent_since(self._place, self._asked)
        return max(0.0, since + PATIENCE - now)


def write(place: str, run_id: str, request: Any) -> Write:
    """Put a request about a run to its store, or into its journal while the store is away."""
    if must_queue(place, run_id):
        keep(place, run_id, request, None)
        return Write(place, run_id, request, None)
    try:
        pending = _attempt(place, _addressed(place, run_id, request))
    except MillstreamError as error:  # the store cannot even be opened
        if not is_kept() or not is_away(error):
            raise
        keep(place, run_id, request, error)
        pending = None
    return Write(place, run_id, request, pending)


def attempt(place: str, work: Callable[[], T], otherwise: Callable[[MillstreamError], T]) -> T:
    """Do what needs the store, or something else while it is away (unless that is to raise)."""
    if not is_kept():
        return work()
    known = SESSION.delivery.places.error(place)
    if known is not None and not _may_ask(place):
        return otherwise(_unavailable(place, known))
    began = time.monotonic()
    try:
        return work()
    except (MillstreamError, TimeoutError) as error:
        if not is_away(error):
            raise
        took = time.monotonic() - began
        note_away(place, error, took)
        SESSION.patience.waited += took
        return otherwise(_unavailable(place, error))


def must_queue(place: str, run_id: str) -> bool:
    """Whether what a run logs now has to go into its journal."""
    if not is_kept():
        return False
    delivery = SESSION.delivery
    if delivery.has_queue(place, run_id):
        return True
    return delivery.places.error(place) is not None and not _may_ask(place)


def keep(place: str, run_id: str, record: Record, error: BaseException | None) -> None:
    """Put a record into the run's journal; with the policy `warn` it is left out."""
    if error is not None:
        note_away(place, error)
    if SESSION.settings().store_away == "warn":
        return
    try:
        SESSION.delivery.record(place, run_id, record)
    except OSError as failed:
        warn(
            f"{shown(place)} is away and there is no journal ({failed}): "
            f"{type(record).__name__} of {subject(run_id)} is lost; training goes on"
        )


def note_away(place: str, error: BaseException, took: float = 0.0) -> None:
    """Note that a store does not answer, which is told once; it `took` so many s to find out."""
    if SESSION.settings().store_away == "warn":
        consequence = "what is logged beside metrics is left out until the store is back."
    else:
        consequence = KEPT.format(SESSION.journal_folder(place))
    SESSION.delivery.places.note(place, _as_exception(error), consequence, took)


def is_kept() -> bool:
    """Whether a store that is away is borne, and not raised."""
    return SESSION.settings().store_away != "raise"


def _may_ask(place: str) -> bool:
    """Whether to ask a store that is away: the delivery does, as long as it has something."""
    delivery = SESSION.delivery
    return not delivery.pending_of(place) and delivery.places.may_try(place)


def _attempt(place: str, request: msgspec.Struct) -> Pending[Any] | None:
    """Put the request to the store, again if it says that it is busy."""
    began = time.monotonic()
    for pause in (*BUSY_PAUSES, None):
        store = SESSION.stores.prompt(place)
        pending: Pending[Any] = perform(store, request)
        if not pending.done:
            return pending
        error = pending.error
        if error is None:
            return pending
        if pause is None or not is_kept() or not isinstance(error, LimitExceeded):
            break
        time.sleep(pause)
    if error is not None and is_away(error):
        SESSION.patience.waited += time.monotonic() - began
    return pending


def _addressed(place: str, run_id: str, request: Any) -> Any:
    """The request with the ids that its run and models have in a store that chose others."""
    delivery = SESSION.delivery
    if getattr(request, "run_id", run_id) != run_id:
        return request
    return addressed(request, lambda made_here: delivery.target(place, made_here))


def _unavailable(place: str, error: BaseException) -> Unavailable:
    return SESSION.delivery.unavailable(place, error)


def _as_exception(error: BaseException) -> Exception:
    return error if isinstance(error, Exception) else Unavailable(str(error))
