"""Who may call: hosts, origins, and what a refusal advises."""

from __future__ import annotations

import pytest

from millstream.asgi.guard import Guard, is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:5000",
        "LOCALHOST:80",
        "127.0.0.1",
        "127.0.0.1:5000",
        "[::1]",
        "[::1]:5000",
        "0.0.0.0:5000",
        "10.1.2.3",
        "192.168.0.7:81",
        "172.16.0.1",
        "172.31.255.1",
        "[fd00::1]:5000",
        "[fc00::1]",
    ],
)
def test_this_machine_and_private_networks_are_known(host: str) -> None:
    assert Guard().refusal("POST", "/api/2.0/x", host.encode(), None) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.com",
        "10.evil.com",
        "192.168.evil.com",
        "172.32.0.1",
        "8.8.8.8",
        "localhost.evil.com",
        "[::1",
        "[::1]evil.com",
        "[::1]@evil.com",
        "localhost:80@evil.com",
        "localhost:80:90",
        "evil.com, localhost",
        "localhost/evil.com",
    ],
)
def test_other_hosts_are_refused_with_the_option_to_set(host: str) -> None:
    refusal = Guard().refusal("GET", "/api/2.0/x", host.encode(), None)
    assert refusal is not None
    assert refusal.status == 403
    assert refusal.text.startswith("Invalid Host header - possible DNS rebinding attack detected")
    assert f"--allowed-hosts {host}" in refusal.text


@pytest.mark.parametrize("path", ["/health", "/version"])
def test_probes_may_use_any_name(path: str) -> None:
    assert Guard().refusal("GET", path, b"evil.com", None) is None


@pytest.mark.parametrize(
    ("allowed", "host", "fine"),
    [
        ("ml.example.com", "ml.example.com:5000", True),
        ("ml.example.com:5000", "ml.example.com:5000", True),
        ("ml.example.com:5000", "ml.example.com:80", False),
        ("a.com, *.b.com", "x.b.com", True),
        ("a.com", "localhost", False),
        ("*", "anything", True),
        ("*.b.com", "evil.com/x.b.com", False),
    ],
)
def test_allowed_hosts(allowed: str, host: str, fine: bool) -> None:
    refusal = Guard(allowed_hosts=allowed).refusal("GET", "/", host.encode(), None)
    assert (refusal is None) == fine


ORIGINS = [
    ("http://localhost:3000", True),
    ("https://127.0.0.1", True),
    ("http://[::1]:8080", True),
    ("http://192.168.0.7:5000", True),
    ("http://192.168.0.7:5001", False),
    ("http://evil.com", False),
    ("http://localhost.evil.com", False),
    ("null", False),
    ("file://localhost", False),
    ("http://[::1]evil.com", False),
    ("http://localhost:3000@evil.com", False),
    ("http://evil.com, http://localhost", False),
]


@pytest.mark.parametrize(("origin", "fine"), ORIGINS)
def test_pages_of_this_machine_and_of_this_server_may_change_data(origin: str, fine: bool) -> None:
    guard = Guard()
    host = b"192.168.0.7:5000"
    refusal = guard.refusal("POST", "/anything", host, origin.encode())
    assert (refusal is None) == fine
    allowed = dict(guard.headers(origin.encode(), host)).get(b"access-control-allow-origin")
    assert allowed == (origin.encode() if fine else None)
    assert (guard.preflight(origin.encode(), host) is not None) == fine
    if refusal is not None:
        assert refusal.text.startswith("Cross-origin request blocked")
        assert f"--cors-allowed-origins {origin}" in refusal.text


def test_reading_is_not_refused_but_hidden_by_the_browser() -> None:
    guard = Guard()
    assert guard.refusal("GET", "/api/2.0/x", b"localhost", b"http://evil.com") is None
    assert b"access-control-allow-origin" not in dict(guard.headers(b"http://evil.com", b"x"))


def test_allowed_origins() -> None:
    guard = Guard(allowed_origins="https://app.example.com, https://*.lab.org")
    for origin, fine in {
        b"https://app.example.com": True,
        b"https://a.lab.org": True,
        b"http://app.example.com": False,
        b"http://localhost:3000": False,
    }.items():
        assert (guard.refusal("PUT", "/", b"localhost", origin) is None) == fine


@pytest.mark.parametrize(("option", "value"), [("deny", b"DENY"), ("NONE", None)])
def test_frames(option: str, value: bytes | None) -> None:
    headers = dict(Guard(x_frame_options=option).headers(None, b"localhost"))
    assert headers.get(b"x-frame-options") == value
    assert headers[b"x-content-type-options"] == b"nosniff"


def test_a_disabled_guard_lets_everything_pass() -> None:
    guard = Guard(enabled=False)
    assert guard.refusal("POST", "/", b"evil.com", b"http://evil.com") is None


def test_strange_names_do_not_break_the_refusal() -> None:
    guard = Guard()
    for number in range(1_500):
        assert guard.refusal("POST", "/", b"x%d.com" % number, b"http://x%d.com" % number)
    refusal = guard.refusal("GET", "/", b"a'\"\r\n\xff" + b"x" * 5_000, None)
    assert refusal is not None
    assert "\n" not in refusal.text
    assert len(refusal.text) < 500


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("::", False), ("box", False)],
)
def test_what_can_be_reached_from_elsewhere(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback
