"""A sign-in in two steps: off to the provider, and back as somebody."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from millstream.entities.audit_events import AuditRecord, AuditResult
from millstream.entities.users import Actor, Caller
from millstream.errors import (
    BadRequest,
    InvalidParameter,
    MillstreamError,
    PermissionDenied,
    Unauthenticated,
)
from millstream.server.access.openid.configuration import OpenIdConfiguration
from millstream.server.access.openid.id_token import IdTokens
from millstream.server.access.openid.pending import (
    PendingCookies,
    PendingSignIn,
    begin_pending,
    clearing,
)
from millstream.server.access.openid.people import People, Person
from millstream.server.access.openid.provider import Provider, error_code
from millstream.server.access.openid.transport import Transport
from millstream.store.access import Access

SIGN_IN = "/api/v1/openid/sign-in"
CALLBACK = "/api/v1/openid/callback"
_LONGEST_RETURN = 2_000
_NOT_IN_AN_ADDRESS = re.compile(r"[\x00-\x20\x7f]|^[^?#]*\\")  # a backslash in a path is a slash
_MOST_FIELDS = 32


class Begun(NamedTuple):
    """Where the browser goes, and the Set-Cookie field that it takes along."""

    location: str
    cookie: str


class Finished(NamedTuple):
    """Who has signed in, the path to go on at, and the Set-Cookie field that ends the cookie."""

    caller: Caller
    return_to: str
    cookie: str


class OpenIdSignIn:
    """Signs people in at one provider. Everything here blocks, and may be called on any thread.

    `base_url` is the address of this server as the browser sees it, with every prefix. Whatever
    fails raises a `MillstreamError` for the person to read, which holds no secret.
    """

    def __init__(
        self,
        configuration: OpenIdConfiguration,
        access: Access,
        transport: Transport | None = None,
        cookies: PendingCookies | None = None,
    ) -> None:
        reached = transport or Transport(configuration.timeout, configuration.server_cert_path)
        self._configuration = configuration
        self._provider = Provider(configuration, reached)
        self._tokens = IdTokens(configuration, self._provider)
        self._people = People(configuration, access)
        self._cookies = cookies or PendingCookies(configuration)
        self._audit = access.audit

    def begin(self, base_url: str, return_to: str) -> Begun:
        """Send the browser to the provider; `return_to` is the path of ours to go on at."""
        pending = begin_pending(checked_return(base_url, return_to))
        location = self._provider.authorization_url(pending, base_url + CALLBACK)
        return Begun(location, self._cookies.write(pending, encrypted=_encrypted(base_url)))

    def finish(self, base_url: str, query: str, cookies: str, address: str | None) -> Finished:
        """Take the browser back, by the query and the Cookie field that it comes with.

        From here on that it is the one that began, how it ends is in the audit log; `address` is
        the network address that goes with it.
        """
        told = fields(query)
        encrypted = _encrypted(base_url)
        pending = self._cookies.read(cookies, told.get("state", ""), encrypted=encrypted)
        try:
            person = self._identify(told, pending, base_url + CALLBACK)
            caller = self._people.admit(person, address)
        except MillstreamError as error:
            self._note("failure", None, {"reason": error.message}, address)
            raise
        account = {"issuer": person.account.issuer, "subject": person.account.subject}
        self._note("success", caller.username, account, address)
        return Finished(caller, pending.return_to, clearing(pending.state, encrypted=encrypted))

    def _identify(self, told: dict[str, str], pending: PendingSignIn, redirect_uri: str) -> Person:
        self._check_answer(told)
        tokens = self._provider.exchange(told["code"], pending.verifier, redirect_uri)
        claims = self._tokens.check(tokens, pending.nonce)
        if tokens.access_token is not None and self._people.lacks(claims):
            more = self._provider.userinfo(tokens.access_token)
            if more and more.get("sub") != claims["sub"]:
                raise Unauthenticated(
                    "The sign-in provider tells of somebody else than the one who signed in. Sign "
                    "in again; if it lasts, tell an administrator."
                )
            claims = {**more, **claims}
        return self._people.read(claims)

    def _check_answer(self, told: dict[str, str]) -> None:
        """What the browser brings: from this provider, and a code rather than an error."""
        issuer = told.get("iss")
        must = self._provider.endpoints().names_itself
        if issuer != self._configuration.issuer and (must or issuer is not None):
            raise BadRequest(
                f"This answer does not come from the provider at which the sign-in was begun, "
                f"{urlsplit(self._configuration.issuer).netloc}. Sign in again."
            )
        if "error" in told:
            code = error_code(told["error"])
            refused = "you or the provider refused" if code == "access_denied" else "it said"
            raise PermissionDenied(
                f"The sign-in provider did not sign you in: {refused} ({code}). Sign in again, or "
                "ask an administrator."
            )
        if not told.get("code"):
            raise BadRequest("The sign-in provider's answer has no code. Sign in again.")

    def _note(
        self,
        result: AuditResult,
        username: str | None,
        details: dict[str, str],
        address: str | None,
    ) -> None:
        record = AuditRecord(
            "user.sign_in", "user", username, result, {"method": "openid", **details}
        )
        self._audit.append(record, Actor(username, address)).result()


def checked_return(base_url: str, return_to: str) -> str:
    """A path of this server, as browsers see it; raises `InvalidParameter` for any other."""
    home = urlsplit(base_url).path + "/"
    if not return_to:
        return home
    if (
        not return_to.startswith(home)
        or return_to.startswith("//")
        or len(return_to) > _LONGEST_RETURN
        or _NOT_IN_AN_ADDRESS.search(return_to)
        or not return_to.isascii()
    ):
        raise InvalidParameter(
            f"return_to is {return_to[:_LONGEST_RETURN]!r}; it must be a path of this server, in "
            f"ASCII, that begins with '{home}'."
        )
    return return_to


def _encrypted(base_url: str) -> bool:
    return base_url.startswith("https:")


def fields(query: str) -> dict[str, str]:
    """The fields of a query; raises `BadRequest` if one is there twice, since neither counts."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise BadRequest(f"The address has too many fields: {error}.") from error
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("The address names a field twice. Sign in again.")
    return found
