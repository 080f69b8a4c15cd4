"""Leases of runs in SQL: begun, renewed, and over with the run.

A run is locked before its leases, so that heartbeats, ends and reapers never wait for each other
in a circle. The lease of a run that was reaped stays, with the reason, so that a process that was
only asleep takes up its run again.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from millstream.entities import run_leases as rl
from millstream.entities.validation import GREATEST_LONG
from millstream.errors import InvalidParameter
from millstream.store.reaping import END_REASON, END_TRACEBACK
from millstream.store.sql import tags
from millstream.store.sql.confinement import confined
from millstream.store.sql.dialect import per_dialect, placeholders
from millstream.store.sql.lifecycle import check_active, no_run
from millstream.store.sql.many_runs import check_number
from millstream.store.sql.transaction import Transaction

LONGEST_SECONDS = 86_400.0
_LONGEST_TEXTS = {"host": 255, "boot_id": 200, "memory_counter": 4_096}
_NUMBERS = ("process_id", "process_start", "memory_kills")

OPEN = ("RUNNING", "SCHEDULED")
_HOLDER = "host process_id boot_id process_start memory_counter memory_kills"
_UPSERT = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "run_leases",
        f"run_key lease_id {_HOLDER} heartbeat_time expires_at",
        key="run_key lease_id",
        replaced=f"{_HOLDER} heartbeat_time expires_at",
    )
)
_SELECT_NOW = per_dialect(lambda dialect: f"SELECT {dialect.milliseconds}")
_SELECT_RUNS = (
    "SELECT run_id, run_key, experiment_key, lifecycle_stage, status FROM runs WHERE run_id IN ({})"
)
_SELECT_REAPED = (
    "SELECT DISTINCT run_key FROM run_leases WHERE run_key IN ({}) AND reason IS NOT NULL"
)
_SELECT_REASONS = "SELECT reason FROM run_leases WHERE run_key = ? AND reason IS NOT NULL"
_REVIVE = "UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_key = ?"
_FORGET_REAPED = "DELETE FROM run_leases WHERE run_key = ? AND reason IS NOT NULL"
_FORGET_ALL = "DELETE FROM run_leases WHERE run_key = ?"
_FORGET_REASON = "DELETE FROM tags WHERE run_key = ? AND key_id = ? AND value = ?"


class _Run(NamedTuple):
    run_id: str
    run_key: int
    experiment_key: int
    lifecycle_stage: str
    status: str


def check_lease(lease: rl.RunLease) -> None:
    """Refuse a lease that cannot be kept."""
    if not (math.isfinite(lease.lease_seconds) and 0 < lease.lease_seconds <= LONGEST_SECONDS):
        raise InvalidParameter(
            f"Invalid value {lease.lease_seconds} for parameter 'lease_seconds' supplied: it must "
            f"be more than 0 and at most {LONGEST_SECONDS:,.0f} seconds."
        )
    if not 1 <= len(lease.lease_id) <= 64:
        raise InvalidParameter(
            f"Invalid value '{lease.lease_id}' for parameter 'lease_id' supplied: it must have 1 "
            "to 64 characters."
        )
    for name, most in _LONGEST_TEXTS.items():
        text = getattr(lease.holder, name)
        if text is not None and len(text) > most:
            raise InvalidParameter(
                f"Invalid value for parameter 'holder.{name}' supplied: it has {len(text)} "
                f"characters, and may have {most}."
            )
    for name in _NUMBERS:
        value = getattr(lease.holder, name)
        least = 1 if name == "process_id" else 0
        if value is not None and not least <= value <= GREATEST_LONG:
            raise InvalidParameter(
                f"Invalid value {value} for parameter 'holder.{name}' supplied: it must be a valid "
                f"long (64-bit integer), and at least {least}."
            )


def check_heartbeat(request: rl.HeartbeatRuns) -> None:
    """Refuse what no heartbeat can be, without a look at the runs."""
    check_number(request.run_ids)
    check_lease(request.lease)


def milliseconds(transaction: Transaction) -> int:
    """The time by the clock of the database, which all processes that share it have in common."""
    return int(transaction.execute(_SELECT_NOW[transaction.dialect.name])[0][0])


def begin(transaction: Transaction, run_keys: list[int], lease: rl.RunLease) -> None:
    """Begin the lease of runs, or begin it anew."""
    now = milliseconds(transaction)
    holder = tuple(getattr(lease.holder, name) for name in _HOLDER.split())
    until = now + math.ceil(lease.lease_seconds * 1_000)
    rows = [(key, lease.lease_id, *holder, now, until) for key in run_keys]
    transaction.run_many(_UPSERT[transaction.dialect.name], rows)


def heartbeat(transaction: Transaction, request: rl.HeartbeatRuns) -> None:
    """Begin the leases of runs anew; a run that was reaped is running again."""
    runs = _lock(transaction, request.run_ids)
    keys = [run.run_key for run in runs]
    rows = transaction.execute(_SELECT_REAPED.format(placeholders(len(keys))), keys)
    reaped = {key for (key,) in rows}
    for run in runs:
        if run.run_key in reaped:
            transaction.run(_REVIVE, (run.run_key,))
            _begun_again(transaction, run.run_key)
            transaction.touch_run(run.run_id, run.experiment_key)
    alive = [run.run_key for run in runs if run.run_key in reaped or run.status in OPEN]
    if alive:
        begin(transaction, alive, request.lease)


def follow_status(transaction: Transaction, run_key: int, status: str) -> None:
    """A run was given a status, after which its leases and the reason of its end may be wrong.

    One that goes on has no reason to have ended. One that is over has no leases, and no reason
    that a reaper gave it before its end was told.
    """
    if status in OPEN:
        _begun_again(transaction, run_key)
        return
    reasons = transaction.execute(_SELECT_REASONS, (run_key,))
    for (reason,) in reasons:
        key_id = transaction.intern(END_REASON)
        transaction.run(_FORGET_REASON, (run_key, key_id, reason))
    transaction.run(_FORGET_ALL, (run_key,))


def _begun_again(transaction: Transaction, run_key: int) -> None:
    for tag in (END_REASON, END_TRACEBACK):
        tags.remove_tag(transaction, tag, [run_key])
    transaction.run(_FORGET_REAPED, (run_key,))


def _lock(transaction: Transaction, run_ids: list[str]) -> list[_Run]:
    """The runs in the order of their ids, locked until the end; nobody is told of a change."""
    wanted = sorted(set(run_ids))
    sql = _SELECT_RUNS.format(placeholders(len(wanted)))
    rows = transaction.lock(*confined(transaction, sql, wanted))
    found = {row[0]: _Run(*row) for row in rows}
    for run_id in wanted:
        if run_id not in found:
            raise no_run(run_id)
        check_active(run_id, found[run_id].lifecycle_stage)
    return [found[run_id] for run_id in wanted]
