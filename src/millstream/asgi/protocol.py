"""HTTP on the socket: each small answer leaves in one piece, and at once."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from millstream.asgi.transport import DirectHttpProtocol

ENDLESS = "millstream.endless"  # what an application puts into the scope of such an answer


class PromptProtocol(DirectHttpProtocol):
    """Uvicorn's protocol, whose answers wait neither for the network nor for their own halves.

    A system that gathers small packets holds the second half of an answer back for 40 ms until
    the first is acknowledged, and no event loop switches that off for every kind of listener.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Switch the gathering of the system off, and our own on."""
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(Gathered(transport, self))  # type: ignore[arg-type]  # behaves as one

    def shutdown(self) -> None:
        """The server ends: so does an answer that would go on for ever."""
        if self.cycle is not None and self.cycle.scope.get(ENDLESS):
            self.transport.close()
        else:
            super().shutdown()

    def on_response_complete(self) -> None:
        """An answer without a body ends with its head."""
        self.transport.flush()  # type: ignore[attr-defined]  # it is ours
        super().on_response_complete()


class Gathered:
    """A transport that sends the head of an answer together with the beginning of its body."""

    def __init__(self, transport: asyncio.Transport, protocol: PromptProtocol) -> None:
        self._transport = transport
        self._protocol = protocol
        self._head = b""
        self._begun: RequestResponseCycle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, but keep the head of an answer until more comes: the next write, or its end."""
        cycle = self._protocol.cycle
        if cycle is not None and cycle is not self._begun and cycle.response_started:
            self._begun = cycle
            self._head = data
            return
        if self._head:
            data, self._head = self._head + data, b""
        self._transport.write(data)

    def flush(self) -> None:
        """Send what was kept."""
        if self._head:
            data, self._head = self._head, b""
            self._transport.write(data)

    def close(self) -> None:
        """Close when everything is sent."""
        self.flush()
        self._transport.close()

    def get_write_buffer_size(self) -> int:
        """How much is still to be sent, for somebody who goes on by himself after that."""
        self.flush()
        return self._transport.get_write_buffer_size()
