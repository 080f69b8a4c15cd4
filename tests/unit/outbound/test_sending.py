"""One request to a receiver that fails, hangs, redirects, drips, floods or is somebody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ports import free_port
from tests.unit.outbound.receiver import HOST, Handler, Receiver, answer, certificate

from millstream.outbound.letters import Letter
from millstream.outbound.secrets import SecretBox
from millstream.outbound.sending import MOST_READ, Sender
from millstream.settings import Settings

BODY = b'{"entity":"model_version"}'
SECRET = "s3cret"  # noqa: S105  # of a test
SEALED = "fernet:x"
START = Callable[..., Receiver]


@pytest.fixture
def start() -> Iterator[START]:
    started: list[Receiver] = []

    def begin(*arguments: Any) -> Receiver:
        started.append(Receiver(*arguments))
        return started[-1]

    yield begin
    for receiver in started:
        receiver.close()


def sender(address: str = "127.0.0.1", **given: Any) -> Sender:
    """A sender that finds every host at one address, and may go there by http."""
    chosen = {
        "webhook_allowed_schemes": "https,http",
        "webhook_allowed_networks": "127.0.0.0/8",
        "webhook_request_timeout": 20.0,
        **given,
    }
    return Sender(Settings(**chosen), lambda *_: [address])


def letter(receiver: Receiver, secret: str | None = SECRET) -> Letter:
    sealed = None if secret is None else SecretBox(None).seal(secret)
    return Letter("an-id", receiver.url, sealed, BODY)


def test_what_arrives(start: START) -> None:
    receiver = start()
    outcome = sender().send(letter(receiver))
    assert (outcome.delivered, outcome.response_status) == (True, 200)
    assert outcome.response_body == "thanks"
    (received,) = receiver.received
    headers = received.headers
    assert (received.target, received.body) == ("/hook?token=t", BODY)
    assert headers["Host"] == f"{HOST}:{receiver.port}"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-MLflow-Delivery-Id"] == "an-id"
    timestamp = headers["X-MLflow-Timestamp"]
    assert abs(time.time() - int(timestamp)) < 60
    signed = f"an-id.{timestamp}.".encode() + BODY
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    assert headers["X-MLflow-Signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert SECRET not in str(headers)


def test_without_a_secret_nothing_is_signed(start: START) -> None:
    receiver = start()
    sender().send(letter(receiver, None))
    assert "X-MLflow-Signature" not in receiver.received[0].headers


def test_a_secret_that_cannot_be_opened_sends_nothing(start: START) -> None:
    receiver = start()
    outcome = sender().send(letter(receiver)._replace(secret=SEALED))
    assert not outcome.delivered
    assert outcome.again
    assert "Put that key back" in (outcome.error_message or "")
    assert receiver.received == []


@pytest.mark.parametrize(
    ("status", "again"),
    [
        *((301, False), (302, False), (307, False), (308, False), (400, False), (401, False)),
        *((403, False), (404, False), (410, False), (422, False)),
        *((408, True), (425, True), (429, True), (500, True), (502, True), (503, True)),
    ],
)
def test_what_the_receiver_refuses(start: START, status: int, again: bool) -> None:
    other = start()
    fields = {"Location": f"http://127.0.0.1:{other.port}/", "Retry-After": "7"}
    receiver = start(None, answer(status, b"no", fields))
    outcome = sender().send(letter(receiver))
    assert (outcome.delivered, outcome.again) == (False, again)
    assert (outcome.response_status, outcome.response_body) == (status, "no")
    assert str(status) in (outcome.error_message or "")
    assert outcome.retry_after == 7
    assert len(receiver.received) == 1
    assert other.received == []


def test_only_the_beginning_of_a_flood_is_read(start: START) -> None:
    sent = 0

    def flood(handler: Handler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        while True:
            sent += handler.wfile.write(b"x" * 65_536)

    receiver = start(None, flood)
    outcome = sender().send(letter(receiver))
    assert outcome.delivered
    assert outcome.response_body == "x" * MOST_READ
    receiver.close = lambda: None  # type: ignore[method-assign]  # closed on the next line
    Receiver.close(receiver)
    assert sent < 1 << 26


def _hang(handler: Handler) -> None:
    handler.rfile.read()


def _hang_in_the_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "10")
    handler.end_headers()
    handler.wfile.write(b"abc")
    handler.rfile.read()


def _drip(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize("behave", [_hang, _drip])
@pytest.mark.parametrize("secured", [False, True])
def test_who_does_not_answer_in_time_is_cut(
    start: START, behave: Any, secured: bool, tmp_path: Path
) -> None:
    trusted = certificate(tmp_path / "own.pem") if secured else None
    receiver = start(trusted, behave)
    chosen = {"webhook_server_cert_path": str(trusted)} if trusted else {}
    outcome = sender(webhook_request_timeout=0.5, **chosen).send(letter(receiver))
    assert (outcome.delivered, outcome.again) == (False, True)
    assert outcome.error_message == "The receiver did not answer in time."
    assert len(receiver.received) == 1


def test_a_status_counts_even_if_the_body_breaks_off(start: START) -> None:
    outcome = sender(webhook_request_timeout=0.5).send(letter(start(None, _hang_in_the_body)))
    assert (outcome.delivered, outcome.response_status) == (True, 200)


def test_a_receiver_that_never_shakes_hands_is_cut(tmp_path: Path) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []
    thread = threading.Thread(target=lambda: accepted.append(listening.accept()[0]))
    thread.start()
    url = f"https://{HOST}:{listening.getsockname()[1]}/"
    outcome = sender(webhook_request_timeout=0.5).send(Letter("id", url, None, BODY))
    assert outcome.error_message == "The receiver did not answer in time."
    thread.join()
    for opened in (*accepted, listening):
        opened.close()


def test_what_is_not_http(start: START) -> None:
    receiver = start(None, lambda handler: handler.wfile.write(b"220 smtp \0 ready\r\n"))
    outcome = sender().send(letter(receiver))
    assert (outcome.delivered, outcome.again) == (False, True)
    assert "BadStatusLine" in (outcome.error_message or "")
    assert "\0" not in (outcome.error_message or "")


def test_nobody_listens() -> None:
    outcome = sender().send(Letter("id", f"http://{HOST}:{free_port()}/", None, BODY))
    assert (outcome.delivered, outcome.again) == (False, True)
    assert "refused" in (outcome.error_message or "")


def test_the_name_in_the_certificate_counts(start: START, tmp_path: Path) -> None:
    own = certificate(tmp_path / "own.pem")
    receiver = start(own)
    trusting = sender(webhook_server_cert_path=str(own))
    assert trusting.send(letter(receiver)).delivered
    stranger = letter(receiver)._replace(url=receiver.url.replace(HOST, "stranger.example"))
    outcome = trusting.send(stranger)
    assert not outcome.delivered
    assert "stranger.example" in (outcome.error_message or "")
    untrusting = sender().send(letter(receiver))
    assert "CERTIFICATE_VERIFY_FAILED" in (untrusting.error_message or "")
    assert len(receiver.received) == 1


def test_the_host_is_resolved_once_and_that_address_is_called(start: START) -> None:
    receiver = start()
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    settings = Settings(webhook_allowed_schemes="http", webhook_allowed_networks="127.0.0.1/32")
    assert Sender(settings, rebinding).send(letter(receiver)).delivered
    assert asked == [HOST]


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"]])
def test_a_private_address_is_never_called(start: START, addresses: list[str]) -> None:
    receiver = start()
    settings = Settings(webhook_allowed_schemes="http,https")
    outcome = Sender(settings, lambda *_: addresses).send(letter(receiver))
    assert (outcome.delivered, outcome.again) == (False, True)
    assert "non-public IP address" in (outcome.error_message or "")
    assert receiver.received == []


def test_the_next_address_is_tried_if_one_takes_no_connection(start: START) -> None:
    receiver = start()
    settings = Settings(webhook_allowed_schemes="http", webhook_allowed_networks="127.0.0.0/8")
    found = ["127.0.0.2", "127.0.0.1"]
    assert Sender(settings, lambda *_: found).send(letter(receiver)).delivered
    assert len(receiver.received) == 1


def test_a_host_that_is_not_found() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    outcome = Sender(Settings(), unknown).send(Letter("id", f"https://{HOST}/", None, BODY))
    assert (outcome.delivered, outcome.again) == (False, True)
    assert "cannot be found" in (outcome.error_message or "")


def test_no_proxy_of_the_environment_is_asked(
    start: START, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, receiver = start(), start()
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert sender().send(letter(receiver)).delivered
    assert proxy.received == []
