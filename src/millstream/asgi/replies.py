"""Small answers over ASGI."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from millstream.asgi.transport import Disconnected
from millstream.errors import MillstreamError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
HTML = b"text/html; charset=utf-8"


class BodyTooLarge(MillstreamError):
    """A request's body is larger than this server takes."""

    default_code = "REQUEST_LIMIT_EXCEEDED"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"The request body is larger than {most} bytes, the most this server takes; "
            "send it in several requests."
        )

    @property
    def status(self) -> int:
        """A client that waits and tries again would not do better."""
        return 413


async def reply(
    send: Send, status: int, body: bytes, kind: bytes, headers: Headers, more: Headers | None = None
) -> None:
    """Send a whole answer."""
    own = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": own + headers + (more or []),
        }
    )
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive, most: int) -> bytes:
    """The request's body.

    More than `most` bytes raise `BodyTooLarge`, an end too soon `Disconnected`.
    """
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > most:
            raise BodyTooLarge(most)
        return body
    parts = bytearray(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts += message.get("body", b"")
        if len(parts) > most:
            raise BodyTooLarge(most)
    return bytes(parts)


def as_json(values: Mapping[str, Any]) -> bytes:
    """Compact JSON."""
    return json.dumps(values, separators=(",", ":")).encode()
