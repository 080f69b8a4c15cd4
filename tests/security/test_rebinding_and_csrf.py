"""A page of somebody else reaches nothing through the browser of who visits it."""

from __future__ import annotations

import json

import pytest
from tests.security.conftest import Attacker
from tests.unit.server.running import Start

READ = "/api/2.0/mlflow/experiments/get?experiment_id=0"
HOSTS = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "localhost:5000@evil.example",
    "evil.example#localhost",
    "evil.example/localhost",
    "localhost, evil.example",
    "0x7f000001",
    "2130706433",
    "127.1",
    "",
]
ORIGINS = [
    "null",
    "https://evil.example",
    "http://localhost.evil.example",
    "http://127.0.0.1@evil.example",
    "http://evil.example/localhost",
    "file://",
    "chrome-extension://abcdef",
    "",
]


@pytest.mark.parametrize("host", [*HOSTS, None])
def test_a_name_that_is_not_ours_reads_nothing(attack: Attacker, host: str | None) -> None:
    for target in (READ, "/", "/openapi.json", "/api/v1/news", "/metrics"):
        assert attack("GET", target, host=host).status in (400, 403)


def test_of_two_names_neither_is_believed(attack: Attacker) -> None:
    for order in (("localhost", "evil.example"), ("evil.example", "localhost")):
        names = "\r\n".join(f"Host: {name}" for name in order)
        answer = attack.raw(f"GET {READ} HTTP/1.1\r\n{names}\r\nConnection: close\r\n\r\n".encode())
        assert answer.status == 403


def test_the_name_in_the_first_line_does_not_count(attack: Attacker) -> None:
    target = f"http://localhost{READ}"
    assert attack("GET", target, host="evil.example").status == 403


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_page_of_somebody_else_changes_nothing(attack: Attacker, origin: str) -> None:
    made = attack.post("experiments/create", {"name": "evil"}, f"Origin: {origin}")
    assert made.status == 403
    put = attack("PUT", "/api/2.0/mlflow-artifacts/artifacts/a", b"x", f"Origin: {origin}")
    assert put.status == 403
    delete = attack("DELETE", "/api/2.0/mlflow-artifacts/artifacts/a", b"", f"Origin: {origin}")
    assert delete.status == 403
    asked = attack("OPTIONS", READ, b"", f"Origin: {origin}", "Access-Control-Request-Method: POST")
    assert asked.status == 403
    assert (
        "access-control-allow-origin" not in attack("GET", READ, b"", f"Origin: {origin}").headers
    )


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_can_send_is_no_request(attack: Attacker, kind: str) -> None:
    body = json.dumps({"name": "evil"}).encode()
    path = "/api/2.0/mlflow/experiments/create"
    assert attack("POST", path, body, f"Content-Type: {kind}").status == 400
    assert attack("POST", path, body).status == 400


def test_no_link_changes_anything(attack: Attacker) -> None:
    assert attack("GET", "/api/2.0/mlflow/experiments/create?name=evil").status == 405
    override = "X-HTTP-Method-Override: POST"
    assert (
        attack("GET", "/api/2.0/mlflow/experiments/create?name=evil", b"", override).status == 405
    )


def test_without_the_guard_all_of_this_works(start: Start) -> None:
    attack = Attacker(start(disable_security_middleware=True).url)
    assert attack("GET", READ, host="evil.example").status == 200
    page = "Origin: https://evil.example"
    assert attack.post("experiments/create", {"name": "evil"}, page).status == 200
    assert attack("PUT", "/api/2.0/mlflow-artifacts/artifacts/a", b"x", page).status == 200
