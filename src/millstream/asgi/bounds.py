"""Bounds of a connection: how large the head of a request may be, and how long it may stall."""

from __future__ import annotations

import asyncio
import socket

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 128 << 10
_LOOK_SECONDS = 15.0
_MOST_LOOKS = 4
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHttpProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, which ends connections that never end.

    Its parser takes a head of any size. And it waits for ever for the first head, for the rest of
    a head, for the rest of a body and for the client to take its answer, so that a few thousand
    silent clients would use up all connections. One timer per connection looks whether there was
    progress within a minute; requests pay for a counter only.
    """

    wire: socket.socket | None = None
    """The connection while a thread reads from it or writes to it, and watches over it."""

    _heads = 0
    _received = 0
    _head_size = 0
    _in_head = False
    _looks = 0
    _progress = (0, 0, 0)
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to watch."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count, and refuse a head that goes on and on."""
        self._received += 1
        super().data_received(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > LARGEST_HEAD and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head_size = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is complete."""
        self._in_head = False
        self._heads += 1
        super().on_headers_complete()

    def _look(self) -> None:
        progress = (self._heads, self._received, self.transport.get_write_buffer_size())
        stalled = self._is_client_due() and progress == self._progress
        self._looks = self._looks + 1 if stalled else 0
        self._progress = progress
        if self._looks >= _MOST_LOOKS:
            self.transport.abort()  # to close would be to wait until the client takes the rest
        else:
            self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)

    def _is_client_due(self) -> bool:
        """Whether nothing can go on before the client sends or takes something."""
        if self.wire is not None:
            return False
        if self.transport.is_closing() or self.flow.write_paused:
            return True
        if self.cycle is None or self.cycle.response_complete:
            return self._in_head or self.timeout_keep_alive_task is None
        return self.cycle.more_body and not self.flow.read_paused
