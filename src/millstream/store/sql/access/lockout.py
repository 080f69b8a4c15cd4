"""Counting failed sign-ins, so that passwords cannot be tried at will.

The counts are in the database, so that several servers on it share them. Whether a user exists
plays no part, so the counts tell nothing about that.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from millstream.entities.users import CheckPassword
from millstream.errors import LimitExceeded
from millstream.store.access import AccessRules
from millstream.store.sql.dialect import per_dialect, placeholders
from millstream.store.sql.partners import Rows
from millstream.store.sql.transaction import Transaction

_SELECT = "SELECT MAX(locked_until) FROM sign_in_failures WHERE subject_hash IN ({})"
_SELECT_COUNT = "SELECT failures, last_failure_time FROM sign_in_failures WHERE subject_hash = ?"
_UPSERT = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "sign_in_failures",
        "subject_hash failures last_failure_time locked_until",
        key="subject_hash",
        replaced="failures last_failure_time locked_until",
    )
)
_DELETE = "DELETE FROM sign_in_failures WHERE subject_hash = ?"
_COUNT = "SELECT COUNT(*) FROM sign_in_failures"
_DELETE_OLD = "DELETE FROM sign_in_failures WHERE last_failure_time < ?"
_SELECT_OLDEST = (
    "SELECT subject_hash FROM sign_in_failures "
    "ORDER BY CASE WHEN locked_until > ? THEN 1 ELSE 0 END, last_failure_time LIMIT ?"
)
_DELETE_THESE = "DELETE FROM sign_in_failures WHERE subject_hash IN ({})"
_MOST_DOUBLINGS = 20
_MOST_DROPPED = 1_000


class Subject(NamedTuple):
    """Whom failures are counted of, by a hash, and how many in a row lock it out."""

    subject_hash: str
    most_failures: int


def of_user(username: str, rules: AccessRules) -> Subject:
    """The subject that a name is, somebody's or nobody's."""
    return Subject(_hashed("user", username), rules.user_failures)


def subjects(request: CheckPassword, rules: AccessRules) -> list[Subject]:
    """The user and, if it is known, the address of who signs in."""
    found = [of_user(request.username, rules)]
    if request.address is not None:
        found.append(Subject(_hashed("address", request.address), rules.address_failures))
    return found


def refuse_locked(source: Rows, who: list[Subject], moment: int) -> None:
    """Raise `LimitExceeded` if any of them is locked out at that moment."""
    hashes = tuple(subject.subject_hash for subject in who)
    rows = source.execute(_SELECT.format(placeholders(len(hashes))), hashes)
    until = rows[0][0]
    if until is not None and until > moment:
        seconds = -((moment - until) // 1_000)
        raise LimitExceeded(
            f"Too many failed sign-ins. Try again in {seconds} "
            f"{'second' if seconds == 1 else 'seconds'}."
        )


def note_failure(
    transaction: Transaction, who: list[Subject], rules: AccessRules, moment: int
) -> None:
    """Count one more failure of each; the caller holds the lock of access."""
    for subject in who:
        rows = transaction.execute(_SELECT_COUNT, (subject.subject_hash,))
        failures, last = rows[0] if rows else (0, moment)
        if moment - last > rules.failures_forgotten_after:
            failures = 0
        failures += 1
        until = moment + _lockout(failures - subject.most_failures, rules)
        values = (subject.subject_hash, failures, moment, until)
        transaction.run(_UPSERT[transaction.dialect.name], values)
    _keep_bounded(transaction, rules, moment)


def forget(transaction: Transaction, subject: Subject) -> None:
    """Begin to count anew, after a success."""
    transaction.run(_DELETE, (subject.subject_hash,))


def _lockout(beyond: int, rules: AccessRules) -> int:
    if beyond < 0:
        return 0
    doubled: int = rules.first_lockout << min(beyond, _MOST_DOUBLINGS)
    return min(doubled, rules.longest_lockout)


def _keep_bounded(transaction: Transaction, rules: AccessRules, moment: int) -> None:
    """Drop what is forgotten anyway, then the oldest who are not locked out."""
    count = transaction.execute(_COUNT)[0][0]
    if count <= rules.most_failures_kept:
        return
    count -= transaction.run(_DELETE_OLD, (moment - rules.failures_forgotten_after,))
    surplus = min(count - rules.most_failures_kept, _MOST_DROPPED)
    if surplus > 0:
        rows = transaction.execute(_SELECT_OLDEST, (moment, surplus))
        oldest = [row[0] for row in rows]
        transaction.run(_DELETE_THESE.format(placeholders(len(oldest))), oldest)


def _hashed(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind}:{name}".encode(errors="replace")).hexdigest()
