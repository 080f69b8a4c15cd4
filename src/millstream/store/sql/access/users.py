"""Users and service accounts in SQL."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from millstream.entities import access_validation as rules
from millstream.entities import users as u
from millstream.entities import validation
from millstream.entities.asking import Asking
from millstream.entities.roles import Role
from millstream.errors import InvalidParameter, Unauthenticated
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, lockout, role_rows, rows, user_links
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.access.passwords import Passwords
from millstream.store.sql.access.rows import UserRow
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import TRUE, Sql
from millstream.store.sql.search.paging import Phase, Term, find_page
from millstream.store.sql.transaction import Transaction

_SELECT = f"SELECT {rows.USER_COLUMNS} FROM users WHERE user_key IN ({{}})"
_SET_PASSWORD = "UPDATE users SET password_hash = ?, last_update_time = ? WHERE user_key = ?"  # noqa: S105  # a statement
_SET_ADMIN = "UPDATE users SET is_admin = ?, last_update_time = ? WHERE user_key = ?"
_SET_ACTIVE = "UPDATE users SET is_active = ?, last_update_time = ? WHERE user_key = ?"
_COUNT_OTHERS = (
    "SELECT COUNT(*) FROM users "
    "WHERE is_admin = 1 AND is_active = 1 AND kind = 'user' AND user_key <> ?"
)
_DELETE_SESSIONS = "DELETE FROM sessions WHERE user_key = ?"
_DELETE = (
    "DELETE FROM token_resources WHERE token_key IN "
    "(SELECT token_key FROM tokens WHERE user_key = ?)",
    "DELETE FROM tokens WHERE user_key = ?",
    _DELETE_SESSIONS,
    "DELETE FROM openid_links WHERE user_key = ?",
    "DELETE FROM group_members WHERE user_key = ?",
    "DELETE FROM role_users WHERE user_key = ?",
    "DELETE FROM users WHERE user_key = ?",
)
_MOST_RESULTS = 1_000
_LONGEST_ISSUER = 500
_LONGEST_SUBJECT = 255  # of ASCII characters, as OpenID Connect Core says in section 2


class SqlUsers:
    """The users of a database. `check_password` raises unless a password is right."""

    def __init__(
        self,
        context: AccessContext,
        passwords: Passwords,
        check_password: Callable[[u.CheckPassword], object],
    ) -> None:
        self._context = context
        self._database = context.database
        self._passwords = passwords
        self._check_password = check_password

    def create(self, request: u.CreateUser, by: u.Actor) -> Pending[u.User]:
        """Add; a name that is taken raises `AlreadyExists`."""
        rules.check_username(request.username)
        rules.check_user_kind(request.kind)
        hashed = None
        if request.password is not None:
            if request.kind == "service":
                raise InvalidParameter(
                    f"The service account {request.username!r} cannot have a password; make a "
                    "token for it instead."
                )
            rules.check_password(request.password)
            hashed = self._passwords.hash(request.password)
        user = u.User(0, request.username, request.is_admin, request.kind)
        return self._database.write(_create, user, hashed, by, self._context.clock())

    def get(self, request: u.UserName) -> u.User:
        """Get by name."""
        return self._database.read(rows.required_user, request.username).user()

    def get_caller(self, request: u.UserName) -> u.Caller:
        """An active user as who proved to be it by other means; others raise `Unauthenticated`."""
        found = self._database.read(rows.find_user, request.username)
        if found is None or not found.is_active:
            raise Unauthenticated(f"No active user has the username {request.username!r}.")
        return found.caller()

    def get_current(self, request: u.GetCurrentUser, asking: Asking) -> u.CurrentUser:  # noqa: ARG002  # as its row has it
        """Who asks; raises `Unauthenticated` if nobody is signed in."""
        user = self._database.read(rows.required_user, asking.signed_in.username).user()
        return u.CurrentUser(user, asking.is_basic_auth)

    def list(self, request: u.ListUsers) -> u.UserPage:
        """All users by name, with their roles, in a constant number of statements."""
        validation.check_max_results(request.max_results, _MOST_RESULTS)
        return self._database.read(_list, request)

    def set_password(self, request: u.UpdateUserPassword, asking: Asking) -> Pending[None]:
        """Replace the password and end the user's sessions; a service account has none."""
        rules.check_password(request.password)
        if asking.caller is not None and asking.caller.username == request.username:
            self._check_current(request, asking.address)
        hashed = self._passwords.hash(request.password)
        counted = lockout.of_user(request.username, self._context.rules)
        moment = self._context.clock()
        by = asking.actor
        return self._database.write(_set_password, request.username, hashed, counted, by, moment)

    def set_admin(self, request: u.UpdateUserAdmin, by: u.Actor) -> Pending[None]:
        """Make an administrator or take it back, but not from the last one."""
        return self._database.write(_set_admin, request, by, self._context.clock())

    def set_active(self, request: u.UpdateUserActive, by: u.Actor) -> Pending[None]:
        """Shut out, which ends sessions and leaves tokens without effect, or let in again."""
        return self._database.write(_set_active, request, by, self._context.clock())

    def delete(self, request: u.UserName, by: u.Actor) -> Pending[None]:
        """Delete for good, with all that was granted; the last administrator stays."""
        return self._database.write(_delete, request.username, by, self._context.clock())

    def find_link(self, user_id: int) -> u.UserLink | None:
        """The account of an OpenID provider that a user belongs to, in one statement."""
        return self._database.read(user_links.find, user_id)

    def link(self, request: u.LinkUser, by: u.Actor) -> Pending[u.UserLink]:
        """Link a user that is not linked; gives the link that counts, maybe one from before."""
        validation.check_length(request.issuer, "issuer", _LONGEST_ISSUER)
        validation.check_length(request.subject, "subject", _LONGEST_SUBJECT)
        return self._database.write(user_links.link, request, by, self._context.clock())

    def list_links(self, request: u.ListUserLinks) -> u.UserLinkPage:
        """The links of users, by name."""
        validation.check_max_results(request.max_results, _MOST_RESULTS)
        return self._database.read(user_links.page, request)

    def unlink(self, request: u.UserName, by: u.Actor) -> Pending[None]:
        """Let a user belong to nobody; one that belongs to none raises `NotFound`."""
        moment = self._context.clock()
        return self._database.write(user_links.unlink, request.username, by, moment)

    def _check_current(self, request: u.UpdateUserPassword, address: str | None) -> None:
        if not request.current_password:
            raise InvalidParameter(
                "Whoever changes its own password has to give the present one as current_password."
            )
        if request.current_password == request.password:
            raise InvalidParameter("The new password is the present one; choose another.")
        shown = u.CheckPassword(request.username, request.current_password, address)
        try:
            self._check_password(shown)
        except Unauthenticated as error:
            raise InvalidParameter("The current_password is not the present one.") from error


def _create(
    transaction: Transaction, user: u.User, hashed: str | None, by: u.Actor, moment: int
) -> u.User:
    change = chain.begin(transaction, by, moment)
    created = rows.add_user(transaction, user, hashed, moment)
    change.record(
        "user.create", "user", user.username, kind=user.kind, is_admin=_yes_no(user.is_admin)
    )
    return created


def _list(reader: Reader, request: u.ListUsers) -> u.UserPage:
    terms = (Term(Sql("u.username"), "text"),)
    phase = Phase("u.user_key", (), terms, ((Sql("users AS u"), (TRUE,)),))
    found = find_page(reader, [phase], request.max_results, ("users",), request.page_token)
    if not found.keys:
        return u.UserPage([])
    selected = reader.execute(_SELECT.format(placeholders(len(found.keys))), found.keys)
    users = {row[0]: UserRow(*row).user() for row in selected}
    roles = role_rows.of_users(reader, found.keys)
    listed = [_with_roles(users[key], roles.get(key, [])) for key in found.keys]
    return u.UserPage(listed, found.next_page_token)


def _with_roles(user: u.User, roles: list[Role]) -> u.ListedUser:
    return u.ListedUser(**msgspec.structs.asdict(user), roles=roles)


def _set_password(
    transaction: Transaction,
    username: str,
    hashed: str,
    counted: lockout.Subject,
    by: u.Actor,
    moment: int,
) -> None:
    change = chain.begin(transaction, by, moment)
    user = rows.required_user(transaction, username)
    if user.kind == "service":
        raise InvalidParameter(
            f"The service account {username!r} cannot have a password; make a token for it instead."
        )
    transaction.run(_SET_PASSWORD, (hashed, moment, user.user_key))
    transaction.run(_DELETE_SESSIONS, (user.user_key,))
    lockout.forget(transaction, counted)
    change.record("user.set_password", "user", username)


def _set_admin(
    transaction: Transaction, request: u.UpdateUserAdmin, by: u.Actor, moment: int
) -> None:
    change = chain.begin(transaction, by, moment)
    user = rows.required_user(transaction, request.username)
    if not request.is_admin:
        _keep_an_administrator(transaction, user)
    transaction.run(_SET_ADMIN, (int(request.is_admin), moment, user.user_key))
    change.record("user.set_admin", "user", user.username, is_admin=_yes_no(request.is_admin))


def _set_active(
    transaction: Transaction, request: u.UpdateUserActive, by: u.Actor, moment: int
) -> None:
    change = chain.begin(transaction, by, moment)
    user = rows.required_user(transaction, request.username)
    if not request.is_active:
        _keep_an_administrator(transaction, user)
        transaction.run(_DELETE_SESSIONS, (user.user_key,))
    transaction.run(_SET_ACTIVE, (int(request.is_active), moment, user.user_key))
    change.record("user.set_active", "user", user.username, is_active=_yes_no(request.is_active))


def _delete(transaction: Transaction, username: str, by: u.Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    subject = rows.subject(transaction, username, None)
    _keep_an_administrator(transaction, rows.required_user(transaction, username))
    rows.remove_role(transaction, subject.role_key)
    for statement in _DELETE:
        transaction.run(statement, (subject.key,))
    change.record("user.delete", "user", username)


def _keep_an_administrator(transaction: Transaction, user: UserRow) -> None:
    """Refuse what would leave the server without an active administrator."""
    if not user.is_admin or not user.is_active or user.kind != "user":
        return
    if transaction.execute(_COUNT_OTHERS, (user.user_key,))[0][0] == 0:
        raise InvalidParameter(
            f"User {user.username!r} is the last active administrator and has to stay one. Make "
            "somebody else an administrator first."
        )


def _yes_no(value: bool) -> str:
    return "true" if value else "false"
