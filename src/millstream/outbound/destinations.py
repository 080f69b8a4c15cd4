"""Which addresses may be called: what a URL names, and where its host really is.

A URL comes from a user, but the request comes from this machine, which reaches more than the user
may: itself, its neighbours, the metadata service of a cloud. So a host is resolved here, once per
request; only if all its addresses are public is one of them called, and that very one. Errors name
the host and no more of a URL: for many a receiver, the path is the password.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from millstream.errors import InvalidParameter
from millstream.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], list[str]]

LONGEST_URL = 2_048
_PORTS = {"http": 80, "https": 443}
_FIRST_FREE_PORT = 1_024
_HOST = re.compile(r"(?!.*\.\.)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?", re.IGNORECASE)
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)
_HERE = re.compile(r"(.*\.)?(localhost|localdomain|local|internal)\.?", re.IGNORECASE)
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\]")
_MOST_ADDRESSES = 64

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Python's is_global changed its mind about some of these from version to version.
_SPECIAL = tuple(
    ipaddress.ip_network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)


class Destination(NamedTuple):
    """What a URL names; `target` is path and query, as the first line of a request has them."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The Host field."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Destinations:
    """The rules, as the settings have them: public addresses by https, and what is allowed more."""

    def __init__(self, settings: Settings) -> None:
        self._schemes = _listed(settings.webhook_allowed_schemes.lower())
        self._anywhere = settings.webhook_allow_private_ips
        self._networks = [_network(text) for text in _listed(settings.webhook_allowed_networks)]

    def parse(self, url: str) -> Destination:
        """What a URL names; raises `InvalidParameter` if it may not be called, whoever it is.

        Hosts that are written as addresses are judged here, other ones by `addresses`.
        """
        parts = self._split(url)
        host = (parts.hostname or "").partition("%")[0]
        destination = Destination(parts.scheme, host, _port(parts), _target(parts))
        address = _literal(host)
        if address is not None:
            self._check(address, host)
        elif _HOST.fullmatch(host) is None or _NUMBER.fullmatch(host) or len(host) > 253:
            raise InvalidParameter(
                f"Invalid webhook URL: '{host}' is neither a host name nor an address. "
                "Letters beyond ASCII are written in Punycode, as in xn--bcher-kva.example."
            )
        elif _HERE.fullmatch(host) and not self._anywhere and not self._networks:
            raise _private(host, host)
        return destination

    def addresses(self, destination: Destination, resolve: Resolve) -> list[str]:
        """The addresses of the host now, all of which may be called; else `InvalidParameter`."""
        literal = _literal(destination.host)
        found = [destination.host] if literal else resolve(destination.host, destination.port)
        if not found:
            raise InvalidParameter(f"The host '{destination.host}' has no address.")
        for text in found[:_MOST_ADDRESSES]:
            self._check(ipaddress.ip_address(text.partition("%")[0]), destination.host)
        return list(dict.fromkeys(found[:_MOST_ADDRESSES]))

    def _split(self, url: str) -> SplitResult:
        if len(url) > LONGEST_URL:
            raise InvalidParameter(
                f"Webhook URL exceeds the maximum length of {LONGEST_URL} characters: it has "
                f"{len(url)}."
            )
        strange = _NOT_IN_A_URL.search(url)
        if strange:
            raise InvalidParameter(
                f"Invalid webhook URL: it must not contain {strange.group()!r}, as it does at "
                f"position {strange.start()}."
            )
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise InvalidParameter(f"Invalid webhook URL: {error}.") from error
        if parts.scheme not in self._schemes or parts.scheme not in _PORTS:
            allowed = ", ".join(scheme for scheme in self._schemes if scheme in _PORTS)
            raise InvalidParameter(
                f"Invalid webhook URL scheme: {parts.scheme!r}. Allowed schemes are: {allowed}."
            )
        if "@" in parts.netloc:
            raise InvalidParameter(
                "Invalid webhook URL: it must not contain a user or password. Give the webhook a "
                "secret instead, with which what it sends is signed."
            )
        return parts

    def _check(self, address: Address, shown: str) -> None:
        plain = getattr(address, "ipv4_mapped", None) or address
        if self._anywhere or is_public(plain):
            return
        if not any(plain in network for network in self._networks):
            raise _private(shown, str(address))


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large, and to one machine in it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not any(address in network for network in _SPECIAL)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system finds them; raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


def _private(shown: str, address: str) -> InvalidParameter:
    return InvalidParameter(
        "Webhook URL must not resolve to a non-public IP address: "
        f"'{shown}' leads to {address}. An administrator can allow its network with "
        "MILLSTREAM_WEBHOOK_ALLOWED_NETWORKS."
    )


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise InvalidParameter(f"Invalid webhook URL: {error}.") from error
    if port < _FIRST_FREE_PORT and port not in _PORTS.values():
        raise InvalidParameter(
            f"Invalid webhook URL: port {port} belongs to another service. Allowed are 80, 443 and "
            f"those from {_FIRST_FREE_PORT} on."
        )
    return port


def _target(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise InvalidParameter(
            f"MILLSTREAM_WEBHOOK_ALLOWED_NETWORKS holds '{text}', which is no network such as "
            f"10.1.0.0/16: {error}."
        ) from error
