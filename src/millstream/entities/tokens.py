"""Tokens and sessions: what a program or a browser shows instead of a password."""

from __future__ import annotations

from millstream.entities.entity import Entity
from millstream.entities.permissions import Resource, ScopeName


class Token(Entity):
    """A token without its secret. Times are in ms since 1970.

    `last_used_time` is right to a minute. `resources` are all there is for the token; without any
    it has no such limit.
    """

    token_id: str
    name: str
    username: str
    scope: ScopeName
    creation_time: int
    expiration_time: int
    last_used_time: int | None = None
    resources: list[Resource] = []


class CreateToken(Entity):
    """Make a token for a user or a service account.

    `read` carries at most READ, `write` at most EDIT, and `admin` all that the user may. A token
    without `expiration_time` lives as long as one may.
    """

    username: str
    name: str
    scope: ScopeName
    expiration_time: int | None = None
    resources: list[Resource] = []


class NewToken(Entity):
    """A token with its secret, which cannot be shown again."""

    token: Token
    secret: str


class TokenId(Entity):
    """Names one token: delete."""

    token_id: str


class ListTokens(Entity):
    """The tokens of a user."""

    username: str


class TokenList(Entity):
    """Tokens, newest first."""

    tokens: list[Token]


class NewSession(Entity):
    """The secret of a session, which cannot be shown again, and when it ends at the latest."""

    secret: str
    expiration_time: int
