"""Requests to endpoints: from who asks, by the table and the store, to the bytes of the answer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from millstream.asgi import memory
from millstream.asgi.guard import Headers
from millstream.asgi.replies import JSON, BodyTooLarge, Receive, Scope, Send, read_body, reply
from millstream.asgi.transport import Disconnected
from millstream.entities.asking import NOBODY, Asking
from millstream.entities.deployments import RecordDeployment
from millstream.entities.registry_events import RegistryChange
from millstream.entities.views import CreateView
from millstream.errors import NotFound, PermissionDenied, Unauthenticated
from millstream.rest.dispatch import (
    Dispatcher,
    MethodNotAllowed,
    Route,
    check_content_type,
    failure,
    query_of,
)
from millstream.rest.endpoints import Effort
from millstream.server.access.exchange import Exchange
from millstream.server.access.gate import Gate, challenge
from millstream.server.courier import Courier
from millstream.server.hashing import HashingThreads
from millstream.server.head import Head
from millstream.server.traffic import Traffic
from millstream.store.pending import Pending

_READERS = 4
_STREAMS = 3  # fewer than the connections that the store keeps for reading
_MANY_ROWS = 5_000
_LARGE_BYTES = 1 << 20
_TIDY_AFTER_SECONDS = 1.0
_STALLED_SECONDS = 60.0


class Endpoints:
    """Answers requests to the rows of the table.

    `gate` says who asks and whether it may. `inline` says whether a read of a few rows costs less
    than its hand-over to a thread. `traffic` counts the requests.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        gate: Gate,
        hashing: HashingThreads,
        *,
        inline: bool = True,
        most_body: int = 64 << 20,
        traffic: Traffic | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self.literal = dispatcher.literal
        self._gate = gate
        self._hashing = hashing
        self._inline = inline
        self._most_body = most_body
        self._traffic = traffic or Traffic()
        self._readers = ThreadPoolExecutor(_READERS, "reader")
        self._streams = asyncio.Semaphore(_STREAMS)
        self._large = asyncio.Semaphore(1)
        self._tidying = False
        self._courier: Courier | None = None

    async def answer(
        self, scope: Scope, receive: Receive, send: Send, head: Head, headers: Headers
    ) -> None:
        """Answer one request; `headers` are those of every answer to it."""
        began = time.perf_counter()
        more: Headers = []
        try:
            route, values = self._find(scope)
            asking = await self._who(route, scope, head)
            request = await self._read(route, values, scope, receive, head)
            _name(request, asking)
            await self._gate.admit(route.endpoint, asking, request)
            streams = route.streams(request)
            if route.endpoint.told == "exchange":
                exchange = self._gate.exchange(scope, head, asking)
                more = exchange.headers
                body = await self._exchange(route, request, exchange)
            else:
                body = b"" if streams else await self._perform(route, request, asking)
            if not streams:
                await self._gate.followed(route.endpoint, asking, request)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001  # the border: whatever fails is an answer
            await fail(send, headers, error, head)
            self._traffic.note(time.perf_counter() - began)
            return
        if streams:
            async with self._streams:
                await self._stream(route, request, asking, receive, send, headers)
        else:
            await reply(send, route.endpoint.status, body, JSON, headers, more)
        self._traffic.note(time.perf_counter() - began)
        if streams or max(len(body), head.length) > _LARGE_BYTES or _is_series(route):
            self._tidy_soon()

    def close(self) -> None:
        """Let nothing more begin."""
        self._hashing.close()
        self._readers.shutdown(wait=False, cancel_futures=True)

    def _find(self, scope: Scope) -> tuple[Route, dict[str, str] | None]:
        method, path = scope["method"], scope["path"]
        if path not in self.literal:
            path = scope.get("raw_path", path.encode()).decode("latin-1")
        return self._dispatcher.find("GET" if method == "HEAD" else method, path)

    async def _who(self, route: Route, scope: Scope, head: Head) -> Asking:
        """Who asks; nobody in particular where anybody may, and no proof holds."""
        try:
            return self._gate.recall(scope, head) or await self._gate.identify(scope, head)
        except (NotFound, PermissionDenied, Unauthenticated):
            if route.endpoint.permission.resource != "anybody":
                raise
            client = scope.get("client")
            return Asking(NOBODY.name, address=client[0] if client else None)

    async def _read(
        self,
        route: Route,
        values: dict[str, str] | None,
        scope: Scope,
        receive: Receive,
        head: Head,
    ) -> Any:
        method = scope["method"]
        reading = method in ("GET", "HEAD")
        check_content_type(method, head.content_type)
        if head.length > self._most_body:
            raise BodyTooLarge(self._most_body)
        body = b"" if reading else await read_body(receive, self._most_body)
        return route.decode(query_of(method, scope["query_string"], body), body, values)

    async def _exchange(self, route: Route, request: Any, exchange: Exchange) -> bytes:
        def perform() -> bytes:
            return route.encode(route.perform(request, exchange.asking, exchange))

        if route.effort is Effort.HASH:
            return cast("bytes", await self._hashing.run(exchange.asking.address, perform))
        return cast("bytes", await self._in_thread(perform))

    async def _perform(self, route: Route, request: Any, asking: Asking) -> bytes:
        if route.effort is Effort.WRITE:
            pending = route.perform(request, asking)
            await self._waiter().wait(pending)
            return route.encode(pending.result())
        if route.effort is Effort.POINT and self._inline:
            return route.encode(route.perform(request, asking))
        if route.effort is Effort.HASH:
            call = _bound(_scan, route, request, asking)
            return cast("bytes", await self._hashing.run(asking.address, call))
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
            await fail(send, headers, error)
            return
        if isinstance(outcome, bytes):
            await reply(send, 200, outcome, JSON, headers)
            return
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            start = [(b"content-type", route.media_type), *headers]
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

    def _waiter(self) -> Courier:
        loop = asyncio.get_running_loop()
        if self._courier is None or self._courier.loop is not loop:
            self._courier = Courier(loop)
        return self._courier


async def fail(send: Send, headers: Headers, error: Exception, head: Head | None = None) -> None:
    """Answer with an error."""
    answer = failure(error)
    more: Headers = []
    if isinstance(error, MethodNotAllowed):
        more = [(b"allow", error.allowed.encode())]
    elif isinstance(error, Unauthenticated) and head is not None:
        more = challenge(head)
    await reply(send, answer.status, answer.body, JSON, headers, more)


def _name(request: Any, asking: Asking) -> None:
    """Say in the history who asked: the one who proved it, else the one that a request names."""
    if isinstance(request, (RegistryChange, RecordDeployment)) and (
        asking.caller is not None or request.user_id is None
    ):
        request.user_id = asking.name
    if isinstance(request, CreateView) and (
        asking.caller is not None or request.created_by is None
    ):
        request.created_by = asking.name


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
    """On a thread: the encoding takes its time too."""
    outcome = route.perform(request, asking)
    return route.encode(outcome.result() if isinstance(outcome, Pending) else outcome)


def _scan_in_chunks(
    route: Route, request: Any, asking: Asking
) -> bytes | Generator[bytes, None, None]:
    outcome = route.perform(request, asking)
    return outcome if isinstance(outcome, Generator) else route.encode(outcome)


def _bound(call: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    return lambda: call(*arguments)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
