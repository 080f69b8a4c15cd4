"""A run goes on from an earlier step, as a new attempt."""

from __future__ import annotations

import time

from millstream.client.spool import write
from millstream.entities.attempts import Attempt, StartAttempt
from millstream.errors import EndpointNotFound, NotSupported
from millstream.masking import shown

_LONGEST_WAIT = 2.0


def start_attempt(place: str, run_id: str, from_step: int) -> Attempt | None:
    """Begin an attempt; what is logged from now on is of it. None while the store is away.

    It begins in the next millisecond, or up to a second later if the clock of the earlier attempt
    was ahead; that is waited for, since a point belongs to an attempt by its timestamp.
    """
    begin = _now() + 1
    request = StartAttempt(run_id, from_step, begin)
    try:
        attempt: Attempt | None = write(place, run_id, request).result()
    except EndpointNotFound as error:
        raise NotSupported(
            f"The server at {shown(place)} cannot go on with a run from a step (MLflow's cannot): "
            "resume the run without `from_step`, or log to a Millstream server."
        ) from error
    begin = begin if attempt is None else attempt.start_time
    time.sleep(min(max(0, begin - _now()) / 1_000, _LONGEST_WAIT))
    return attempt


def _now() -> int:
    return time.time_ns() // 1_000_000
