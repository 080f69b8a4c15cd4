"""Asking again and again how a job does, with patience for a cluster that does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable

from millstream.entities.runs import RunStatusName
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter, MillstreamError

PATIENCE = 900.0
"""How long a cluster may not answer before what became of a job counts as unknown, in s."""

_GOING_ON = ("SCHEDULED", "RUNNING")


def poll(
    look: Callable[[], RunStatusName],
    every: float,
    seen: Callable[[RunStatusName], None],
    patience: float = PATIENCE,
) -> RunStatusName:
    """Look every so many seconds until it is over; what is seen meanwhile is told.

    A look that raises `MillstreamError` is repeated; the error is raised once there has been no
    answer for `patience` seconds.
    """
    answered = time.monotonic()
    complained = False
    while True:
        try:
            status = look()
        except MillstreamError as error:
            if time.monotonic() - answered > patience:
                raise
            if not complained:
                say(f"Asked again until there is an answer: {error.message}")
            complained = True
        else:
            answered, complained = time.monotonic(), False
            if status not in _GOING_ON:
                return status
            seen(status)
        time.sleep(every)


def check_interval(seconds: float) -> None:
    """Raise `InvalidParameter` for an interval at which nobody should ask a cluster."""
    if not 0.5 <= seconds <= 3600:
        raise InvalidParameter(f"poll-interval is {seconds:g}; it has to be from 0.5 to 3600 s.")
