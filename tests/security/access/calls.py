"""Requests to a server in the same process, all on one event loop."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, NamedTuple, Self

from millstream.server.app import Application
from millstream.server.workspaces import WorkspaceSites

_SECONDS = 60.0
_OF_A_STREAM_SECONDS = 0.2


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def __repr__(self) -> str:
        return f"{self.status} {self.body[:300]!r}"


class Calls:
    """Calls an application as a client on this machine would, by `scheme`."""

    def __init__(self, application: Application | WorkspaceSites) -> None:
        self.scheme = "http"
        self._application = application
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.close()

    def __call__(
        self, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes = b""
    ) -> Answer:
        """Ask; of a stream without end, only its beginning."""
        return self._runner.run(self._exchange(method, target, headers, body))

    async def _exchange(
        self, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> Answer:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "scheme": self.scheme,
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "client": ("127.0.0.1", 4321),
            "server": ("127.0.0.1", 5000),
            "headers": [
                (b"host", b"127.0.0.1:5000"),
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                *headers,
            ],
        }
        parts: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Any] = []
        left = asyncio.Event()

        async def receive() -> Any:
            if parts:
                return parts.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        asked = asyncio.ensure_future(self._application(scope, receive, send))
        seconds = _OF_A_STREAM_SECONDS if path.endswith("/news") else _SECONDS
        try:
            await asyncio.wait_for(asyncio.shield(asked), seconds)
        except TimeoutError:
            left.set()
            await asked
        whole = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], sent[0]["headers"], whole)
