"""The shell: where each path goes, and how answers leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from millstream.server.app import Application
from millstream.version import MLFLOW_VERSION

if TYPE_CHECKING:
    from tests.unit.server.conftest import Backend, Caller

POINT = b'{"run_id":"a","key":"k","value":1,"timestamp":5}'
LOG = "/api/2.0/mlflow/runs/log-metric"
HISTORY = "/api/2.0/mlflow/metrics/get-history?metric_key=k&run_id="


def test_a_write_is_answered_when_it_is_settled(call: Caller, backend: Backend) -> None:
    got = call.post(LOG, POINT)
    assert (got.status, got.body, got.messages) == (200, b"{}", 2)
    assert got.headers["content-type"] == "application/json"
    assert got.headers["content-length"] == "2"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["x-frame-options"] == "SAMEORIGIN"
    assert len(backend.metrics.logged) == 1


def test_a_failed_write_answers_with_its_error(call: Caller) -> None:
    got = call.post(LOG, POINT.replace(b'"a"', b'"absent"'))
    assert got.status == 404
    assert json.loads(got.body)["message"] == "Run with id=absent not found"


@pytest.mark.parametrize("inline", [True, False])
def test_reads(build: Callable[..., Caller], inline: bool) -> None:
    call = build(inline=inline)
    got = call("GET", "/ajax-api/2.0/mlflow/runs/get?run_id=a")
    assert json.loads(got.body)["run"]["info"]["run_id"] == "a"
    assert call("HEAD", "/api/2.0/mlflow/runs/get?run_id=a").status == 200
    assert call("GET", "/api/2.0/mlflow/runs/get?run_id=b").status == 404


def test_bodies_in_pieces(call: Caller, backend: Backend) -> None:
    headers = [(b"content-type", b"application/json")]
    assert call("POST", LOG, POINT, headers, pieces=7).status == 200
    assert backend.metrics.logged[0].key == "k"


@pytest.mark.parametrize("length", [b"51", None])
@pytest.mark.parametrize("pieces", [1, 5])
def test_large_bodies_are_refused(
    build: Callable[..., Caller], length: bytes | None, pieces: int
) -> None:
    call = build(most_body=20)
    headers = [(b"content-type", b"application/json")]
    if length is not None:
        headers.append((b"content-length", length))
    got = call("POST", LOG, POINT, headers, pieces=pieces)
    assert got.status == 413
    assert json.loads(got.body)["error_code"] == "REQUEST_LIMIT_EXCEEDED"
    assert "20 bytes" in json.loads(got.body)["message"]


def test_what_is_no_endpoint(call: Caller) -> None:
    got = call("GET", "/api/2.0/mlflow/nothing")
    assert (got.status, json.loads(got.body)["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    got = call("DELETE", LOG)
    assert (got.status, got.headers["allow"]) == (405, "POST")


def test_surprises_are_kept_inside(call: Caller, caplog: pytest.LogCaptureFixture) -> None:
    got = call("GET", "/api/2.0/mlflow/runs/get?run_id=broken")
    assert got.status == 500
    assert b"secret" not in got.body
    assert "secret of the house" in caplog.text


def test_long_histories_stream(call: Caller, backend: Backend) -> None:
    got = call("GET", HISTORY + "a")
    points = json.loads(got.body)["metrics"]
    assert [point["step"] for point in points] == list(range(50_000))
    assert points[7]["value"] == "NaN"
    assert got.messages > 5
    assert backend.metrics.closed
    assert call("GET", HISTORY + "absent").status == 404


def test_a_stream_that_breaks_does_not_end_well(call: Caller, backend: Backend) -> None:
    with pytest.raises(RuntimeError, match="went away"):
        call("GET", HISTORY + "breaks")
    assert backend.metrics.closed


def test_refusals(call: Caller) -> None:
    got = call("GET", "/", headers=[(b"host", b"evil.com")])
    assert (got.status, got.headers["content-type"]) == (403, "text/plain; charset=utf-8")
    assert b"--allowed-hosts evil.com" in got.body
    got = call.post(LOG, POINT, (b"origin", b"http://evil.com"))
    assert got.status == 403
    assert b"--cors-allowed-origins http://evil.com" in got.body


def test_preflight(call: Caller) -> None:
    got = call("OPTIONS", LOG, headers=[(b"origin", b"http://localhost:3000")])
    assert got.status == 200
    assert got.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "PATCH" in got.headers["access-control-allow-methods"]
    assert call("OPTIONS", LOG, headers=[(b"origin", b"http://evil.com")]).status == 403
    assert call("OPTIONS", LOG).headers["allow"] == "POST"


@pytest.mark.parametrize("prefix", ["", "/below"])
def test_fixed_answers(build: Callable[..., Caller], prefix: str) -> None:
    call = build(prefix=prefix)
    assert call("GET", "/health").body == b"OK"
    assert call("GET", "/version").body == MLFLOW_VERSION.encode()
    assert call("POST", "/health").status == 405
    for start in ("/api", "/ajax-api"):
        got = call("GET", f"{prefix}{start}/3.0/mlflow/server-info")
        assert json.loads(got.body) == {"store_type": "SqlStore"}
    assert json.loads(call("GET", f"{prefix}/openapi.json").body)["openapi"] == "3.1.0"
    assert call.post(f"{prefix}{LOG}", POINT).status == 200
    assert call.post(f"{prefix}/graphql", b"{}").status == 501


def test_the_page_to_try_the_api_needs_nothing_from_elsewhere(call: Caller) -> None:
    got = call("GET", "/docs")
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert b"://" not in got.body
    assert b"<script>" not in got.body
    for name in ("try.js", "style.css"):
        assert b"docs/" + name.encode() in got.body
        assert call("GET", f"/docs/{name}").status == 200


def test_a_server_of_files_only_says_so(build: Callable[..., Caller]) -> None:
    call = build(disabled="Endpoint: {} disabled")
    got = call("GET", "/api/2.0/mlflow/nothing")
    assert (got.status, got.body) == (503, b"Endpoint: /api/2.0/mlflow/nothing disabled")


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/static-files/../../../etc/passwd",
        "/assets/..%2f..%2fetc/passwd",
        "/assets/\\..\\..\\etc\\passwd",
        "//etc/passwd",
        "/docs/../../../etc/passwd",
        "/index.html%00.js",
    ],
)
def test_no_path_leaves_the_pages(call: Caller, path: str) -> None:
    got = call("GET", path)
    assert got.status in (200, 404)
    assert b"root:" not in got.body
    if got.status == 200:
        assert b"the pages" in got.body


def test_beginning_and_end(build: Callable[..., Caller]) -> None:
    closed: list[str] = []
    application: Application = build().application
    application._close = lambda: closed.append("store")
    messages: list[dict[str, Any]] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(application({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert closed == ["store"]


@pytest.mark.parametrize("name", [b"host", b"origin"])
@pytest.mark.parametrize("twice", [(b"evil.com", b"localhost"), (b"localhost", b"evil.com")])
def test_of_two_names_neither_is_believed(
    call: Caller, name: bytes, twice: tuple[bytes, bytes]
) -> None:
    start = b"http://" if name == b"origin" else b""
    headers = [(name, start + value) for value in twice]
    if name == b"origin":
        headers.append((b"host", b"localhost"))
    assert call("POST", LOG, POINT, headers).status == 403


def test_a_body_that_ends_too_soon_is_no_request(build: Callable[..., Caller]) -> None:
    call = build()
    sent: list[Any] = []
    messages = [
        {"type": "http.request", "body": POINT, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": LOG,
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "query_string": b"",
    }
    asyncio.run(call.application(scope, receive, send))
    assert sent == []
