"""A request to the provider ends in time, and reads no more than an answer needs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from millstream.errors import Unavailable
from millstream.server.access.openid.transport import MOST_READ, Transport

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer one connection as told; gives the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def begin(answer: Callable[[socket.socket], None]) -> str:
        def run() -> None:
            opened, _ = listener.accept()
            with opened:
                opened.recv(65_536)
                try:
                    answer(opened)
                except OSError:
                    return  # the other side has had enough

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/x"

    yield begin
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    listener.close()


def test_an_answer_is_read(serve: Serve) -> None:
    url = serve(lambda opened: opened.sendall(HEAD + b'Content-Length: 7\r\n\r\n{"a":1}'))
    assert Transport(5).get(url) == (200, {"a": 1})


def test_a_body_without_end_is_not_read_to_it(serve: Serve) -> None:
    sent: list[int] = []

    def answer(opened: socket.socket) -> None:
        opened.sendall(HEAD + b"Connection: close\r\n\r\n")
        while len(sent) < 10_000:
            opened.sendall(b" " * 65_536)
            sent.append(65_536)

    with pytest.raises(Unavailable, match=f"more than {MOST_READ} bytes"):
        Transport(30).get(serve(answer))
    assert sum(sent) < 100 * MOST_READ


def test_a_body_is_not_unpacked(serve: Serve) -> None:
    packed = b"\x1f\x8b" + b"x" * 100
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 102\r\n\r\n"
    with pytest.raises(Unavailable, match="something other than a JSON object"):
        Transport(5).get(serve(lambda opened: opened.sendall(head + packed)))


def test_a_body_that_drips_ends_in_time(serve: Serve) -> None:
    sent: list[int] = []

    def answer(opened: socket.socket) -> None:
        opened.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        while len(sent) < 1_000:
            opened.sendall(b" ")
            sent.append(1)
            time.sleep(0.05)

    with pytest.raises(Unavailable, match="does not answer at the moment"):
        Transport(0.5).get(serve(answer))
    assert len(sent) < 1_000


def test_silence_ends_in_time(serve: Serve) -> None:
    def answer(opened: socket.socket) -> None:
        opened.recv(1)

    with pytest.raises(Unavailable, match=r"does not answer at the moment \(ReadTimeoutError\)"):
        Transport(0.2).get(serve(answer))


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}"
    assert Transport(5).get(serve(lambda opened: opened.sendall(head))).status == 302


def test_certificates_are_checked(serve: Serve) -> None:
    url = serve(lambda opened: opened.sendall(b"no TLS")).replace("http:", "https:")
    with pytest.raises(Unavailable, match=r"\(SSLError\)"):
        Transport(5).get(url)
