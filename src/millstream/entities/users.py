"""Users and service accounts, who calls, and the requests about them."""

from __future__ import annotations

from typing import Literal

from millstream.entities.entity import Entity
from millstream.entities.permissions import ScopeName
from millstream.entities.roles import Role

UserKind = Literal["user", "service"]


class User(Entity):
    """A person or, with the kind `service`, a program. Times are in ms since 1970.

    Who has no password signs in by other means.
    """

    id: int
    username: str
    is_admin: bool
    kind: UserKind = "user"
    is_active: bool = True
    creation_time: int = 0
    last_update_time: int = 0
    has_password: bool = False


class Actor(Entity):
    """Who does something, for the audit log; nobody's name if no user does."""

    username: str | None = None
    address: str | None = None
    token_id: str | None = None


class Caller(Entity):
    """A user who has proved to be one, and how much of the user's rights the proof carries.

    Without a token it carries all of them. `is_limited` says that the token is for some resources.
    """

    user_id: int
    username: str
    is_admin: bool
    token_id: str | None = None
    scope: ScopeName | None = None
    is_limited: bool = False

    @property
    def administers(self) -> bool:
        """Whether this caller may do what only administrators may."""
        return self.is_admin and self.scope in (None, "admin") and not self.is_limited


class CreateUser(Entity):
    """Add a user with a password of at least 12 characters, or a service account without one.

    A user without a password signs in by other means.
    """

    username: str
    password: str | None = None
    kind: UserKind = "user"
    is_admin: bool = False


class UserName(Entity):
    """Names one user: get, delete."""

    username: str


class ListUsers(Entity):
    """A page of the users by name, of at most 1,000."""

    max_results: int = 1_000
    page_token: str | None = None


class ListedUser(User, kw_only=True):
    """A user in a list, with the roles that it has by itself or by a group."""

    roles: list[Role]


class UserPage(Entity):
    """Users by name."""

    users: list[ListedUser]
    next_page_token: str | None = None


class UpdateUserPassword(Entity):
    """Give a user another password, which ends the user's sessions.

    Who is signed in and changes its own has to say the current one.
    """

    username: str
    password: str
    current_password: str | None = None


class UpdateUserAdmin(Entity):
    """Make a user an administrator, or one no longer."""

    username: str
    is_admin: bool


class UpdateUserActive(Entity):
    """Shut a user out without forgetting who it was, or let it in again."""

    username: str
    is_active: bool


class UserLink(Entity):
    """A user, and the one account of an OpenID provider that may sign in as it.

    An account is an issuer's address with a subject there, which it gives to nobody else.
    """

    username: str
    issuer: str
    subject: str
    creation_time: int


class ListUserLinks(Entity):
    """A page of the links of all users, or that of one, of at most 1,000."""

    username: str | None = None
    max_results: int = 1_000
    page_token: str | None = None


class UserLinkPage(Entity):
    """Links by the names of users."""

    links: list[UserLink] = []
    next_page_token: str | None = None


class LinkUser(Entity):
    """Let an account of a provider sign in as a user."""

    username: str
    issuer: str
    subject: str


class GetCurrentUser(Entity):
    """Asks who is signed in."""


class CurrentUser(Entity):
    """Who is signed in, and whether by name and password in the Authorization header."""

    user: User
    is_basic_auth: bool


class CheckPassword(Entity):
    """What somebody claims to be at sign-in, and the network address that the claim comes from."""

    username: str
    password: str
    address: str | None = None


class AdministratorLink(Entity):
    """The secret of a link that makes the first administrator; it cannot be shown again."""

    secret: str
    expiration_time: int


class RedeemAdministratorLink(Entity):
    """Become the first administrator, with the secret of a link."""

    secret: str
    username: str
    password: str
