"""A load generator: keep-alive connections on one thread, straight on the sockets."""

from __future__ import annotations

import selectors
import socket
import statistics
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

Script = Generator[bytes, bytes, None]
"""Yields the bytes of a request and is sent the body of its answer; ends when it has no more."""


@dataclass
class Outcome:
    """What a drive measured. Times are in seconds."""

    requests: int
    seconds: float
    latencies: list[float] = field(repr=False)
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds

    @property
    def median(self) -> float:
        """The median time from request to answer."""
        return statistics.median(self.latencies) if self.latencies else float("nan")


class Connection:
    """One keep-alive connection and the script that it plays."""

    def __init__(
        self, address: tuple[str, int], script: Script, selector: selectors.BaseSelector
    ) -> None:
        self.script = script
        self.received = bytearray()
        self.sent_at = 0.0
        self._address = address
        self._selector = selector
        self._ends = False
        self._open()
        self.send(next(script))

    def _open(self) -> None:
        self.socket = socket.create_connection(self._address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(self.socket, selectors.EVENT_READ, self)

    def close(self) -> None:
        """Take it out of the selection, and end it."""
        self._selector.unregister(self.socket)
        self.socket.close()

    def send(self, request: bytes) -> None:
        """Send a request and start its clock, on a new connection if the server ended the last."""
        self.sent_at = time.perf_counter()
        if self._ends:
            self.close()
            self._open()
        self.socket.sendall(request)

    def receive(self) -> tuple[int, bytes] | None:
        """Take what has arrived; the status and body once the answer is whole."""
        block = self.socket.recv(1 << 20)
        if not block:
            raise ConnectionError("the server closed the connection")
        self.received += block
        return self._whole()

    def _whole(self) -> tuple[int, bytes] | None:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self.received[:end]).lower()
        status = int(head[9:12])
        self._ends = head.startswith(b"http/1.0") or b"connection: close" in head
        start = end + 4
        at = head.find(b"content-length:")
        if at >= 0:
            length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self.received) < start + length:
                return None
            body = bytes(self.received[start : start + length])
        elif b"transfer-encoding: chunked" in head:
            if not self.received.endswith(b"0\r\n\r\n"):
                return None
            body = bytes(self.received[start:])
        else:
            body = b""
        self.received.clear()
        return status, body


def drive(
    address: tuple[str, int],
    connections: int,
    script: Callable[[int], Script],
    seconds: float = 5.0,
) -> Outcome:
    """Play `script(i)` on each connection until all end or the time is over."""
    selector = selectors.DefaultSelector()
    open_connections = [
        Connection(address, script(index), selector) for index in range(connections)
    ]
    outcome = Outcome(0, 0.0, [])
    began = time.perf_counter()
    deadline = began + seconds
    active = connections
    while active and time.perf_counter() < deadline:
        for key, _ in selector.select(timeout=1.0):
            if not _turn(key.data, outcome):
                key.data.close()
                open_connections.remove(key.data)
                active -= 1
    outcome.seconds = time.perf_counter() - began
    for connection in open_connections:
        connection.close()
    return outcome


def _turn(connection: Connection, outcome: Outcome) -> bool:
    """Take an answer and send the next request; False when the script has ended."""
    answer = connection.receive()
    if answer is None:
        return True
    status, body = answer
    outcome.latencies.append(time.perf_counter() - connection.sent_at)
    outcome.requests += 1
    if status >= 400:
        outcome.errors.append(f"{status} {body[:200]!r}")
    try:
        connection.send(connection.script.send(body))
    except StopIteration:
        return False
    return True


def post(path: str, body: bytes, method: str = "POST") -> bytes:
    """The bytes of a JSON request."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path: str) -> bytes:
    """The bytes of a request without a body."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
