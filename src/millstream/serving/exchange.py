"""One request and the way back to whoever sent it."""

from __future__ import annotations

from collections.abc import Callable

from millstream.asgi.guard import Guard, Headers
from millstream.asgi.replies import (
    JSON,
    TEXT,
    BodyTooLarge,
    Receive,
    Scope,
    Send,
    read_body,
    reply,
)
from millstream.errors import MillstreamError
from millstream.serving.errors import UnsupportedMediaType, error_body
from millstream.serving.limits import ModelFailed, Overloaded, TimedOut

ErrorForm = Callable[[MillstreamError], tuple[bytes, bytes]]
"""The body that tells of an error, and its content type."""


class Exchange:
    """What the head of a request says, its body when that is asked for, and its answer."""

    __slots__ = (
        "_receive",
        "_scope",
        "_send",
        "accept",
        "content_type",
        "encoding",
        "headers",
        "host",
        "json_length",
        "length",
        "method",
        "origin",
        "path",
        "status",
    )

    headers: Headers
    """Those that every answer to this request has."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.host = b""
        self.origin: bytes | None = None
        self.content_type: str | None = None
        self.accept: str | None = None
        self.encoding: bytes = b""
        self.json_length: str | None = None
        self.length = 0
        self.status = 0
        for name, value in scope["headers"]:
            if name == b"host":  # of two, neither is believed
                self.host = self.host + b", " + value if self.host else value
            elif name == b"content-type":
                self.content_type = value.decode("latin-1")
            elif name == b"content-length":
                self.length = int(value)
            elif name == b"accept":
                self.accept = value.decode("latin-1")
            elif name == b"origin":
                self.origin = value if self.origin is None else self.origin + b", " + value
            elif name == b"content-encoding":
                self.encoding = value.lower()
            elif name == b"inference-header-content-length":
                self.json_length = value.decode("latin-1")

    def admit(self, guard: Guard, path: str) -> tuple[int, str] | None:
        """Why this request must not go on, as a status and a text; None if it may."""
        self.headers = guard.headers(self.origin, self.host)
        return guard.refusal(self.method, path, self.host, self.origin)

    async def body(self, most: int) -> bytes:
        """The body.

        Raises `BodyTooLarge` above `most` bytes, `UnsupportedMediaType` if it is compressed, and
        `Disconnected`.
        """
        if self.encoding not in (b"", b"identity"):
            shown = self.encoding[:40].decode("latin-1")
            raise UnsupportedMediaType(
                f"Bodies with the Content-Encoding '{shown}' are not read: send it uncompressed."
            )
        if self.length > most:
            raise BodyTooLarge(most)
        return await read_body(self._receive, most)

    async def gone(self) -> None:
        """Return when the client has left. Only after the body was read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def reply(
        self, body: bytes, kind: bytes = JSON, status: int = 200, more: Headers | None = None
    ) -> None:
        """Answer."""
        self.status = status
        await reply(self._send, status, body, kind, self.headers, more)

    async def fail(self, error: MillstreamError, form: ErrorForm) -> None:
        """Answer with an error."""
        more = None
        if isinstance(error, Overloaded):
            more = [(b"retry-after", b"%d" % error.retry_after)]
        body, kind = form(error)
        await self.reply(body, kind, error.status, more)


def mlflow_form(error: MillstreamError) -> tuple[bytes, bytes]:
    """An error as MLflow's server writes it."""
    if isinstance(error, (TimedOut, UnsupportedMediaType)):
        return error.message.encode(errors="replace"), TEXT
    trace = error.stack_trace if isinstance(error, ModelFailed) else None
    return error_body(error, trace), JSON
