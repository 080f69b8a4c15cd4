"""Reaping in SQL: runs whose leases have lapsed are ended, once, however many reapers there are."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from millstream.store.reaping import END_REASON, Witness
from millstream.store.sql import tags
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import per_dialect
from millstream.store.sql.leases import OPEN, milliseconds
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_MOST_RUNS = 100

_SELECT_SUSPECTS = per_dialect(
    lambda dialect: (
        "SELECT run_key, lease_id, heartbeat_time, host, process_id, boot_id, process_start, "
        "memory_counter, memory_kills, "
        f"CASE WHEN expires_at <= {dialect.milliseconds} THEN 1 ELSE 0 END FROM run_leases "
        f"WHERE expires_at > 0 AND (expires_at <= {dialect.milliseconds} OR boot_id = ?) "
        "ORDER BY run_key, heartbeat_time, lease_id"
    )
)
_SELECT_RUN = "SELECT run_id, experiment_key, status FROM runs WHERE run_key = ?"
_SELECT_LEASES = (
    "SELECT lease_id, heartbeat_time FROM run_leases WHERE run_key = ? AND expires_at > 0"
)
_SELECT_LAST_POINT = (
    "SELECT MAX(timestamp) FROM latest_metrics WHERE run_key = ? AND timestamp <= ?"
)
_FORGET = "DELETE FROM run_leases WHERE run_key = ? AND lease_id = ?"
_FORGET_ALL = "DELETE FROM run_leases WHERE run_key = ?"
_END = "UPDATE runs SET status = ?, end_time = ? WHERE run_key = ?"
_REAP = "UPDATE run_leases SET expires_at = NULL, reason = ? WHERE run_key = ?"


class _Suspect(NamedTuple):
    """A lease whose process may be gone."""

    run_key: int
    lease_id: str
    heartbeat_time: int
    host: str
    process_id: int
    boot_id: str | None
    process_start: int | None
    memory_counter: str | None
    memory_kills: int | None
    expired: int


class _Lapsed(NamedTuple):
    """A lease that has lapsed, and how a run ends for it."""

    run_key: int
    lease_id: str
    heartbeat_time: int
    status: str
    reason: str


class SqlReaping:
    """The `Reaping` of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reap(self, witness: Witness) -> list[str]:
        """End the runs all of whose leases have lapsed, and give their ids."""
        suspects = self._database.read(_suspects, witness.boot_id)
        lapsed = [found for suspect in suspects if (found := _judge(suspect, witness)) is not None]
        runs = [list(leases) for _, leases in groupby(lapsed, lambda lease: lease.run_key)]
        reaped: list[str] = []
        for start in range(0, len(runs), _MOST_RUNS):
            part = runs[start : start + _MOST_RUNS]
            reaped += self._database.write(_reap, part).result()
        return reaped


def _suspects(reader: Reader, boot_id: str | None) -> list[_Suspect]:
    rows = reader.execute(_SELECT_SUSPECTS[reader.dialect.name], (boot_id,))
    return [_Suspect(*row) for row in rows]


def _judge(suspect: _Suspect, witness: Witness) -> _Lapsed | None:
    seen = witness.boot_id is not None and suspect.boot_id == witness.boot_id
    start = suspect.process_start
    gone = seen and start is not None and witness.is_gone(suspect.process_id, start)
    if not gone and (not suspect.expired or (seen and start is not None)):
        return None
    status, reason = "KILLED", _reason(suspect, gone=gone)
    counter, before = suspect.memory_counter, suspect.memory_kills
    kills = witness.out_of_memory_kills(counter) if seen and counter is not None else None
    if kills is not None and before is not None and kills > before:
        who = f"process {suspect.process_id} on {suspect.host}"
        status, reason = "FAILED", f"out of memory: the kernel killed {who}"
    return _Lapsed(suspect.run_key, suspect.lease_id, suspect.heartbeat_time, status, reason)


def _reason(suspect: _Suspect, *, gone: bool) -> str:
    who = f"process {suspect.process_id} on {suspect.host}"
    if gone:
        return f"killed: {who} ended without a word, as after SIGKILL"
    return f"lost: nothing was heard of {who} any more"


def _reap(transaction: Transaction, runs: list[list[_Lapsed]]) -> list[str]:
    now = milliseconds(transaction)
    ended = (_reap_run(transaction, lapsed[0].run_key, lapsed, now) for lapsed in runs)
    return [run_id for run_id in ended if run_id is not None]


def _reap_run(
    transaction: Transaction, run_key: int, lapsed: list[_Lapsed], now: int
) -> str | None:
    """End a run unless it was heard of meanwhile; its id if it was ended."""
    found = transaction.lock(_SELECT_RUN, (run_key,))
    if not found:
        return None
    run_id, experiment_key, status = found[0]
    held: dict[str, int] = dict(transaction.lock(_SELECT_LEASES, (run_key,)))
    silent = [one for one in lapsed if held.get(one.lease_id) == one.heartbeat_time]
    if not silent:
        return None
    if status not in OPEN:
        transaction.run(_FORGET_ALL, (run_key,))
        return None
    if len(silent) < len(held):  # another process answers for the run
        transaction.run_many(_FORGET, [(run_key, one.lease_id) for one in silent])
        return None
    ending = next((one for one in silent if one.status == "FAILED"), silent[-1])
    end_time = _last_sign(transaction, run_key, silent[-1].heartbeat_time, now)
    transaction.run(_END, (ending.status, end_time, run_key))
    tags.insert_tags(transaction, run_key, experiment_key, {END_REASON: ending.reason})
    transaction.run(_REAP, (ending.reason, run_key))
    transaction.touch_run(run_id, experiment_key)
    return str(run_id)


def _last_sign(transaction: Transaction, run_key: int, heartbeat_time: int, now: int) -> int:
    """When a run was last heard of: by a heartbeat, or a point that is not of the future."""
    point = transaction.execute(_SELECT_LAST_POINT, (run_key, now))[0][0]
    return max(heartbeat_time, point or 0)
