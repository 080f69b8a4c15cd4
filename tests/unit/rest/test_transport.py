"""HTTP: retries, credentials, forks, and addresses that cannot be right."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from millstream.errors import InvalidParameter, Unavailable
from millstream.rest.transport import HttpTransport
from millstream.settings import Settings, load

QUICK = Settings(
    http_request_max_retries=3, http_request_backoff_factor=0.0, http_request_backoff_jitter=0.0
)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        if status in (429, 503):
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def test_a_request_and_its_reply(server: Server) -> None:
    transport = HttpTransport(server.url + "/below/", QUICK)
    reply = transport.send("POST", "/api/x?a=b", b'{"k":1}')
    assert (reply.status, reply.body) == (200, b"{}")
    method, path, headers, body = server.seen[0]
    assert (method, path, body) == ("POST", "/below/api/x?a=b", b'{"k":1}')
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("millstream/")
    transport.send("GET", "/api/x", None)
    assert "Content-Type" not in server.seen[1][2]
    transport.close()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_failures_are_tried_again(server: Server, status: int) -> None:
    server.statuses = [status, status]
    transport = HttpTransport(server.url, QUICK)
    assert transport.send("POST", "/api/x", b"{}").status == 200
    assert len(server.seen) == 3
    transport.close()


def test_after_the_last_try_the_answer_is_what_it_is(server: Server) -> None:
    server.statuses = [500] * 9
    transport = HttpTransport(server.url, QUICK)
    assert transport.send("GET", "/api/x", None).status == 500
    assert len(server.seen) == 4
    transport.close()


def test_refusals_are_not_tried_again(server: Server) -> None:
    server.statuses = [400]
    transport = HttpTransport(server.url, QUICK)
    assert transport.send("POST", "/api/x", b"{}").status == 400
    assert len(server.seen) == 1
    transport.close()


def test_no_server_is_said_with_its_address() -> None:
    transport = HttpTransport("http://user:secret@127.0.0.1:9", QUICK)
    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:9/api/x failed") as caught:
        transport.send("GET", "/api/x?q=1", None)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "settings", "expected"),
    [
        ("http://u%40x:p%2F@{}", Settings(), b"Basic u@x:p/"),
        (
            "http://{}",
            load({"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "p"}),
            b"Basic u:p",
        ),
        ("http://{}", load({"MLFLOW_TRACKING_TOKEN": "t"}), b"Bearer t"),
        ("http://{}", Settings(), b""),
    ],
)
def test_credentials(server: Server, address: str, settings: Settings, expected: Any) -> None:
    transport = HttpTransport(address.format(server.url.removeprefix("http://")), settings)
    transport.send("GET", "/api/x", None)
    given = server.seen[0][2].get("Authorization", "").encode()
    if given.startswith(b"Basic "):
        given = b"Basic " + base64.b64decode(given[6:])
    assert given == expected
    transport.close()


@pytest.mark.parametrize("address", ["host:5000", "ftp://host", "http://", "http:///x"])
def test_addresses_that_cannot_be_right(address: str) -> None:
    with pytest.raises(InvalidParameter, match="must look like http://host:port"):
        HttpTransport(address, QUICK)


def test_certificates() -> None:
    both = Settings(tracking_insecure_tls=True, tracking_server_cert_path="x.pem")
    with pytest.raises(InvalidParameter, match="contradict each other"):
        HttpTransport("https://127.0.0.1:9", both).send("GET", "/", None)
    files = Settings(
        tracking_server_cert_path="missing.pem",
        tracking_client_cert_path="missing.pem",
        http_request_max_retries=0,
    )
    with pytest.raises(InvalidParameter, match=r"names 'missing\.pem', which does not exist"):
        HttpTransport("https://127.0.0.1:9", files).send("GET", "/", None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_does_not_use_its_parents_connection(server: Server) -> None:
    transport = HttpTransport(server.url, QUICK)
    transport.send("GET", "/parent", None)
    child = os.fork()
    if child == 0:
        status = transport.send("GET", "/child", None).status
        transport.close()
        os._exit(0 if status == 200 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert transport.send("GET", "/parent", None).status == 200
    assert [path for _, path, _, _ in server.seen] == ["/parent", "/child", "/parent"]
    transport.close()
