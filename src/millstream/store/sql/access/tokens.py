"""Tokens in SQL."""

from __future__ import annotations

import hmac

from millstream.entities import access_validation as rules
from millstream.entities import permissions as p
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.errors import InvalidParameter, NotFound, PermissionDenied, Unauthenticated
from millstream.store.access import Checked
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, proofs, resources, rows
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import insert
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_INSERT = insert(
    "tokens",
    "token_id user_key name secret_hash scope is_limited creation_time expiration_time",
)
_INSERT_RESOURCE = insert("token_resources", "token_key resource_type resource_key")
_COUNT = "SELECT COUNT(*) FROM tokens WHERE user_key = ?"
_SELECT = (
    "SELECT token_key, token_id, name, scope, creation_time, expiration_time, last_used_time "
    "FROM tokens WHERE user_key = ? ORDER BY token_key DESC"
)
_SELECT_RESOURCES = (
    "SELECT l.token_key, l.resource_type, l.resource_key FROM token_resources l "
    "JOIN tokens t ON t.token_key = l.token_key WHERE t.user_key = ? "
    "ORDER BY l.token_key, l.resource_type, l.resource_key"
)
_SELECT_OWNER = (
    "SELECT t.token_key, t.name, u.username FROM tokens t "
    "JOIN users u ON u.user_key = t.user_key WHERE t.token_id = ?"
)
_SELECT_MAKER = "SELECT scope, is_limited, expiration_time FROM tokens WHERE token_id = ?"
_SELECT_PROOF = (
    "SELECT t.token_key, t.secret_hash, t.expiration_time, t.last_used_time, t.scope, "
    "t.is_limited, u.user_key, u.username, u.is_admin, u.is_active "
    "FROM tokens t JOIN users u ON u.user_key = t.user_key WHERE t.token_id = ?"
)
_NOTE_USE = (
    "UPDATE tokens SET last_used_time = ? "
    "WHERE token_key = ? AND (last_used_time IS NULL OR last_used_time <= ?)"
)
_DELETE = (
    "DELETE FROM token_resources WHERE token_key = ?",
    "DELETE FROM tokens WHERE token_key = ?",
)
_MOST_TOKENS = 1_000
_MOST_RESOURCES = 1_000
_NOBODYS = "0" * 64


class SqlTokens:
    """The tokens of a database."""

    def __init__(self, context: AccessContext) -> None:
        self._context = context
        self._database = context.database

    def create(self, request: t.CreateToken, by: u.Actor) -> Pending[t.NewToken]:
        """Make a token; only this answer ever holds its secret."""
        rules.check_token_name(request.name)
        if request.scope not in p.MOST_BY_SCOPE:
            raise InvalidParameter(
                f"Invalid scope {request.scope!r}; it must be read, write or admin."
            )
        if len(request.resources) > _MOST_RESOURCES:
            raise InvalidParameter(
                f"A token can be for at most {_MOST_RESOURCES} resources; this one names "
                f"{len(request.resources)}."
            )
        moment = self._context.clock()
        longest = self._context.rules.longest_token_life
        until = moment + longest if request.expiration_time is None else request.expiration_time
        if not moment < until <= moment + longest:
            raise InvalidParameter(
                f"Invalid expiration time {until}: it must lie after now ({moment}) and at most "
                f"{longest} ms ahead."
            )
        parts = proofs.new_token()
        return self._database.write(_create, request, parts, until, by, moment)

    def list(self, request: t.ListTokens) -> t.TokenList:
        """The tokens of a user, newest first."""
        return self._database.read(_list, request.username)

    def get_owner(self, token_id: str) -> str | None:
        """Whose token that is, by its name; None if there is none."""
        return self._database.read(_owner, token_id)

    def delete(self, request: t.TokenId, by: u.Actor) -> Pending[None]:
        """Revoke; an absent one raises `NotFound`."""
        return self._database.write(_delete, request.token_id, by, self._context.clock())

    def check(self, secret: str) -> Checked:
        """Whose token it is; one that is wrong, past or of nobody raises `Unauthenticated`."""
        parts = proofs.parts_of(secret)
        found = None if parts is None else self._database.read(_proof, parts.token_id)
        kept = _NOBODYS if found is None else found[1]
        is_right = hmac.compare_digest(kept, proofs.kept("" if parts is None else parts.secret))
        moment = self._context.clock()
        if parts is None or found is None or not is_right or found[2] <= moment:
            raise _refusal()
        token_key, _, until, last_used, scope, is_limited, user_key, username, is_admin, active = (
            found
        )
        if not active:
            raise _refusal()
        caller = u.Caller(
            user_key, username, bool(is_admin), parts.token_id, scope, bool(is_limited)
        )
        before = moment - self._context.rules.use_noted_every
        if last_used is not None and last_used > before:
            return Checked(caller, until)
        return Checked(caller, until, self._database.write(_note_use, token_key, moment, before))


def _refusal() -> Unauthenticated:
    return Unauthenticated("The token is not valid: it is unknown, revoked or has expired.")


def _create(
    transaction: Transaction,
    request: t.CreateToken,
    parts: proofs.TokenParts,
    until: int,
    by: u.Actor,
    moment: int,
) -> t.NewToken:
    change = chain.begin(transaction, by, moment)
    _check_maker(transaction, request, by, until)
    user = rows.required_user(transaction, request.username)
    if transaction.execute(_COUNT, (user.user_key,))[0][0] >= _MOST_TOKENS:
        raise InvalidParameter(
            f"User {user.username!r} has {_MOST_TOKENS} tokens already; delete some of them first."
        )
    limits = {
        (one.resource_type, one.resource_id): resources.key_of(
            transaction, one.resource_type, one.resource_id
        )
        for one in request.resources
    }
    hashed = proofs.kept(parts.secret)
    values = (parts.token_id, user.user_key, request.name, hashed, request.scope)
    row = (*values, int(bool(limits)), moment, until)
    token_key = transaction.insert(_INSERT, row, "token_key")
    for (kind, _), key in limits.items():
        transaction.run(_INSERT_RESOURCE, (token_key, kind, key))
    change.record(
        "token.create", "user", user.username, token_id=parts.token_id, scope=request.scope
    )
    named = [p.Resource(*one) for one in limits]
    token = t.Token(
        parts.token_id,
        request.name,
        user.username,
        request.scope,
        moment,
        until,
        resources=named,
    )
    return t.NewToken(token, parts.text)


def _check_maker(transaction: Transaction, request: t.CreateToken, by: u.Actor, until: int) -> None:
    """Refuse a token to make one that may more than itself, or lives longer."""
    if by.token_id is None:
        return
    found = transaction.execute(_SELECT_MAKER, (by.token_id,))
    if not found:
        raise _refusal()
    scope, is_limited, maker_until = found[0]
    asked = p.LEVELS[p.MOST_BY_SCOPE[request.scope]]
    if is_limited or asked > p.LEVELS[p.MOST_BY_SCOPE[scope]] or until > maker_until:
        raise PermissionDenied(
            f"The token {by.token_id} cannot make a token of scope {request.scope!r} until "
            f"{until}: one made by a token may at most what that may (its scope is {scope!r}), "
            f"lives no longer (until {maker_until}), and cannot come from one for some resources. "
            "Sign in with a password instead."
        )


def _list(reader: Reader, username: str) -> t.TokenList:
    user = rows.required_user(reader, username)
    tokens = {
        key: t.Token(token_id, name, username, scope, created, until, last_used)
        for key, token_id, name, scope, created, until, last_used in reader.execute(
            _SELECT, (user.user_key,)
        )
    }
    limits = reader.execute(_SELECT_RESOURCES, (user.user_key,))
    ids = resources.ids_of(reader, [(kind, key) for _, kind, key in limits])
    for token_key, kind, key in limits:
        if token_key in tokens and (kind, key) in ids:
            tokens[token_key].resources.append(p.Resource(kind, ids[kind, key]))
    return t.TokenList(list(tokens.values()))


def _delete(transaction: Transaction, token_id: str, by: u.Actor, moment: int) -> None:
    change = chain.begin(transaction, by, moment)
    found = transaction.execute(_SELECT_OWNER, (token_id,))
    if not found:
        raise NotFound(f"No token with id={token_id} exists")
    token_key, _, username = found[0]
    for statement in _DELETE:
        transaction.run(statement, (token_key,))
    change.record("token.delete", "user", username, token_id=token_id)


def _owner(reader: Reader, token_id: str) -> str | None:
    found = reader.execute(_SELECT_OWNER, (token_id,))
    return str(found[0][2]) if found else None


def _proof(reader: Reader, token_id: str) -> Row | None:
    found = reader.execute(_SELECT_PROOF, (token_id,))
    return found[0] if found else None


def _note_use(transaction: Transaction, token_key: int, moment: int, before: int) -> None:
    transaction.run(_NOTE_USE, (moment, token_key, before))
