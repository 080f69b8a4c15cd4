"""A proxy is believed if it is trusted, and only what it can know."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from millstream.asgi.forwarded import CALLED, PROXIED, Forwarded, networks
from millstream.errors import InvalidParameter

PROXY = "10.0.0.1"


def seen(
    trusted: str,
    told: dict[str, str | list[str]],
    client: str | None = PROXY,
    server: tuple[str, int | None] = ("127.0.0.1", 5000),
) -> Any:
    """The scope that the application behind gets."""
    headers = [(b"host", b"backend:5000")]
    for name, values in told.items():
        listed = [values] if isinstance(values, str) else values
        headers += [(name.encode(), value.encode("latin-1")) for value in listed]
    given: dict[str, Any] = {}

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        given.update(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    scope = {
        "type": "http",
        "client": None if client is None else (client, 4711),
        "server": server,
        "scheme": "http",
        "headers": headers,
    }
    asyncio.run(Forwarded(application, trusted)(scope, nothing, nothing))
    return given


def host_of(scope: Any) -> bytes:
    return b"|".join(value for name, value in scope["headers"] if name == b"host")


EVERYTHING: dict[str, str | list[str]] = {
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "ml.example.com",
    "x-forwarded-prefix": "/tracking/",
}


@pytest.mark.parametrize("trusted", [PROXY, "10.0.0.0/8", "*", "192.168.0.1, 10.0.0.1"])
def test_a_trusted_proxy_is_believed(trusted: str) -> None:
    scope = seen(trusted, EVERYTHING)
    assert scope["client"][0] == "203.0.113.7"
    assert scope["scheme"] == "https"
    assert scope["root_path"] == "/tracking"
    assert host_of(scope) == b"ml.example.com"
    assert scope[CALLED] == b"backend:5000"
    assert scope[PROXIED] is True


@pytest.mark.parametrize("client", ["10.0.0.2", None, "unix"])
def test_anybody_else_is_not(client: str | None) -> None:
    scope = seen(PROXY, EVERYTHING, client)
    assert scope["scheme"] == "http"
    assert host_of(scope) == b"backend:5000"
    assert "root_path" not in scope
    assert CALLED not in scope
    assert PROXIED not in scope
    assert scope["client"] == (None if client is None else (client, 4711))


def test_whoever_comes_by_a_unix_socket_is_believed() -> None:
    scope = seen(PROXY, EVERYTHING, None, ("/run/millstream.sock", None))
    assert scope["client"][0] == "203.0.113.7"
    assert scope[PROXIED] is True


@pytest.mark.parametrize(
    ("field", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),  # the first is what the client made up
        ("6.6.6.6, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
        ("10.1.1.1, 10.9.9.9", "10.1.1.1"),
        ("203.0.113.7:4444", "203.0.113.7"),
        ("[2001:db8::7]:4444", "2001:db8::7"),
        ("ada\r\n", PROXY),
        ("", PROXY),
        ("6.6.6.6, unknown", PROXY),
    ],
)
def test_the_last_address_that_is_no_proxy_called(field: str, client: str) -> None:
    assert seen("10.0.0.0/8", {"x-forwarded-for": field})["client"][0] == client


def test_several_fields_are_one_list() -> None:
    told: dict[str, str | list[str]] = {"x-forwarded-for": ["6.6.6.6", "203.0.113.7"]}
    assert seen(PROXY, told)["client"][0] == "203.0.113.7"


@pytest.mark.parametrize("proto", ["ftp", "https, http", "", "https://"])
def test_a_scheme_is_http_or_https(proto: str) -> None:
    assert seen(PROXY, {"x-forwarded-proto": proto})["scheme"] == "http"


@pytest.mark.parametrize(
    "prefix",
    ["//evil.example", '/"><script>', "/a b", "tracking", "/a//b", "/" + "a" * 300, "/ä", "/a, /b"],
)
def test_a_prefix_is_a_plain_path(prefix: str) -> None:
    assert not seen(PROXY, {"x-forwarded-prefix": prefix}).get("root_path")


def test_of_two_hosts_neither_is_believed() -> None:
    assert host_of(seen(PROXY, {"x-forwarded-host": ["a.example", "b.example"]})) == b"backend:5000"
    assert host_of(seen(PROXY, {"x-forwarded-host": "a.example, b.example"})) == b"backend:5000"


def test_an_ipv4_address_may_be_written_as_ipv6() -> None:
    assert seen(PROXY, EVERYTHING, f"::ffff:{PROXY}")["scheme"] == "https"


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"holds 'proxy\.local', which is neither"):
        networks("10.0.0.1, proxy.local")
