"""Leases of runs in SQL."""

from __future__ import annotations

from millstream.entities import run_leases as rl
from millstream.store.pending import Pending
from millstream.store.sql import leases
from millstream.store.sql.database import Database


class SqlRunLeases:
    """The leases of the runs of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def heartbeat(self, request: rl.HeartbeatRuns) -> Pending[None]:
        """Begin leases anew, all or none; a run that was reaped is RUNNING again."""
        leases.check_heartbeat(request)
        return self._database.write(leases.heartbeat, request)
