"""A sign-in that is under way: kept by the browser that began it, in a cookie only we can read."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from millstream.errors import BadRequest
from millstream.server.access.openid.configuration import OpenIdConfiguration

LIFE_SECONDS = 600
_NAME = "millstream-sign-in"
_SLOTS = 8
_RANDOM_BYTES = 32
_BEGIN_AGAIN = "Sign in again, in the same browser and with cookies allowed."


class PendingSignIn(msgspec.Struct, frozen=True, array_like=True):
    """What must be known when the browser comes back; `return_to` is a path of ours.

    `state` binds the answer to this browser, `nonce` the ID token to this sign-in, `verifier` the
    code to us.
    """

    state: str
    nonce: str
    verifier: str
    return_to: str

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier when the sign-in begins (PKCE, S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def begin_pending(return_to: str) -> PendingSignIn:
    """A new one, of which nothing can be guessed."""
    state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
    return PendingSignIn(state, nonce, verifier, return_to)


class PendingCookies:
    """Writes them into cookies and reads them again, for ten minutes.

    All processes of a server have the same key, made from the client secret: slowly, so that nobody
    can guess a weak secret by the cookie that he is given. `clock` tells seconds since 1970.
    """

    def __init__(
        self, configuration: OpenIdConfiguration, clock: Callable[[], float] = time.time
    ) -> None:
        salt = f"millstream sign-in\0{configuration.issuer}\0{configuration.client_id}".encode()
        key = hashlib.scrypt(
            configuration.client_secret.encode(), salt=salt, n=1 << 14, r=8, p=1, dklen=32
        )
        self._box = Fernet(base64.urlsafe_b64encode(key))
        self._clock = clock

    def write(self, pending: PendingSignIn, *, encrypted: bool) -> str:
        """A Set-Cookie field; `encrypted` says whether the browser came by https."""
        sealed = self._box.encrypt_at_time(msgspec.json.encode(pending), int(self._clock()))
        return _field(_name(pending.state, encrypted=encrypted), sealed.decode(), LIFE_SECONDS)

    def read(self, cookies: str, state: str, *, encrypted: bool) -> PendingSignIn:
        """The sign-in of this state, from a Cookie field.

        Raises `BadRequest` if this browser did not begin it, or too long ago.
        """
        name = _name(state, encrypted=encrypted)
        fields = (part.strip().partition("=") for part in cookies.split(";"))
        values = [value for found, _, value in fields if found == name]
        if len(values) != 1:
            raise BadRequest(
                f"This sign-in was not begun in this browser, or more than {LIFE_SECONDS // 60} "
                f"minutes ago. {_BEGIN_AGAIN}"
            )
        pending = self._open(values[0])
        if not secrets.compare_digest(pending.state.encode(), state.encode()):
            raise BadRequest(f"This is the end of a sign-in of somebody else. {_BEGIN_AGAIN}")
        return pending

    def _open(self, sealed: str) -> PendingSignIn:
        try:
            opened = self._box.decrypt_at_time(sealed, LIFE_SECONDS, int(self._clock()))
        except InvalidToken as error:
            raise BadRequest(
                f"This sign-in was begun more than {LIFE_SECONDS // 60} minutes ago, or its cookie "
                f"was changed. {_BEGIN_AGAIN}"
            ) from error
        return msgspec.json.decode(opened, type=PendingSignIn)


def clearing(state: str, *, encrypted: bool) -> str:
    """A Set-Cookie field that ends the cookie of a state."""
    return _field(_name(state, encrypted=encrypted), "", 0)


def _name(state: str, *, encrypted: bool) -> str:
    """One of eight, so that several tabs can sign in at once, and no browser carries many.

    The prefix lets a browser take it from this very host by https, and not from one beside it.
    """
    slot = hashlib.sha256(state.encode()).digest()[0] % _SLOTS
    return f"{'__Host-' if encrypted else ''}{_NAME}-{slot}"


def _field(name: str, value: str, life: int) -> str:
    secure = "; Secure" if name.startswith("__Host-") else ""
    # Lax: the browser comes back from a page of another site.
    return f"{name}={value}; Path=/; Max-Age={life}; HttpOnly; SameSite=Lax{secure}"
