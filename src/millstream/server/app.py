"""The ASGI shell: every request on the shortest way from the socket to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

from millstream.asgi.forwarded import CALLED
from millstream.asgi.guard import Guard, Headers
from millstream.asgi.replies import TEXT, Message, Receive, Scope, Send, reply
from millstream.errors import MillstreamError
from millstream.server.access.gate import ASKING, GATE, Gate
from millstream.server.endpoints import Endpoints, fail
from millstream.server.head import Head, read_head

Handler = Callable[[Scope, Send, Headers], Awaitable[None]]


class Mounted(Protocol):
    """An ASGI application for some of the paths.

    Where it is not open, who asks stands in the scope under `ASKING`, and it asks the gate (under
    `GATE`) whether that one may before it does anything.
    """

    def is_open(self, path: str) -> bool:
        """Whether a path of its own is for everybody, signed in or not."""

    def handles(self, path: str) -> bool:
        """Whether a path is its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""


_TIDYING_SECONDS = 5.0
_API = ("/api/", "/ajax-api/")


class Application:
    """The server as an ASGI application.

    `fixed` are handlers of exact paths, `closed` those of them that are for who is signed in; each
    of `mounted` takes the paths it says it handles, and `pages` whatever is no endpoint. `begin`
    and `close` begin and end what works beside requests. `disabled` is the text that answers all
    endpoints of a server without a store.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        guard: Guard,
        gate: Gate,
        *,
        fixed: Mapping[str, Handler],
        mounted: Sequence[Mounted],
        pages: Handler,
        close: Callable[[], None],
        closed: Collection[str] = (),
        begin: Callable[[], None] = lambda: None,
        prefix: str = "",
        disabled: str | None = None,
        no_workspace: MillstreamError | None = None,
    ) -> None:
        self._endpoints = endpoints
        self.literal = endpoints.literal
        self._guard = guard
        self._gate = gate
        self._fixed = fixed
        self._closed = frozenset(closed)
        self._mounted = mounted
        self._pages = pages
        self._begin = begin
        self._close = close
        self._api = tuple(prefix + start for start in _API)
        self._disabled = disabled
        self._no_workspace = no_workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end with the process."""
        if scope["type"] != "http":
            await self._live(scope, receive, send)
            return
        head = read_head(scope)
        method, path = scope["method"], scope["path"]
        refusal = self._guard.refusal(method, path, head.host, head.origin)
        if refusal is None and (called := scope.get(CALLED)) is not None:
            # A page that calls us past the proxy can say what a proxy says, but not its own Host.
            refusal = self._guard.refusal(method, path, called, None)
        if refusal is not None:
            await reply(send, refusal.status, refusal.text.encode(), TEXT, self._headers(head))
        elif method == "OPTIONS" and head.origin is not None:
            await self._preflight(send, head, head.origin)
        elif head.workspace and self._no_workspace is not None and path not in self._fixed:
            await fail(send, self._headers(head), self._no_workspace, head)
        elif path in self.literal:
            await self._endpoints.answer(scope, receive, send, head, self._headers(head))
        else:
            await self._elsewhere(scope, receive, send, head)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send, head: Head) -> None:
        path = scope["path"]
        headers = self._headers(head)
        handler = self._fixed.get(path)
        if handler is not None:
            if path not in self._closed or await self._signs_in(scope, send, head):
                await handler(scope, send, headers)
        elif (mounted := self._mounted_at(path)) is not None:
            if mounted.is_open(path) or await self._signs_in(scope, send, head):
                await mounted(scope, receive, _with_headers(send, headers))
        elif not path.startswith(self._api):
            await self._pages(scope, send, headers)
        elif self._disabled is not None:
            await reply(send, 503, self._disabled.format(path).encode(), TEXT, headers)
        else:
            await self._endpoints.answer(scope, receive, send, head, headers)

    async def _signs_in(self, scope: Scope, send: Send, head: Head) -> bool:
        """Put who asks into the scope; False if it has not shown who it is, which is answered."""
        try:
            found = self._gate.recall(scope, head) or await self._gate.identify(scope, head)
        except MillstreamError as error:
            await fail(send, self._headers(head), error, head)
            return False
        scope[ASKING], scope[GATE] = found, self._gate
        return True

    async def refuse(self, scope: Scope, send: Send, error: MillstreamError) -> None:
        """Answer with an error, but to who is not signed in with that alone."""
        head = read_head(scope)
        if await self._signs_in(scope, send, head):
            await fail(send, self._headers(head), error, head)

    def _mounted_at(self, path: str) -> Mounted | None:
        return next((mounted for mounted in self._mounted if mounted.handles(path)), None)

    def _headers(self, head: Head) -> Headers:
        return self._guard.headers(head.origin, head.host, encrypted=head.encrypted)

    async def _preflight(self, send: Send, head: Head, origin: bytes) -> None:
        allowed = self._guard.preflight(origin, head.host, encrypted=head.encrypted)
        if allowed is None:
            text = b"No page of that origin may call this server: see --cors-allowed-origins."
            await reply(send, 403, text, TEXT, self._headers(head))
        else:
            await reply(send, 200, b"OK", TEXT, allowed)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin and end with the process: what was accepted is committed before it ends."""
        if scope["type"] != "lifespan":
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._begin()
                await send({"type": "lifespan.startup.complete"})
                continue
            cancelled = [task for task in asyncio.all_tasks() if task.cancelling()]
            if cancelled:  # they remove what they have written by halves
                await asyncio.wait(cancelled, timeout=_TIDYING_SECONDS)
            await asyncio.get_running_loop().run_in_executor(None, self._close)
            self._endpoints.close()
            self._gate.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _with_headers(send: Send, headers: Headers) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", []))
            message = {**message, "headers": given + headers}
        await send(message)

    return send_with_headers
