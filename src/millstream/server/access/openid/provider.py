"""The provider: where its endpoints and keys are, and what it gives for a code."""

from __future__ import annotations

import base64
import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from millstream.asgi.guard import is_loopback
from millstream.errors import InvalidState, Unauthenticated, Unavailable
from millstream.server.access.openid.configuration import OpenIdConfiguration
from millstream.server.access.openid.pending import PendingSignIn
from millstream.server.access.openid.transport import Answer, Transport

_KEPT_SECONDS = 3_600.0
_ERROR_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_URL = re.compile(r"[!-~]{1,2048}")
_LOG = logging.getLogger(__name__)


class Endpoints(NamedTuple):
    """What the discovery document says.

    `secret_in_form` is how the client secret is shown; `names_itself` says that every answer tells
    the issuer (RFC 9207).
    """

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    secret_in_form: bool
    names_itself: bool


class Tokens(NamedTuple):
    """What the provider gives for a code."""

    id_token: str
    access_token: str | None


class _Kept(NamedTuple):
    """Something of the provider's, and until when it counts."""

    value: Any
    until: float


class Provider:
    """One OpenID provider. Its document and keys are read when needed and kept for an hour.

    Only addresses that the document of the named issuer gives are called, by https unless the
    issuer is on this machine. Whatever it does wrong raises `Unavailable`, `Unauthenticated` or
    `InvalidState`, for people to read.
    """

    def __init__(
        self,
        configuration: OpenIdConfiguration,
        transport: Transport,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._configuration = configuration
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._endpoints: _Kept | None = None
        self._keys: _Kept | None = None

    def authorization_url(self, pending: PendingSignIn, redirect_uri: str) -> str:
        """Where a browser goes to sign in."""
        return str(
            prepare_grant_uri(
                self.endpoints().authorization,
                self._configuration.client_id,
                "code",
                redirect_uri,
                self._configuration.scopes,
                pending.state,
                nonce=pending.nonce,
                code_challenge=pending.challenge,
                code_challenge_method="S256",
            )
        )

    def endpoints(self) -> Endpoints:
        """What the discovery document says."""
        with self._lock:
            if self._endpoints is None or self._clock() >= self._endpoints.until:
                self._endpoints = _Kept(self._discover(), self._clock() + _KEPT_SECONDS)
            found: Endpoints = self._endpoints.value
            return found

    def keys(self, *, fresh: bool = False) -> KeySet:
        """The public keys of the provider; `fresh` ones if a key is not among those kept."""
        address = self.endpoints().keys
        with self._lock:
            if fresh or self._keys is None or self._clock() >= self._keys.until:
                self._keys = _Kept(self._read_keys(address), self._clock() + _KEPT_SECONDS)
            found: KeySet = self._keys.value
            return found

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """Show the code that a browser has brought back, with the proof that it was begun here."""
        endpoints, configuration = self.endpoints(), self._configuration
        form = prepare_token_request(
            "authorization_code", "", redirect_uri, code=code, code_verifier=verifier
        )
        headers = {}
        if endpoints.secret_in_form:
            form += (
                f"&client_id={quote(configuration.client_id, safe='')}"
                f"&client_secret={quote(configuration.client_secret, safe='')}"
            )
        else:
            headers["Authorization"] = _basic(configuration)
        answer = self._transport.post(endpoints.token, form, headers)
        if answer.status != 200:
            raise self._refusal(answer)
        id_token, access_token = answer.values.get("id_token"), answer.values.get("access_token")
        if not isinstance(id_token, str):
            raise Unavailable(
                f"The sign-in provider {self._host} did not say who you are: its answer has no ID "
                "token. An administrator has to see that the scope openid is allowed for "
                f"client '{configuration.client_id}'."
            )
        return Tokens(id_token, access_token if isinstance(access_token, str) else None)

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """What the provider tells of a person beside the ID token; nothing if it has no such door.

        Whoever asks has to hold its `sub` against the ID token's.
        """
        address = self.endpoints().userinfo
        if address is None:
            return {}
        answer = self._transport.get(address, {"Authorization": f"Bearer {access_token}"})
        if answer.status != 200:
            raise Unavailable(
                f"The sign-in provider {self._host} answered {answer.status} when it was asked for "
                "your name. Try again later; if it lasts, tell an administrator."
            )
        return answer.values

    @property
    def _host(self) -> str:
        return urlsplit(self._configuration.issuer).netloc

    def _discover(self) -> Endpoints:
        issuer = self._configuration.issuer
        answer = self._transport.get(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if answer.status != 200:
            raise Unavailable(
                f"The sign-in provider {self._host} answered {answer.status} when it was asked "
                f"where to sign in. An administrator has to see whether '{issuer}', as "
                "MILLSTREAM_OIDC_ISSUER has it, is right."
            )
        told = answer.values
        if told.get("issuer") != issuer:
            raise InvalidState(
                f"The sign-in provider calls itself '{told.get('issuer')}', but "
                f"MILLSTREAM_OIDC_ISSUER is '{issuer}'; both must be the same, sign by sign."
            )
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Endpoints(
            self._address(told, "authorization_endpoint"),
            self._address(told, "token_endpoint"),
            self._address(told, "jwks_uri"),
            self._address(told, "userinfo_endpoint") if "userinfo_endpoint" in told else None,
            "client_secret_basic" not in methods and "client_secret_post" in methods,
            told.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, told: dict[str, Any], name: str) -> str:
        """An address of the document; by https, or all of it is on this machine."""
        address = told.get(name)
        written = address if isinstance(address, str) and _URL.fullmatch(address) else ""
        parts = urlsplit(written)
        here = urlsplit(self._configuration.issuer)
        plain = parts.scheme == here.scheme == "http" and is_loopback(parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or plain):
            raise InvalidState(
                f"The sign-in provider {self._host} names {address!r} as its {name}; it must be an "
                "address by https."
            )
        return written

    def _read_keys(self, address: str) -> KeySet:
        answer = self._transport.get(address)
        keys = answer.values.get("keys")
        try:
            if answer.status == 200 and isinstance(keys, list):
                return KeySet.import_key_set({"keys": list(filter(_can_sign, keys))})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            _LOG.warning("The keys of the OpenID provider cannot be read: %s", error)
        raise Unavailable(
            f"The sign-in provider {self._host} shows no keys that can be read, so nothing that it "
            "says can be checked. Try again later; if it lasts, tell an administrator."
        )

    def _refusal(self, answer: Answer) -> Unauthenticated | InvalidState | Unavailable:
        """Why there is no token; the provider's own sentences may repeat what must not be shown."""
        code = error_code(answer.values.get("error"))
        _LOG.warning("The OpenID provider refused a code: %s, status %d", code, answer.status)
        if code in ("invalid_client", "unauthorized_client"):
            return InvalidState(
                f"The sign-in provider {self._host} does not accept this server ({code}). An "
                "administrator has to set MILLSTREAM_OIDC_CLIENT_ID and the client secret as the "
                "provider has them."
            )
        if answer.status >= 500:
            return Unavailable(
                f"The sign-in provider {self._host} failed with {answer.status}. Try again later."
            )
        return Unauthenticated(
            f"The sign-in provider {self._host} did not accept this sign-in ({code}); it may have "
            "taken too long, or been finished already. Sign in again."
        )


def error_code(told: object) -> str:
    """A provider's code of an error, if it is one that may be shown."""
    return told if isinstance(told, str) and _ERROR_CODE.fullmatch(told) else "no reason given"


def _can_sign(key: object) -> bool:
    """Whether a key is a public one that signatures may be checked with."""
    return isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") != "oct"


def _basic(configuration: OpenIdConfiguration) -> str:
    """Both parts are encoded as in a form before they are joined (RFC 6749, section 2.3.1)."""
    joined = ":".join(
        quote(part, safe="") for part in (configuration.client_id, configuration.client_secret)
    )
    return f"Basic {base64.b64encode(joined.encode()).decode()}"
