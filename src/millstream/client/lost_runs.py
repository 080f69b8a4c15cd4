"""Runs of processes that are gone, which a script or command ends where there is no server to."""

from __future__ import annotations

from millstream.client.away import warn
from millstream.errors import MillstreamError
from millstream.machine import Machine
from millstream.store.interface import Store
from millstream.store.reaping import HasReaping


def end_lost_runs(store: Store) -> None:
    """End the runs of a folder or database that nobody answers for; mostly one statement.

    What stands in the way is told, and the next one who opens the store does it.
    """
    if not isinstance(store, HasReaping):
        return
    try:
        store.reaping.reap(Machine())
    except MillstreamError as error:
        warn(f"runs whose processes are gone are still shown as RUNNING: {error}")
