"""What a trusted proxy says of a request: from whom it is, and by which address it was made."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable

from millstream.asgi.replies import Receive, Scope, Send
from millstream.errors import InvalidParameter

CALLED = "millstream.called"
"""Where the Host stands that the proxy itself called, if it named another."""
PROXIED = "millstream.proxied"
"""Stands, as True, in the scope of a request that a trusted proxy has sent."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+){0,16}/?")
_LONGEST_PREFIX = 200
_REMEMBERED = 1_000
_ALL = tuple(ipaddress.ip_network(everything) for everything in ("0.0.0.0/0", "::/0"))


class Forwarded:
    """An application behind proxies, which sees requests as they were made to the first of them.

    X-Forwarded-For, -Proto, -Host and -Prefix are believed only from addresses in `trusted`:
    addresses and networks with commas, or `*` for everybody. Anybody else could write them too.
    A list in X-Forwarded-For is read from its end, as far as the proxies are trusted. The other
    three must have one value; what is no such value is left aside. Who comes by a Unix socket is
    trusted, since the file system says who may.
    """

    def __init__(self, application: Application, trusted: str) -> None:
        self._application = application
        self._trusted = networks(trusted)
        self._known: dict[str, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end with the process."""
        if scope["type"] == "http" and self._is_from_proxy(scope):
            scope[PROXIED] = True
            self._believe(scope)
        await self._application(scope, receive, send)

    def _is_from_proxy(self, scope: Scope) -> bool:
        client, server = scope.get("client"), scope.get("server")
        if client is not None:
            return self._trusts(client[0])
        # Of a connection by TCP that has just ended, the client is unknown too, but not our port.
        return server is not None and server[1] is None

    def _believe(self, scope: Scope) -> None:
        told: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            if name.startswith(b"x-forwarded-"):
                told.setdefault(name, []).append(value)
        if not told:
            return
        client = self._client(told.get(b"x-forwarded-for", ()))
        if client is not None:
            scope["client"] = (client, 0)
        scheme = _only(told, b"x-forwarded-proto").lower()
        if scheme in ("http", "https"):
            scope["scheme"] = scheme
        host = _only(told, b"x-forwarded-host")
        if host:
            _rename(scope, host.encode("latin-1"))
        prefix = _only(told, b"x-forwarded-prefix")
        if len(prefix) <= _LONGEST_PREFIX and _PREFIX.fullmatch(prefix):
            scope["root_path"] = prefix.rstrip("/")

    def _client(self, fields: Iterable[bytes]) -> str | None:
        """The last address that is no proxy of ours, or the first of all if each is one."""
        client = None
        for text in reversed(b",".join(fields).decode("latin-1").split(",")):
            address = _address(text.strip())
            if address is None:
                return client
            client = address
            if not self._trusts(address):
                return client
        return client

    def _trusts(self, text: str) -> bool:
        known = self._known.get(text)
        if known is None:
            known = self._is_trusted(text)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[text] = known
        return known

    def _is_trusted(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self._trusted)


def networks(text: str) -> list[Network]:
    """Addresses and networks with commas; raises `InvalidParameter` for what is neither."""
    found: list[Network] = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        if item == "*":
            found += _ALL
            continue
        try:
            found.append(ipaddress.ip_network(item))
        except ValueError as error:
            raise InvalidParameter(
                f"--forwarded-allow-ips holds '{item}', which is neither an address such as "
                f"10.1.0.7, nor a network such as 10.1.0.0/16, nor *: {error}."
            ) from error
    return found


def _only(told: dict[bytes, list[bytes]], name: bytes) -> str:
    """The one value of a field; empty if there is none, or several of which any might be false."""
    values = told.get(name, ())
    text = values[0].decode("latin-1").strip() if len(values) == 1 else ""
    return "" if "," in text else text


def _rename(scope: Scope, host: bytes) -> None:
    called = [value for name, value in scope["headers"] if name == b"host"]
    others = [field for field in scope["headers"] if field[0] != b"host"]
    scope["headers"] = [(b"host", host), *others]
    scope[CALLED] = b", ".join(called)


def _address(text: str) -> str | None:
    """The address in an item of X-Forwarded-For, which some proxies write with a port."""
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::[0-9]+)?", text)
    with_port = re.fullmatch(r"([0-9.]+):[0-9]+", text)
    plain = bracketed[1] if bracketed else with_port[1] if with_port else text
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        return None
