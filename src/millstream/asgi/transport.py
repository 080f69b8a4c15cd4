"""Large bodies between a socket and a file, in a thread, past the event loop.

Through ASGI every block of a body is copied four times and costs several turns of the event loop.
`DirectHttpProtocol` therefore offers a request of known length on an unencrypted connection to
move its body straight between socket and file; whoever answers finds the offer in the scope's
extensions, and does without where there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from millstream.asgi.bounds import BoundedHttpProtocol

EXTENSION = "millstream.transfer"
_BLOCK = 1 << 20
_STALLED_SECONDS = 60.0
_MOST_AT_ONCE = 8
_THREADS = ThreadPoolExecutor(_MOST_AT_ONCE, "artifact-transfer")
_AVAILABLE = hasattr(os, "sendfile")


class Disconnected(Exception):
    """The other side went away, or did nothing for a minute."""


class DirectHttpProtocol(BoundedHttpProtocol):
    """Uvicorn's HTTP protocol with the offer to move bodies past the event loop."""

    transfers = 0

    def on_headers_complete(self) -> None:
        """Add the offer once it is known what the request is."""
        super().on_headers_complete()
        if _AVAILABLE and self.scheme == "http":
            offer = {EXTENSION: Transfer(self, self.cycle)}
            self.scope["extensions"] = offer  # type: ignore[typeddict-item]  # not of JSON alone

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake the thread that may be waiting for this connection."""
        if self.wire is not None:
            with contextlib.suppress(OSError):
                self.wire.shutdown(socket.SHUT_RDWR)
        super().connection_lost(exc)


class Transfer:
    """The offer to one request: its body into a file, or a file as the body of its answer."""

    def __init__(self, protocol: DirectHttpProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        # Weakly, since the cycle has the scope that has this offer: as a circle they would wait,
        # with all that the request brought, until the garbage collector comes by.
        self._weak_cycle = weakref.ref(cycle)

    @property
    def _cycle(self) -> RequestResponseCycle:
        cycle = self._weak_cycle()
        if cycle is None:
            raise Disconnected
        return cycle

    @property
    def possible(self) -> bool:
        """Whether a thread is free: slow clients must not keep the others waiting."""
        return DirectHttpProtocol.transfers < _MOST_AT_ONCE

    async def receive(self, descriptor: int, length: int, *, digest: bool) -> str | None:
        """Write the request's body of `length` bytes to a file; its SHA-256 if wished for.

        No other `receive` may have been awaited before. Raises `Disconnected`.
        """
        cycle, protocol = self._cycle, self._protocol
        if cycle.waiting_for_100_continue:
            cycle.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            cycle.waiting_for_100_continue = False
            await self._flushed()
        protocol.flow.pause_reading()
        first, cycle.body = bytes(cycle.body), bytearray()
        missing = length - len(first)
        hasher = hashlib.sha256() if digest else None
        await self._in_thread(_receive, descriptor, first, missing, hasher)
        if missing:  # what the parser waits for has gone past it
            protocol.parser = httptools.HttpRequestParser(protocol)
        cycle.more_body = False
        return hasher.hexdigest() if hasher else None

    async def send(self, descriptor: int, offset: int, length: int) -> None:
        """Send a part of a file as the answer's body, after its head. Raises `Disconnected`."""
        await self._flushed()
        self._protocol.flow.pause_reading()
        await self._in_thread(_send, descriptor, offset, length)
        self._cycle.expected_content_length -= length

    async def _flushed(self) -> None:
        while self._cycle.transport.get_write_buffer_size():
            await asyncio.sleep(0.001)
            if self._cycle.disconnected:
                raise Disconnected

    async def _in_thread(self, move: Any, *arguments: Any) -> None:
        wire = self._protocol.wire = _duplicate(self._cycle.transport)
        DirectHttpProtocol.transfers += 1
        loop = asyncio.get_running_loop()
        moved = loop.run_in_executor(_THREADS, move, wire, *arguments)
        try:
            await asyncio.shield(moved)
        except asyncio.CancelledError:  # the process ends; the thread must not outlive its files
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            await asyncio.wait([moved])
            moved.exception()
            raise
        except OSError as error:
            self._cycle.transport.close()
            raise Disconnected from error
        finally:
            DirectHttpProtocol.transfers -= 1
            self._protocol.wire = None
            wire.close()


def _duplicate(transport: asyncio.Transport) -> socket.socket:
    wire = transport.get_extra_info("socket")
    copy = socket.socket(wire.family, wire.type, wire.proto, fileno=os.dup(wire.fileno()))
    copy.settimeout(_STALLED_SECONDS)
    return copy


def _receive(wire: socket.socket, descriptor: int, first: bytes, missing: int, hasher: Any) -> None:
    buffer = memoryview(bytearray(min(_BLOCK, missing)))
    block = memoryview(first)
    while True:
        _write(descriptor, block)
        if hasher:
            hasher.update(block)
        if not missing:
            return
        block = _filled(wire, buffer[:missing])
        missing -= len(block)


def _filled(wire: socket.socket, buffer: memoryview) -> memoryview:
    filled = 0
    while filled < len(buffer):
        size = wire.recv_into(buffer[filled:])
        if not size:
            raise ConnectionResetError("the connection ended before the body")
        filled += size
    return buffer


def _write(descriptor: int, block: memoryview) -> None:
    written = 0
    while written < len(block):
        written += os.write(descriptor, block[written:])


def _send(wire: socket.socket, descriptor: int, offset: int, length: int) -> None:
    with open(os.dup(descriptor), "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
        sent = wire.sendfile(file, offset, length)
    if sent != length:
        raise ConnectionResetError("the file became shorter while it was being sent")
