"""A proxy that passes requests on to a server, and lets the answers go wrong on demand."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from urllib.parse import urlsplit

_BODILESS = (b"HTTP/1.1 204", b"HTTP/1.1 304", b"HTTP/1.1 1")
_GARBAGE = bytes(range(128, 256)) * 4 + b"\n" * 8


class HungUp(Exception):
    """The connection to the client is to be closed now."""


class Exchange:
    """One request of a client, and what can be answered to it."""

    def __init__(self, proxy: FaultProxy, client: socket.socket, request: bytes) -> None:
        self._proxy = proxy
        self._client = client
        self._request = request

    def ask(self) -> bytes:
        """The answer of the server, which has then done what was asked."""
        with socket.create_connection(self._proxy.upstream) as server:
            server.sendall(self._request)
            with server.makefile("rb") as answers:
                return _read_message(answers, to_head=self._request.startswith(b"HEAD "))

    def answer(self, content: bytes) -> None:
        """Send something to the client."""
        self._client.sendall(content)


Behaviour = Callable[[Exchange], None]


def passing_on(exchange: Exchange) -> None:
    """Answer what the server answers."""
    exchange.answer(exchange.ask())


def slow(seconds: float) -> Behaviour:
    """Answer what the server answers, later."""

    def behave(exchange: Exchange) -> None:
        answer = exchange.ask()
        time.sleep(seconds)
        exchange.answer(answer)

    return behave


def refusing(status: str, *fields: str) -> Behaviour:
    """Answer with a page that tells of an error, as gateways do; the server hears nothing."""
    page = f"<html><h1>{status}</h1></html>"
    lines = (f"HTTP/1.1 {status}", "Content-Type: text/html", f"Content-Length: {len(page)}")
    head = "\r\n".join([*lines, *fields, "", ""])
    return lambda exchange: exchange.answer((head + page).encode())


def garbage(exchange: Exchange) -> None:
    """Answer with what is no HTTP; the server hears nothing."""
    exchange.answer(_GARBAGE)
    raise HungUp


def cut_short(exchange: Exchange) -> None:
    """Let the server do what was asked, and break off amid its answer."""
    answer = exchange.ask()
    exchange.answer(answer[: len(answer) // 2])
    raise HungUp


def hanging_up(exchange: Exchange) -> None:
    """Close the connection without an answer; the server hears nothing."""
    raise HungUp


class FaultProxy:
    """Listens on a free port of the loopback interface; `behave` may change at any time."""

    def __init__(self, upstream: str) -> None:
        address = urlsplit(upstream)
        self.upstream = (address.hostname or "", address.port or 80)
        self.behave: Behaviour = passing_on
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="fault-proxy", daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        # The client may go at any time, and the server may be away: both end the connection.
        with client, client.makefile("rb") as requests, contextlib.suppress(HungUp, OSError):
            while request := _read_message(requests):
                self.behave(Exchange(self, client, request))


@contextmanager
def in_front_of(upstream: str) -> Iterator[FaultProxy]:
    """A proxy for a `with` block."""
    proxy = FaultProxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()


def _read_message(stream: BufferedReader, *, to_head: bool = False) -> bytes:
    """A whole request or answer, byte for byte; empty when the other side has closed."""
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
    if not lines:
        return b""
    head = b"".join(lines) + b"\r\n"
    if to_head or head.startswith(_BODILESS):
        return head
    fields = dict(_field(line) for line in lines[1:])
    if fields.get(b"transfer-encoding") == b"chunked":
        return head + b"".join(_chunks(stream))
    return head + stream.read(int(fields.get(b"content-length", b"0")))


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip().lower()


def _chunks(stream: BufferedReader) -> Iterator[bytes]:
    """The chunks of a body with their frames; none of our products sends trailers."""
    while True:
        line = stream.readline()
        size = int(line.split(b";")[0], 16)
        yield line + stream.read(size + 2)
        if size == 0:
            return
