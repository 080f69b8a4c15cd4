"""People of the provider become users: by their claims, and by what the settings allow."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from millstream.entities.access_validation import check_username
from millstream.entities.users import (
    Actor,
    Caller,
    CreateUser,
    LinkUser,
    UpdateUserAdmin,
    User,
    UserName,
)
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied
from millstream.server.access.openid.configuration import OpenIdConfiguration
from millstream.server.access.provided_groups import ProvidedGroups
from millstream.store.access import Access

GROUP_PREFIX = "oidc:"
_TOLD_ELSEWHERE = "_claim_names"
_LOG = logging.getLogger(__name__)


class Account(NamedTuple):
    """Somebody at a provider, for ever: a name there may be given to somebody else one day."""

    issuer: str
    subject: str


class Person(NamedTuple):
    """Who has signed in; without `groups` the settings do not ask for them."""

    account: Account
    username: str
    groups: frozenset[str] | None


class People:
    """Admits people of one provider to a store."""

    def __init__(self, configuration: OpenIdConfiguration, access: Access) -> None:
        self._configuration = configuration
        self._users = access.users
        self._groups = ProvidedGroups(access.groups, GROUP_PREFIX)

    def lacks(self, claims: Mapping[str, Any]) -> bool:
        """Whether claims are missing that the provider may tell elsewhere than in the ID token."""
        configuration = self._configuration
        names = [required.name for required in configuration.required_claims]
        names.append(configuration.username_claim)
        if configuration.groups_claim is not None:
            names.append(configuration.groups_claim)
        return any(claim(claims, name) is None for name in names)

    def read(self, claims: Mapping[str, Any]) -> Person:
        """Who the claims speak of; raises `PermissionDenied` if the settings do not let it in."""
        configuration = self._configuration
        for required in configuration.required_claims:
            if required.value not in _texts(claim(claims, required.name)):
                raise PermissionDenied(
                    f"Only people whose claim '{required.name}' is '{required.value}' may sign in "
                    "here, and the sign-in provider does not say so of you."
                )
        account = Account(configuration.issuer, claims["sub"])
        return Person(account, self._username(claims), self._read_groups(claims))

    def admit(self, person: Person, address: str | None) -> Caller:
        """The user that a person is, made, linked and put into groups as the settings say.

        Raises `PermissionDenied` for whoever may not be that user, or no user at all.
        """
        by = Actor(None, address)
        user = self._find(person.username) or self._create(person, by)
        if user.kind == "service" or not user.is_active:
            raise PermissionDenied(
                f"The user '{user.username}' is shut out or no person; ask an administrator."
            )
        self._check_link(user, person.account, address)
        if person.groups is not None:
            self._groups.replace(user.username, person.groups, by)
            self._set_admin(user, person.groups, by)
        return self._users.get_caller(UserName(user.username))

    def _username(self, claims: Mapping[str, Any]) -> str:
        name = self._configuration.username_claim
        value = claim(claims, name)
        if not isinstance(value, str) or not value:
            raise PermissionDenied(
                f"The sign-in provider does not tell your claim '{name}', which would be your "
                "username here. An administrator can choose another one with "
                "MILLSTREAM_OIDC_USERNAME_CLAIM, or ask for more with MILLSTREAM_OIDC_SCOPES."
            )
        if name == "email" and claims.get("email_verified") is not True:
            raise PermissionDenied(
                f"The sign-in provider has not verified that '{value}' is your address, and so it "
                "cannot be your username here."
            )
        check_username(value)
        return value

    def _read_groups(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        name = self._configuration.groups_claim
        if name is None:
            return None
        elsewhere = claims.get(_TOLD_ELSEWHERE)
        if isinstance(elsewhere, dict) and name in elsewhere:
            raise PermissionDenied(
                f"You are in more groups than the sign-in provider tells in the claim '{name}'. An "
                "administrator has to let it tell only those that are assigned to this application."
            )
        told = _texts(claim(claims, name))
        administrators = self._configuration.administrators_group
        return frozenset(
            group for group in told if group == administrators or self._configuration.counts(group)
        )

    def _find(self, username: str) -> User | None:
        try:
            return self._users.get(UserName(username))
        except NotFound:
            return None

    def _create(self, person: Person, by: Actor) -> User:
        if not self._configuration.create_users:
            raise PermissionDenied(
                f"You have signed in as '{person.username}', who is no user here. An administrator "
                "can create that user, or let everybody in with MILLSTREAM_OIDC_CREATE_USERS=true."
            )
        with contextlib.suppress(AlreadyExists):  # another request was faster
            return self._users.create(CreateUser(person.username), by).result()
        return self._users.get(UserName(person.username))

    def _check_link(self, user: User, account: Account, address: str | None) -> None:
        found = self._users.find_link(user.id)
        if found is None:
            if user.has_password and not self._configuration.link_users:
                raise PermissionDenied(
                    f"There is a user '{user.username}' here already, who signs in with a "
                    "password. An administrator can let people from the sign-in provider take over "
                    "users of their names with MILLSTREAM_OIDC_LINK_USERS=true."
                )
            request = LinkUser(user.username, account.issuer, account.subject)
            # Two people may do the same at the same moment: what the store says counts.
            found = self._users.link(request, Actor(user.username, address)).result()
        if Account(found.issuer, found.subject) != account:
            raise PermissionDenied(
                f"The user '{user.username}' belongs to another account of the sign-in provider "
                "than yours, although its name is the same; ask an administrator."
            )

    def _set_admin(self, user: User, groups: frozenset[str], by: Actor) -> None:
        group = self._configuration.administrators_group
        if group is None or user.is_admin == (group in groups):
            return
        try:
            self._users.set_admin(UpdateUserAdmin(user.username, group in groups), by).result()
        except InvalidParameter as error:
            # The last one: better an administrator too many than a server without any.
            _LOG.warning("%s is not in the group %s: %s", user.username, group, error)


def claim(claims: Mapping[str, Any], name: str) -> object:
    """A claim by its name or, as in `realm_access.roles`, by its path; None if it is not told."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: object) -> list[str]:
    """A claim of one text or of several."""
    listed = value if isinstance(value, list) else [value]
    return [text for text in listed if isinstance(text, str) and text]
