"""The ASGI shell: every request on the shortest way from the socket to the store."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol, cast

from millstream.asgi import memory
from millstream.asgi.forwarded import CALLED
from millstream.asgi.guard import Guard, Headers
from millstream.asgi.replies import (
    JSON,
    TEXT,
    BodyTooLarge,
    Message,
    Receive,
    Scope,
    Send,
    read_body,
    reply,
)
from millstream.asgi.transport import Disconnected
from millstream.entities.asking import Asking
from millstream.entities.registry_events import RegistryChange
from millstream.entities.views import CreateView
from millstream.rest.dispatch import (
    Dispatcher,
    MethodNotAllowed,
    Route,
    check_content_type,
    failure,
)
from millstream.rest.endpoints import Effort
from millstream.server.callers import Callers
from millstream.server.courier import Courier
from millstream.server.traffic import Traffic

Handler = Callable[[Scope, Send, Headers], Awaitable[None]]


class Mounted(Protocol):
    """An ASGI application for some of the paths."""

    def handles(self, path: str) -> bool:
        """Whether a path is its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""


class Head(NamedTuple):
    """What the headers of a request say about it."""

    host: bytes
    origin: bytes | None
    content_type: bytes | None
    length: int
    authorization: bytes | None
    encrypted: bool


_READERS = 4
_STREAMS = 3  # fewer than the connections that the store keeps for reading
_MANY_ROWS = 5_000
_LARGE_BYTES = 1 << 20
_TIDY_AFTER_SECONDS = 1.0
_STALLED_SECONDS = 60.0
_TIDYING_SECONDS = 5.0
_API = ("/api/", "/ajax-api/")


class Application:
    """The server as an ASGI application.

    `fixed` are handlers of exact paths; each of `mounted` takes the paths it says it handles, and
    `pages` whatever is no endpoint. `callers` names who asks for a change of the registry. `close`
    ends the store. `inline` says whether a read of a few rows costs less than its hand-over to a
    thread. `disabled` is the text that answers all endpoints of
    a server without a store. `traffic` counts the requests to endpoints.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        guard: Guard,
        *,
        fixed: Mapping[str, Handler],
        mounted: Sequence[Mounted],
        pages: Handler,
        callers: Callers,
        close: Callable[[], None],
        begin: Callable[[], None] = lambda: None,
        prefix: str = "",
        inline: bool = True,
        most_body: int = 64 << 20,
        disabled: str | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self.literal = dispatcher.literal
        self._guard = guard
        self._fixed = fixed
        self._mounted = mounted
        self._pages = pages
        self._callers = callers
        self._begin = begin
        self._close = close
        self._api = tuple(prefix + start for start in _API)
        self._inline = inline
        self._most_body = most_body
        self._disabled = disabled
        self._traffic = traffic or Traffic()
        self._readers = ThreadPoolExecutor(_READERS, "reader")
        self._streams = asyncio.Semaphore(_STREAMS)
        self._large = asyncio.Semaphore(1)
        self._tidying = False
        self._courier: Courier | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end with the process."""
        if scope["type"] != "http":
            await self._live(scope, receive, send)
            return
        head = _read_head(scope)
        method, path = scope["method"], scope["path"]
        refusal = self._guard.refusal(method, path, head.host, head.origin)
        if refusal is None and (called := scope.get(CALLED)) is not None:
            # A page that calls us past the proxy can say what a proxy says, but not its own Host.
            refusal = self._guard.refusal(method, path, called, None)
        if refusal is not None:
            await reply(send, refusal.status, refusal.text.encode(), TEXT, self._headers(head))
        elif method == "OPTIONS" and head.origin is not None:
            await self._preflight(send, head, head.origin)
        elif path in self.literal:
            await self._endpoint(scope, receive, send, head)
        else:
            await self._elsewhere(scope, receive, send, head)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send, head: Head) -> None:
        path = scope["path"]
        headers = self._headers(head)
        handler = self._fixed.get(path)
        if handler is not None:
            await handler(scope, send, headers)
        elif (mounted := self._mounted_at(path)) is not None:
            await mounted(scope, receive, _with_headers(send, headers))
        elif not path.startswith(self._api):
            await self._pages(scope, send, headers)
        elif self._disabled is not None:
            await reply(send, 503, self._disabled.format(path).encode(), TEXT, headers)
        else:
            await self._endpoint(scope, receive, send, head)

    def _mounted_at(self, path: str) -> Mounted | None:
        return next((mounted for mounted in self._mounted if mounted.handles(path)), None)

    async def _endpoint(self, scope: Scope, receive: Receive, send: Send, head: Head) -> None:
        headers = self._headers(head)
        began = time.perf_counter()
        try:
            asking = self._callers.asking(scope, head.authorization)
            route, request = await self._read(scope, receive, head, asking)
            streams = route.streams(request)
            body = b"" if streams else await self._answer(route, request, asking)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001  # the border: whatever fails is an answer
            await _fail(send, headers, error)
            self._traffic.note(time.perf_counter() - began)
            return
        if streams:
            async with self._streams:
                await self._stream(route, request, asking, receive, send, headers)
        else:
            await reply(send, 200, body, JSON, headers)
        self._traffic.note(time.perf_counter() - began)
        if streams or max(len(body), head.length) > _LARGE_BYTES or _is_series(route):
            self._tidy_soon()

    async def _read(
        self, scope: Scope, receive: Receive, head: Head, asking: Asking
    ) -> tuple[Route, Any]:
        method, path = scope["method"], scope["path"]
        if path not in self.literal:
            path = scope.get("raw_path", path.encode()).decode("latin-1")
        reading = method in ("GET", "HEAD")
        route, values = self._dispatcher.find("GET" if reading else method, path)
        check_content_type(method, head.content_type)
        if head.length > self._most_body:
            raise BodyTooLarge(self._most_body)
        body = b"" if reading else await read_body(receive, self._most_body)
        request = route.decode(scope["query_string"] if reading else None, body, values)
        if isinstance(request, RegistryChange) and request.user_id is None:
            request.user_id = asking.name
        if isinstance(request, CreateView) and request.created_by is None:
            request.created_by = asking.name
        return route, request

    async def _answer(self, route: Route, request: Any, asking: Asking) -> bytes:
        if route.effort is Effort.WRITE:
            pending = route.perform(request, asking)
            await self._waiter().wait(pending)
            return route.encode(pending.result())
        if route.effort is Effort.POINT and self._inline:
            return route.encode(route.perform(request, asking))
        if not _is_large(route, request):
            return cast("bytes", await self._in_thread(_scan, route, request, asking))
        async with self._large:
            return cast("bytes", await self._in_thread(_scan, route, request, asking))

    async def _stream(
        self,
        route: Route,
        request: Any,
        asking: Asking,
        receive: Receive,
        send: Send,
        headers: Headers,
    ) -> None:
        """Send a long answer as it is read; stop when the client has gone, or takes nothing.

        Each holds a connection to the database while it lasts, so only a few may last at once.
        """
        try:
            outcome = await self._in_thread(_scan_in_chunks, route, request, asking)
        except Exception as error:  # noqa: BLE001  # the border: whatever fails is an answer
            await _fail(send, headers, error)
            return
        if isinstance(outcome, bytes):
            await reply(send, 200, outcome, JSON, headers)
            return
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            start = [(b"content-type", JSON), *headers]
            await send({"type": "http.response.start", "status": 200, "headers": start})
            chunk: bytes | None = b""
            while chunk is not None and not gone.done():
                chunk = await self._in_thread(next, outcome, None)
                message = {"type": "http.response.body", "body": chunk or b""}
                message["more_body"] = chunk is not None
                await asyncio.wait_for(send(message), _STALLED_SECONDS)
        finally:
            gone.cancel()
            await self._in_thread(outcome.close)

    def _tidy_soon(self) -> None:
        """Once for all that is large within a moment, and after the last of it was sent."""
        if not self._tidying:
            self._tidying = True
            asyncio.get_running_loop().call_later(_TIDY_AFTER_SECONDS, self._tidy)

    def _tidy(self) -> None:
        self._tidying = False
        with contextlib.suppress(RuntimeError):  # the threads have ended, as will the process
            self._readers.submit(memory.give_back)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, call, *arguments)

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
            self._readers.shutdown(wait=False, cancel_futures=True)
            await send({"type": "lifespan.shutdown.complete"})
            return

    def _waiter(self) -> Courier:
        loop = asyncio.get_running_loop()
        if self._courier is None or self._courier.loop is not loop:
            self._courier = Courier(loop)
        return self._courier


def _read_head(scope: Scope) -> Head:
    host, origin, content_type, length, authorization = b"", None, None, 0, None
    for name, value in scope["headers"]:
        if name == b"host":  # of two, neither is believed
            host = host + b", " + value if host else value
        elif name == b"origin":
            origin = value if origin is None else origin + b", " + value
        elif name == b"content-type":
            content_type = value
        elif name == b"content-length":
            length = int(value)
        elif name == b"authorization":
            authorization = value
    encrypted = scope.get("scheme") == "https"
    return Head(host, origin, content_type, length, authorization, encrypted)


def _is_large(route: Route, request: Any) -> bool:
    """Whether the rows of the answer take so much memory that there must be one at a time.

    Several at once would not be faster either, since they compete for the interpreter.
    """
    rows = getattr(request, "max_results", None) or 0
    return rows > _MANY_ROWS and route.endpoint.operation.endswith(".search")


def _is_series(route: Route) -> bool:
    """Whether many points may stand behind a small answer."""
    return route.endpoint.operation == "metrics.get_series"


def _scan(route: Route, request: Any, asking: Asking) -> bytes:
    """On a reader's thread: the encoding takes its time too."""
    return route.encode(route.perform(request, asking))


def _scan_in_chunks(
    route: Route, request: Any, asking: Asking
) -> bytes | Generator[bytes, None, None]:
    outcome = route.perform(request, asking)
    return outcome if isinstance(outcome, Generator) else route.encode(outcome)


async def _fail(send: Send, headers: Headers, error: Exception) -> None:
    answer = failure(error)
    more = [(b"allow", error.allowed.encode())] if isinstance(error, MethodNotAllowed) else None
    await reply(send, answer.status, answer.body, JSON, headers, more)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _with_headers(send: Send, headers: Headers) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", []))
            message = {**message, "headers": given + headers}
        await send(message)

    return send_with_headers
