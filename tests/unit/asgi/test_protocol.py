"""One write for each small answer, a socket that does not hold it back, and an end to silence."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import uvicorn.config
import uvicorn.server

from millstream.asgi import bounds
from millstream.asgi.bounds import LARGEST_HEAD
from millstream.asgi.protocol import PromptProtocol

Application = Callable[[Any, Any, Any], Awaitable[None]]


def start(length: int | None, status: int = 200) -> dict[str, Any]:
    headers = [] if length is None else [(b"content-length", b"%d" % length)]
    return {"type": "http.response.start", "status": status, "headers": headers}


async def answer(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/long":
        await send(start(None))
        for chunk in (b"one", b"two", b"three"):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    elif scope["path"] == "/empty":
        await send(start(None, 204))
        await send({"type": "http.response.body", "body": b""})
    elif scope["path"] == "/direct":
        await send(start(4))
        protocol = scope["extensions"]["millstream.transfer"]._protocol
        assert protocol.transport.get_write_buffer_size() >= 0
        await send({"type": "http.response.body", "body": b"sent"})
    else:
        await receive()
        await send(start(2))
        await send({"type": "http.response.body", "body": b"OK"})


class Watched(PromptProtocol):
    """Remembers what was written to the socket, and how it was set."""

    writes: list[bytes]
    no_delay: int

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        connection = transport.get_extra_info("socket")
        super().connection_made(Recorded(transport, Watched.writes))  # type: ignore[arg-type]  # behaves as one
        Watched.no_delay = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


class Recorded:
    def __init__(self, transport: asyncio.Transport, writes: list[bytes]) -> None:
        self._transport = transport
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._writes.append(bytes(data))
        self._transport.write(data)


def exchange(*requests: bytes, application: Application = answer) -> tuple[bytes, list[bytes]]:
    """Send requests over one connection of a plain event loop, whose listener knows no protocol."""
    Watched.writes = []

    async def run() -> bytes:
        config = uvicorn.config.Config(application, http=Watched, lifespan="off", log_config=None)
        config.load()
        state = uvicorn.server.ServerState()
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("127.0.0.1", 0))
        server = await asyncio.get_running_loop().create_server(
            lambda: Watched(config, state, {}), sock=listener
        )
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        received = b""
        for request in requests:
            writer.write(request)
            received += await asyncio.wait_for(reader.read(1 << 16), 10)
        received += await asyncio.wait_for(reader.read(), 10)
        writer.close()
        server.close()
        return received

    with asyncio.Runner() as runner:
        return runner.run(run()), Watched.writes


def get(path: str, method: str = "GET", *, last: bool = True) -> bytes:
    connection = "close" if last else "keep-alive"
    return f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: {connection}\r\n\r\n".encode()


def test_a_small_answer_is_one_write() -> None:
    received, writes = exchange(get("/"))
    assert writes == [received]
    assert received.endswith(b"\r\n\r\nOK")
    assert Watched.no_delay


def test_each_of_several_answers_is_one_write() -> None:
    received, writes = exchange(get("/", last=False), get("/", last=False), get("/"))
    assert len(writes) == 3
    assert b"".join(writes) == received


@pytest.mark.parametrize(("path", "method"), [("/empty", "GET"), ("/", "HEAD"), ("/long", "HEAD")])
def test_answers_without_a_body_leave_too(path: str, method: str) -> None:
    received, writes = exchange(get(path, method))
    assert received.startswith(b"HTTP/1.1 2")
    assert writes == [received]


def test_long_answers_leave_as_they_come() -> None:
    received, writes = exchange(get("/long"))
    assert len(writes) == 4
    assert writes[0].endswith(b"3\r\none\r\n")
    assert received.endswith(b"5\r\nthree\r\n0\r\n\r\n")


def test_somebody_who_goes_on_by_himself_finds_nothing_kept() -> None:
    _, writes = exchange(get("/direct"))
    assert writes[0].endswith(b"\r\n\r\n")
    assert writes[1] == b"sent"


def test_what_a_request_brought_goes_with_its_answer() -> None:
    offers: list[weakref.ref[Any]] = []
    alive: list[int] = []

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        offers.append(weakref.ref(scope["extensions"]["millstream.transfer"]))
        alive.append(sum(offer() is not None for offer in offers))
        await answer(scope, receive, send)

    gc.disable()
    try:
        exchange(*[get("/", last=False)] * 5, get("/"), application=counting)
    finally:
        gc.enable()
    assert len(alive) == 6
    assert max(alive) <= 2  # the connection keeps the last


def test_a_client_that_wants_to_be_asked_is_asked_at_once() -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\n"
    received, writes = exchange(head + b"content-length: 1\r\n\r\n", b"x")
    assert writes[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert received.endswith(b"OK")
    assert len(writes) == 2


def test_nonsense_is_answered() -> None:
    received, _ = exchange(b"nonsense\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 400")


def test_a_head_may_not_grow_for_ever() -> None:
    begin = b"GET / HTTP/1.1\r\nhost: x\r\nx: "
    received, _ = exchange(begin + b"y" * (LARGEST_HEAD + 100))
    assert received.startswith(b"HTTP/1.1 431")
    end = b"\r\nconnection: close\r\n\r\n"
    received, _ = exchange(begin + b"y" * (LARGEST_HEAD // 2) + end)
    assert received.endswith(b"OK")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTT",
    ],
)
def test_who_says_nothing_more_is_let_go(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_LOOK_SECONDS", 0.02)
    received, _ = silence(sent, whole)
    assert received.count(b"\r\n\r\nOK") == sent.count(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")


def test_who_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_LOOK_SECONDS", 0.02)
    _, taken = silence(get("/"), much)
    assert taken < MUCH


def test_who_waits_for_an_answer_is_not_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_LOOK_SECONDS", 0.01)
    received, _ = silence(get("/"), slow)
    assert received.endswith(b"OK")


MUCH = 64 << 20


async def whole(_scope: Any, receive: Any, send: Any) -> None:
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.request":
        await send(start(2))
        await send({"type": "http.response.body", "body": b"OK"})


async def much(_scope: Any, _receive: Any, send: Any) -> None:
    await send(start(MUCH))
    await send({"type": "http.response.body", "body": bytes(MUCH)})


async def slow(_scope: Any, _receive: Any, send: Any) -> None:
    await asyncio.sleep(0.2)
    await send(start(2))
    await send({"type": "http.response.body", "body": b"OK"})


def silence(sent: bytes, application: Application) -> tuple[bytes, int]:
    """Send that, take nothing until the server ended the connection; what it had sent."""

    async def run() -> bytes:
        config = uvicorn.config.Config(
            application, http=PromptProtocol, lifespan="off", log_config=None
        )
        config.load()
        ended = asyncio.Event()

        class Ending(PromptProtocol):
            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                ended.set()

        state = uvicorn.server.ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Ending(config, state, {}), "127.0.0.1", 0)
        with socket.create_connection(server.sockets[0].getsockname()) as client:
            client.sendall(sent)
            await asyncio.wait_for(ended.wait(), 20)
            server.close()
            return b"".join(pieces(client))

    with asyncio.Runner() as runner:
        received = runner.run(run())
    return received, len(received)


def pieces(client: socket.socket) -> Iterator[bytes]:
    client.settimeout(10)
    try:
        while piece := client.recv(1 << 20):
            yield piece
    except ConnectionResetError:
        return
