"""The ASGI application: every request on the shortest way from the socket to the model."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from millstream.asgi.guard import Guard
from millstream.asgi.replies import JSON, TEXT, Receive, Scope, Send
from millstream.asgi.transport import Disconnected
from millstream.errors import MillstreamError, Unavailable
from millstream.serving import payloads
from millstream.serving.exchange import ErrorForm, Exchange, mlflow_form
from millstream.serving.limits import Abandoned, ModelFailed, Overloaded, TimedOut
from millstream.serving.served import Served
from millstream.serving.slot import Slot
from millstream.version import MLFLOW_VERSION

Handler = Callable[[Exchange], Awaitable[None]]
_LOG = logging.getLogger(__name__)
_READING = ("GET", "HEAD")
_LARGE_BODY = 512 << 10
_MANY_ROWS = 5_000
_INTERNAL = "Internal error; the server's log says more."
_NO_MODEL = b'{"error":"No model or operation of that name is served here."}'
_NOT_FOUND = b'{"detail":"Not Found"}'
_OPEN = "/health"  # what the guard lets anybody ask, since probes come under any name


class Route(NamedTuple):
    """What answers at a path. `is_open` for probes, which may come under any host name."""

    handler: Handler
    methods: Sequence[str] = _READING
    is_open: bool = False


class Counts(Protocol):
    """Whoever counts the answers of a model."""

    def answered(self, status: int, seconds: float) -> None:
        """A request has got its answer."""

    def failed(self, cause: str) -> None:
        """A request has got no prediction."""


Answer = Callable[[Served, Exchange], Awaitable[None]]
"""Reads a request, asks the model and replies; raises `MillstreamError` otherwise."""


class Application:
    """The server as an ASGI application.

    `routes` are its paths. `start` is awaited in a task of its own when the server has begun to
    listen, and cancelled when it ends.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        guard: Guard,
        start: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._routes = dict(routes)
        self._guard = guard
        self.start = start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end with the process."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        exchange = Exchange(scope, receive, send)
        route = self._routes.get(exchange.path)
        is_open = route is not None and route.is_open
        refusal = exchange.admit(self._guard, _OPEN if is_open else exchange.path)
        if refusal is not None:
            await exchange.reply(refusal[1].encode(), TEXT, refusal[0])
        elif exchange.method == "OPTIONS" and exchange.origin is not None:
            await self._preflight(exchange, exchange.origin)
        elif route is None:
            inference = exchange.path.startswith("/v2/")
            await exchange.reply(_NO_MODEL if inference else _NOT_FOUND, JSON, 404)
        elif exchange.method not in route.methods:
            allow = [(b"allow", ", ".join(route.methods).encode())]
            await exchange.reply(b'{"detail":"Method Not Allowed"}', JSON, 405, allow)
        else:
            await route.handler(exchange)

    async def _preflight(self, exchange: Exchange, origin: bytes) -> None:
        allowed = self._guard.preflight(origin, exchange.host)
        if allowed is None:
            text = b"No page of that origin may call this server: see --cors-allowed-origins."
            await exchange.reply(text, TEXT, 403)
        else:
            exchange.headers = allowed
            await exchange.reply(b"", TEXT, 200)

    async def _live(self, receive: Receive, send: Send) -> None:
        starting: asyncio.Future[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                starting = asyncio.ensure_future(self.start())
                await send({"type": "lifespan.startup.complete"})
                continue
            if starting is not None:
                starting.cancel()
            await send({"type": "lifespan.shutdown.complete"})
            return


class Asked:
    """Answers requests for the predictions under one name, whatever form they have."""

    def __init__(
        self, slot: Slot, counts: Counts, answer: Answer, form: ErrorForm = mlflow_form
    ) -> None:
        self._slot = slot
        self._counts = counts
        self._answer = answer
        self._form = form

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one request."""
        began = time.perf_counter()
        model = self._slot.model  # one for the whole request, whatever takes its place meanwhile
        model.in_flight += 1
        try:
            if not model.is_loaded:
                await model.until_loaded()
            await self._answer(model, exchange)
        except (Disconnected, Abandoned):
            self._counts.failed("abandoned")
            return
        except MillstreamError as error:
            self._counts.failed(_cause(error))
            await exchange.fail(error, self._form)
        except Exception:  # noqa: BLE001  # the border: whatever fails is an answer
            self._counts.failed("internal")
            _LOG.exception("A request for the model '%s' failed", model.name)
            await exchange.fail(MillstreamError(_INTERNAL), self._form)
        finally:
            model.in_flight -= 1
        self._counts.answered(exchange.status, time.perf_counter() - began)


class Invocations:
    """Predictions in MLflow's form."""

    def __init__(self, most_body: int) -> None:
        self._most_body = most_body
        self._large = asyncio.Semaphore(1)  # several at once compete for memory, and gain nothing

    async def __call__(self, model: Served, exchange: Exchange) -> None:
        """Read, predict, answer."""
        body = await exchange.body(self._most_body)
        if len(body) <= _LARGE_BODY:
            request = model.decoder.decode(exchange.content_type, body)
        else:
            request = await self._aside(model.decoder.decode, exchange.content_type, body)
        predictions = await model.predict(request, exchange.gone)
        if request.rows <= _MANY_ROWS:
            answer, kind = payloads.encode(predictions, request, exchange.accept)
        else:
            answer, kind = await self._aside(payloads.encode, predictions, request, exchange.accept)
        await exchange.reply(answer, kind)

    async def _aside(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """On another thread, so that small requests do not wait for a large one."""
        async with self._large:
            return await asyncio.to_thread(call, *arguments)


def fixed(body: bytes, kind: bytes = JSON) -> Handler:
    """Answers with the same bytes every time."""

    async def answer(exchange: Exchange) -> None:
        await exchange.reply(body, kind)

    return answer


def version() -> Handler:
    """The version of MLflow whose behaviour this is."""
    return fixed(MLFLOW_VERSION.encode())


def readiness(models: Sequence[Slot], body: bytes, form: ErrorForm = mlflow_form) -> Handler:
    """Answers `body` once all models are ready, and before with the reason why not."""

    async def answer(exchange: Exchange) -> None:
        reasons = [model.reason for model in models if model.reason is not None]
        if reasons:
            await exchange.fail(Unavailable(" ".join(reasons)), form)
        else:
            await exchange.reply(body)

    return answer


def _cause(error: MillstreamError) -> str:
    if isinstance(error, ModelFailed):
        return "model"
    if isinstance(error, TimedOut):
        return "timeout"
    if isinstance(error, Overloaded):
        return "overload"
    return "input" if error.status < 500 else "model"
