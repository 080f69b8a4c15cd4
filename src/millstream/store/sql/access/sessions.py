"""Sessions of browsers in SQL."""

from __future__ import annotations

from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.errors import NotFound, Unauthenticated
from millstream.store.access import AccessRules, Checked
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, proofs, rows
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import insert
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_INSERT = insert(
    "sessions", "secret_hash user_key address creation_time expiration_time last_used_time"
)
# Found by its hash, so that comparing takes no time that tells anything about a secret.
_SELECT = (
    "SELECT s.session_key, s.expiration_time, s.last_used_time, u.user_key, u.username, "
    "u.is_admin, u.is_active FROM sessions s JOIN users u ON u.user_key = s.user_key "
    "WHERE s.secret_hash = ?"
)
_NOTE_USE = "UPDATE sessions SET last_used_time = ? WHERE session_key = ? AND last_used_time <= ?"
_DELETE = "DELETE FROM sessions WHERE session_key = ?"
_DELETE_ALL = "DELETE FROM sessions WHERE user_key = ?"
_DELETE_PAST = "DELETE FROM sessions WHERE expiration_time <= ? OR last_used_time <= ?"
_LONGEST_ADDRESS = 64


class SqlSessions:
    """The sessions of a database."""

    def __init__(self, context: AccessContext) -> None:
        self._context = context
        self._database = context.database

    def create(self, caller: u.Caller, by: u.Actor) -> Pending[t.NewSession]:
        """Begin a session; only this answer ever holds its secret."""
        context = self._context
        secret = proofs.new_secret()
        return self._database.write(_create, caller, secret, by, context.rules, context.clock())

    def check(self, secret: str) -> Checked:
        """Whose session it is; one that is unknown or past raises `Unauthenticated`."""
        rules, moment = self._context.rules, self._context.clock()
        session = self._database.read(_live, secret, rules, moment)
        if session is None:
            raise Unauthenticated("The session is not valid: it is unknown or has ended.")
        session_key, until, last_used, user_key, username, is_admin, _ = session
        caller = u.Caller(user_key, username, bool(is_admin))
        valid_until = min(until, last_used + rules.session_idle_life)
        before = moment - rules.use_noted_every
        if last_used > before:
            return Checked(caller, valid_until)
        noted = self._database.write(_note_use, session_key, moment, before)
        return Checked(caller, valid_until, noted)

    def delete(self, secret: str, by: u.Actor) -> Pending[None]:
        """End a session; one that is unknown or past raises `NotFound`."""
        context = self._context
        return self._database.write(_delete, secret, by, context.rules, context.clock())

    def delete_all(self, request: u.UserName, by: u.Actor) -> Pending[None]:
        """End all sessions of a user."""
        return self._database.write(_delete_all, request.username, by, self._context.clock())


def _create(
    transaction: Transaction,
    caller: u.Caller,
    secret: str,
    by: u.Actor,
    rules: AccessRules,
    moment: int,
) -> t.NewSession:
    change = chain.begin(transaction, by, moment)
    user = rows.find_user(transaction, caller.username)
    if user is None or user.user_key != caller.user_id or not user.is_active:
        raise Unauthenticated(f"No active user has the username {caller.username!r}.")
    transaction.run(_DELETE_PAST, (moment, moment - rules.session_idle_life))
    until = moment + rules.longest_session_life
    address = None if by.address is None else by.address[:_LONGEST_ADDRESS]
    values = (proofs.kept(secret), user.user_key, address, moment, until, moment)
    transaction.run(_INSERT, values)
    change.record("session.create", "user", user.username)
    return t.NewSession(secret, until)


def _live(source: Reader | Transaction, secret: str, rules: AccessRules, moment: int) -> Row | None:
    """The row of a session that has not ended, of a user who is let in."""
    found = source.execute(_SELECT, (proofs.kept(secret),))
    if not found:
        return None
    _, until, last_used, *_, is_active = found[0]
    ended = until <= moment or last_used <= moment - rules.session_idle_life
    return None if ended or not is_active else found[0]


def _note_use(transaction: Transaction, session_key: int, moment: int, before: int) -> None:
    transaction.run(_NOTE_USE, (moment, session_key, before))


def _delete(
    transaction: Transaction, secret: str, by: u.Actor, rules: AccessRules, moment: int
) -> None:
    change = chain.begin(transaction, by, moment)
    session = _live(transaction, secret, rules, moment)
    if session is None:
        raise NotFound("The session is unknown or has ended already.")
    transaction.run(_DELETE, (session[0],))
    change.record("session.delete", "user", session[4])


def _delete_all(transaction: Transaction, username: str, by: u.Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    user = rows.required_user(transaction, username)
    transaction.run(_DELETE_ALL, (user.user_key,))
    change.record("session.delete_all", "user", username)
