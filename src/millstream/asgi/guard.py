"""Who may call at all: the Host and the Origin of a request, and the headers of every answer."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from typing import NamedTuple, TypeVar

K = TypeVar("K")
Headers = list[tuple[bytes, bytes]]

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OPEN_PATHS = ("/health", "/version")
_PRIVATE = tuple(
    ipaddress.ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s:@/?#\[\]\\,]+))(?::[0-9]{0,5})?")
_LOCALHOST = re.compile(rb"localhost(?::[0-9]*)?", re.IGNORECASE)
_REMEMBERED = 1_000
_ONLY_ENCRYPTED = (b"strict-transport-security", b"max-age=31536000")
_LONGEST_SHOWN = 100
PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    b"font-src 'self'; connect-src 'self'; media-src 'self'; frame-src 'self'; "
    b"base-uri 'self'; form-action 'self'"
)


class Refusal(NamedTuple):
    """Why a request is not even looked at."""

    status: int
    text: str


class Guard:
    """Checks Host and Origin against what is allowed, and knows the headers of every answer.

    Without `allowed_hosts`: this machine and addresses of private networks. Without
    `allowed_origins`: pages of this machine. Pages of this server itself always may.
    """

    def __init__(
        self,
        allowed_hosts: str | None = None,
        allowed_origins: str | None = None,
        x_frame_options: str = "SAMEORIGIN",
        *,
        enabled: bool = True,
    ) -> None:
        self._hosts = _listed(allowed_hosts)
        self._origins = _listed(allowed_origins)
        self._enabled = enabled
        self._known_hosts: dict[bytes, bool] = {}
        self._known_origins: dict[tuple[bytes, bytes], bool] = {}
        self._headers: Headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"vary", b"Origin"),
        ]
        if x_frame_options.upper() != "NONE":
            self._headers.append((b"x-frame-options", x_frame_options.upper().encode()))
        self._encrypted_headers = [*self._headers, _ONLY_ENCRYPTED]

    def refusal(self, method: str, path: str, host: bytes, origin: bytes | None) -> Refusal | None:
        """Why this request must not go on; None if it may."""
        if not self._enabled:
            return None
        if not self._host_is_known(host) and path not in _OPEN_PATHS:
            return Refusal(403, _HOST_REFUSED.format(_shown(host)))
        if origin is None or method in _SAFE_METHODS or self._origin_may_call(origin, host):
            return None
        return Refusal(403, _ORIGIN_REFUSED.format(_shown(origin)))

    def headers(self, origin: bytes | None, host: bytes, *, encrypted: bool = False) -> Headers:
        """The headers that every answer to this request has.

        Who called us by TLS is told never to come without. Not under the name `localhost`, which
        other programs of that machine share.
        """
        always = self._headers
        if encrypted and not _LOCALHOST.fullmatch(host):
            always = self._encrypted_headers
        if origin is None or not self._origin_may_call(origin, host):
            return always
        return [
            *always,
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", b"*"),
        ]

    def preflight(self, origin: bytes, host: bytes, *, encrypted: bool = False) -> Headers | None:
        """What a browser is told that asks before it calls; None if the page may not."""
        if not self._origin_may_call(origin, host):
            return None
        return [
            *self.headers(origin, host, encrypted=encrypted),
            (b"access-control-allow-methods", b"GET, POST, PUT, DELETE, OPTIONS, PATCH"),
            (b"access-control-allow-headers", b"Authorization, Content-Type, Range"),
            (b"access-control-max-age", b"600"),
        ]

    def _host_is_known(self, host: bytes) -> bool:
        known = self._known_hosts.get(host)
        if known is None:
            known = self._host_is_allowed(host.decode("latin-1").lower())
            _remember(self._known_hosts, host, known)
        return known

    def _host_is_allowed(self, host: str) -> bool:
        name = _without_port(host)
        if self._hosts is not None:
            return _matches(name, self._hosts) or (name != "" and _matches(host, self._hosts))
        return name == "localhost" or _is_private(name)

    def _origin_may_call(self, origin: bytes, host: bytes) -> bool:
        if not self._enabled:
            return True
        known = self._known_origins.get((origin, host))
        if known is None:
            known = self._origin_is_allowed(origin.decode("latin-1").lower(), host)
            _remember(self._known_origins, (origin, host), known)
        return known

    def _origin_is_allowed(self, origin: str, host: bytes) -> bool:
        scheme, _, authority = origin.partition("://")
        if scheme not in ("http", "https") or not authority:
            return False
        if authority == host.decode("latin-1").lower():
            return True
        if self._origins is not None:
            return _matches(origin, self._origins)
        name = _without_port(authority)
        return name == "localhost" or _is_loopback(name)


_HOST_REFUSED = (
    "Invalid Host header - possible DNS rebinding attack detected. The server was called as "
    "'{0}'; if that is a name of yours, start it with --allowed-hosts {0}"
)
_ORIGIN_REFUSED = (
    "Cross-origin request blocked. It came from a page of '{0}'; if that page may change data "
    "here, start the server with --cors-allowed-origins {0}"
)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    return host == "localhost" or _is_loopback(host)


def _listed(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [item.strip().lower().rstrip("/") for item in text.split(",") if item.strip()]


def _matches(text: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)


def _without_port(host: str) -> str:
    """The name or address alone; empty, which is nobody's, if it is not written as one."""
    found = _AUTHORITY.fullmatch(host)
    return (found[1] or found[2]) if found else ""


def _is_private(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return True
    return any(address in block for block in _PRIVATE if block.version == address.version)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _remember(known: dict[K, bool], key: K, verdict: bool) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = verdict


def _shown(value: bytes) -> str:
    text = value[:_LONGEST_SHOWN].decode("latin-1")
    return "".join(letter for letter in text if letter.isprintable() and letter not in "'\"")
