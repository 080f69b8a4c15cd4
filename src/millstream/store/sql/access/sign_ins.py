"""Signing in with a password, and the link that makes the first administrator."""

from __future__ import annotations

import hmac

from millstream.entities import access_validation
from millstream.entities import users as u
from millstream.entities.audit_events import AuditRecord
from millstream.errors import Conflict, Unauthenticated
from millstream.store.access import AccessRules, Proved
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, lockout, proofs, rows
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.access.lockout import Subject
from millstream.store.sql.access.passwords import Passwords
from millstream.store.sql.access.rows import UserRow
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import insert
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_SELECT_ADMINISTRATOR = "SELECT 1 FROM users WHERE is_admin = 1 AND kind = 'user' LIMIT 1"
_INSERT_LINK = insert("administrator_links", "secret_hash expiration_time")
_SELECT_LINK = "SELECT expiration_time FROM administrator_links WHERE secret_hash = ?"
_DELETE_PAST_LINKS = "DELETE FROM administrator_links WHERE expiration_time <= ?"
_DELETE_LINKS = "DELETE FROM administrator_links"
_MOST_TRIES = 3
_REHASH = "UPDATE users SET password_hash = ? WHERE user_key = ?"


class SqlSignIns:
    """Sign-ins to a database."""

    def __init__(self, context: AccessContext, passwords: Passwords) -> None:
        self._context = context
        self._database = context.database
        self._passwords = passwords

    def check_password(self, request: u.CheckPassword) -> Proved:
        """Who it is; may take a tenth of a second."""
        who = lockout.subjects(request, self._context.rules)
        for _ in range(_MOST_TRIES):
            proved = self._try(request, who)
            if proved is not None:
                return proved
        raise _refusal()

    def get_proved(self, request: u.UserName, proof: str) -> u.Caller:
        """Who proved before to be it, by the same password as is kept now, in one statement."""
        user = self._database.read(rows.find_user, request.username)
        if user is None or not user.is_active or not hmac.compare_digest(_proof_of(user), proof):
            raise _refusal()
        return user.caller()

    def _try(self, request: u.CheckPassword, who: list[Subject]) -> Proved | None:
        """Check once; None if what is kept of the user changed meanwhile."""
        context = self._context
        self._database.read(lockout.refuse_locked, who, context.clock())
        # Held until the failure is counted, so that few can try before it counts.
        with self._passwords.slots:
            user = self._database.read(_look_up, request.username, who, context.clock())
            kept = user.password_hash if user is not None and user.is_active else None
            verdict = self._passwords.check(request.password, kept)
            moment = context.clock()
            if user is None or not verdict.is_right:
                failure = (user, who, request.address, context.rules, moment)
                self._database.write(_note_failure, *failure).result()
                raise _refusal()
        by = u.Actor(user.username, request.address)
        success = (user, verdict.rehashed, who[0], by, moment)
        return self._database.write(_note_success, *success).result()

    def has_administrator(self) -> bool:
        """Whether anybody has been made administrator."""
        return bool(self._database.read(_find_administrator))

    def create_link(self) -> Pending[u.AdministratorLink | None]:
        """A link that makes the first administrator; None if there is one."""
        moment = self._context.clock()
        until = moment + self._context.rules.administrator_link_life
        link = u.AdministratorLink(proofs.new_secret(), until)
        return self._database.write(_create_link, link, moment)

    def redeem_link(self, request: u.RedeemAdministratorLink, by: u.Actor) -> Pending[u.User]:
        """Make the first administrator; all links end with it."""
        access_validation.check_username(request.username)
        access_validation.check_password(request.password)
        self._database.read(_check_link, request.secret, self._context.clock())
        hashed = self._passwords.hash(request.password)
        user = u.User(0, request.username, is_admin=True)
        moment = self._context.clock()
        return self._database.write(_redeem, request.secret, user, hashed, by, moment)


def _look_up(reader: Reader, username: str, who: list[Subject], moment: int) -> UserRow | None:
    """The user, unless others have failed meanwhile so often that it is locked out."""
    lockout.refuse_locked(reader, who, moment)
    return rows.find_user(reader, username)


def _refusal() -> Unauthenticated:
    return Unauthenticated("The username or the password is not right.")


def _note_failure(
    transaction: Transaction,
    user: UserRow | None,
    who: list[Subject],
    address: str | None,
    rules: AccessRules,
    moment: int,
) -> None:
    change = chain.begin(transaction, u.Actor(None, address), moment)
    lockout.note_failure(transaction, who, rules, moment)
    # A name that is nobody's is not kept: people type passwords where names belong.
    name = None if user is None else user.username
    change.append(AuditRecord("user.sign_in", "user", name, "failure"))


def _note_success(
    transaction: Transaction,
    user: UserRow,
    rehashed: str | None,
    counted: Subject,
    by: u.Actor,
    moment: int,
) -> Proved | None:
    change = chain.begin(transaction, by, moment)
    now = rows.find_user(transaction, user.username)
    if now is None or not _still_proved(now, user):
        return None
    if rehashed is not None:
        transaction.run(_REHASH, (rehashed, user.user_key))
    lockout.forget(transaction, counted)
    change.record("user.sign_in", "user", user.username)
    kept = now if rehashed is None else now._replace(password_hash=rehashed)
    return Proved(now.caller(), _proof_of(kept))


def _proof_of(user: UserRow) -> str:
    """Which password a user has: a digest of its hash, which is salted anew with each."""
    return proofs.kept(f"{user.user_key}:{user.password_hash}")


def _still_proved(now: UserRow, checked: UserRow) -> bool:
    """Whether it is the same user, let in, with the password that was checked."""
    same = now.user_key == checked.user_key and now.password_hash == checked.password_hash
    return same and bool(now.is_active)


def _find_administrator(reader: Reader) -> list[Row]:
    return reader.execute(_SELECT_ADMINISTRATOR)


def _create_link(
    transaction: Transaction, link: u.AdministratorLink, moment: int
) -> u.AdministratorLink | None:
    change = chain.begin(transaction, u.Actor(), moment)
    if transaction.execute(_SELECT_ADMINISTRATOR):
        return None
    transaction.run(_DELETE_PAST_LINKS, (moment,))
    transaction.run(_INSERT_LINK, (proofs.kept(link.secret), link.expiration_time))
    change.append(AuditRecord("administrator_link.create"))
    return link


def _check_link(source: Reader | Transaction, secret: str, moment: int) -> None:
    # In this order, since a link that goes between the two has made an administrator.
    found = source.execute(_SELECT_LINK, (proofs.kept(secret),))
    if source.execute(_SELECT_ADMINISTRATOR):
        raise Conflict("There is an administrator already; sign in, or ask to be made one.")
    if not found or found[0][0] <= moment:
        raise Unauthenticated(
            "The link is not valid: it is unknown or has expired. Start the server again for "
            "another one."
        )


def _redeem(
    transaction: Transaction, secret: str, user: u.User, hashed: str, by: u.Actor, moment: int
) -> u.User:
    change = chain.begin(transaction, by, moment)
    _check_link(transaction, secret, moment)
    created = rows.add_user(transaction, user, hashed, moment)
    transaction.run(_DELETE_LINKS)
    change.record("administrator_link.redeem", "user", user.username)
    return created
