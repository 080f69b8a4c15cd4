"""The two cookies of a browser that is signed in.

One holds the secret of its session, which no script can read. The other holds a word made from it,
which our pages read and repeat in a header of whatever changes something: a page of another site
can make a browser send cookies, but can neither read them nor set that header.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

from millstream.asgi.replies import Headers

REPEATED = b"x-csrf-token"
_SESSION = "millstream-session"
_WORD = "millstream-csrf"
_WORD_LENGTH = 32
_LONGEST_HEADER = 16_384


class CookiePlace(NamedTuple):
    """Where cookies belong: below which path, under which port, and whether TLS is used.

    Browsers keep cookies apart by host and path but not by port, so the port is in their names.
    """

    path: str = "/"
    port: str = ""
    encrypted: bool = False

    @property
    def session_name(self) -> str:
        """The name of the session's cookie; its prefix lets browsers refuse it from elsewhere."""
        prefix = ""
        if self.encrypted:
            prefix = "__Host-" if self.path == "/" else "__Secure-"
        return f"{prefix}{_SESSION}{self._suffix}"

    @property
    def word_name(self) -> str:
        """The name of the cookie that pages read."""
        return f"{_WORD}{self._suffix}"

    @property
    def _suffix(self) -> str:
        return f"-{self.port}" if self.port else ""


def place_of(path: str, host: bytes, *, encrypted: bool) -> CookiePlace:
    """The place for a server below a path, called by a Host."""
    _, colon, port = host.decode("latin-1").rpartition(":")
    known = port if colon and port.isascii() and port.isdecimal() else ""
    return CookiePlace(path or "/", known, encrypted)


def session_secret(header: bytes | None, place: CookiePlace) -> str | None:
    """The secret of a session in a Cookie header, if there is one."""
    if header is None or len(header) > _LONGEST_HEADER:
        return None
    wanted = f"{place.session_name}="
    for piece in header.decode("latin-1").split(";"):
        cookie = piece.strip()
        if cookie.startswith(wanted):
            return cookie[len(wanted) :]
    return None


def word_of(secret: str) -> str:
    """What the pages of a session have to repeat."""
    return hashlib.sha256(f"csrf:{secret}".encode(errors="replace")).hexdigest()[:_WORD_LENGTH]


def repeats(word: bytes | None, secret: str) -> bool:
    """Whether what a page said is the word of its session."""
    return word is not None and hmac.compare_digest(word, word_of(secret).encode())


def begin(secret: str, seconds: int, place: CookiePlace) -> Headers:
    """The headers that give a browser its cookies for so many seconds."""
    return [
        _cookie(place.session_name, secret, f"{_rest(seconds, place)}; HttpOnly"),
        _cookie(place.word_name, word_of(secret), _rest(seconds, place)),
    ]


def end(place: CookiePlace) -> Headers:
    """The headers that take them away."""
    return [_cookie(name, "", _rest(0, place)) for name in (place.session_name, place.word_name)]


def _cookie(name: str, value: str, rest: str) -> tuple[bytes, bytes]:
    return b"set-cookie", f"{name}={value}{rest}".encode()


def _rest(seconds: int, place: CookiePlace) -> str:
    secure = "; Secure" if place.encrypted else ""
    return f"; Path={place.path}; Max-Age={seconds}; SameSite=Lax{secure}"
