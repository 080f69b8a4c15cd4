"""Attempts and forks of runs in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities import attempts as a
from millstream.entities import runs as r
from millstream.entities import validation
from millstream.errors import InvalidParameter
from millstream.store.pending import Pending
from millstream.store.sql import forking, tags
from millstream.store.sql.confinement import confined
from millstream.store.sql.connections import Row
from millstream.store.sql.cut_series import mend
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert, placeholders
from millstream.store.sql.earlier_attempts import OF_TRAINING, Earlier, earlier_attempts
from millstream.store.sql.lifecycle import active_run, no_run, now
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

ATTEMPT = "millstream.attempt"
"""The tag of a run that was resumed from a step: the number of the attempt that goes on."""

MOST_ATTEMPTS = 1_000
CLOCKS_DIFFER_MS = 1_000
"""By how much the clock of an earlier attempt may have been ahead of that of the next one."""

_LOCK_RUN = "SELECT run_key FROM runs WHERE run_key = ?"
_INSERT = insert("attempts", "run_key attempt kept_step start_time end_time")
_SET_NUMBER = "UPDATE runs SET earlier_attempts = ? WHERE run_key = ?"
_BEYOND = f"run_key = ? AND step > ? AND timestamp < ? AND {OF_TRAINING}"
_SELECT_LAST = f"SELECT MAX(timestamp) FROM metrics WHERE {_BEYOND}"
_POINT = "key_id, step, timestamp, value, special"
_COPY = f"""
INSERT INTO metrics (run_key, {_POINT})
SELECT -a.attempt_key, {", ".join(f"m.{name}" for name in _POINT.split(", "))}
FROM attempts a JOIN metrics m ON m.run_key = a.run_key
    AND m.timestamp >= a.start_time AND m.timestamp < a.end_time
WHERE m.run_key = ? AND m.step > ? AND m.timestamp < ? AND m.{OF_TRAINING}
"""
_DELETE = f"DELETE FROM metrics WHERE {_BEYOND}"
_SELECT_RUN = "SELECT run_key, start_time FROM runs WHERE run_id = ?"
_SELECT_KEYS = "SELECT DISTINCT run_key, key_id FROM metrics WHERE run_key IN ({})"


class SqlAttempts:
    """The attempts and forks of the runs of a database."""

    def __init__(self, database: Database, root: ArtifactRoot) -> None:
        self._database = database
        self._root = root

    def start(self, request: a.StartAttempt) -> Pending[a.Attempt]:
        """Go on from a step: later points leave the run's series, and stay with their attempt."""
        if not validation.LEAST_LONG <= request.from_step <= validation.GREATEST_LONG:
            raise InvalidParameter(
                f"Invalid value {request.from_step} for parameter 'from_step' supplied: "
                "it must be a valid long (64-bit integer)."
            )
        if request.start_time is not None:
            check_time(request.start_time)
        return self._database.write(_start, request)

    def list(self, request: r.RunId) -> a.AttemptList:
        """The attempts of a run, first to last."""
        return self._database.read(_list, request.run_id)

    def fork(self, request: a.ForkRun) -> Pending[r.RunInfo]:
        """Create a run that begins with what another one logged, up to a step."""
        forking.check(request)
        if request.start_time is not None:
            check_time(request.start_time)
        return self._database.write(forking.fork, request, self._root)


def check_time(time: int) -> None:
    """Refuse what is no time in ms."""
    if not 0 <= time <= validation.GREATEST_LONG:
        raise InvalidParameter(
            f"Invalid value {time} for parameter 'start_time' supplied: it must be a nonnegative "
            "long (64-bit integer), in milliseconds since 1970."
        )


def _start(transaction: Transaction, request: a.StartAttempt) -> a.Attempt:
    run_key, experiment_key = active_run(transaction, request.run_id)
    transaction.lock(_LOCK_RUN, (run_key,))
    attempts = earlier_attempts(transaction, run_key)
    step = request.from_step
    began = now() if request.start_time is None else request.start_time
    for earlier in attempts:
        same_time = 0 <= earlier.end_time - began <= CLOCKS_DIFFER_MS + 1
        if same_time and earlier.kept_step == step:
            return _after(earlier)  # the same request again
    if attempts and began + CLOCKS_DIFFER_MS < attempts[-1].end_time:
        raise InvalidParameter(
            f"The run {request.run_id} was resumed from step {attempts[-1].kept_step} at "
            f"{attempts[-1].end_time} (ms since 1970), so that it cannot go on from step {step} "
            f"at {began}, before that. What was logged in between is of attempt {len(attempts)}."
        )
    if len(attempts) >= MOST_ATTEMPTS:
        raise InvalidParameter(
            f"The run {request.run_id} was resumed from a step {MOST_ATTEMPTS} times, and more "
            "attempts are not kept; fork it instead."
        )
    began = _first_time(transaction, run_key, step, attempts, began)
    number = len(attempts) + 1
    since = attempts[-1].end_time if attempts else 0
    key = transaction.insert(_INSERT, (run_key, number, step, since, began), "attempt_key")
    transaction.run(_SET_NUMBER, (number, run_key))
    tags.set_tag(transaction, run_key, experiment_key, ATTEMPT, str(number + 1))
    if transaction.run(_COPY, (run_key, step, began)):
        transaction.run(_DELETE, (run_key, step, began))
        mend(transaction, run_key, step)
    return _after(Earlier(key, number, step, since, began))


def _first_time(
    transaction: Transaction, run_key: int, step: int, attempts: Sequence[Earlier], began: int
) -> int:
    """When the next attempt begins: after all that is of the others, as far as clocks agree."""
    last = transaction.execute(_SELECT_LAST, (run_key, step, began + CLOCKS_DIFFER_MS))[0][0]
    after = -1 if last is None else last
    if attempts:
        after = max(after, attempts[-1].end_time)
    return max(began, after + 1)


def _after(earlier: Earlier) -> a.Attempt:
    """The attempt that followed one."""
    return a.Attempt(earlier.attempt + 1, earlier.end_time, earlier.kept_step)


def _list(reader: Reader, run_id: str) -> a.AttemptList:
    rows = reader.execute(*confined(reader, _SELECT_RUN, (run_id,)))
    if not rows:
        raise no_run(run_id)
    run_key, start_time = rows[0]
    earlier = earlier_attempts(reader, run_key)
    found: list[Row] = []
    if earlier:
        keys = [-attempt.attempt_key for attempt in earlier]
        found = reader.execute(_SELECT_KEYS.format(placeholders(len(keys))), keys)
    names = reader.key_names({row[1] for row in found})
    attempts = [a.Attempt(1, start_time or 0)]
    for attempt in earlier:
        attempts[-1].end_time = attempt.end_time
        left = {names[key_id] for key, key_id in found if key == -attempt.attempt_key}
        attempts[-1].metric_keys = sorted(left)
        attempts.append(_after(attempt))
    return a.AttemptList(attempts)
