"""Counts and times of requests in Prometheus' format, at /metrics."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Container

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from millstream.asgi.replies import Headers, Message, Receive, Scope, Send, reply

_UNKNOWN = 499  # the connection ended before there was an answer


class Exposition:
    """Counts what passes through `observe`, and answers GET with the counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ["method", "path", "status"]
        self._requests = Counter(
            "millstream_http_requests",
            "Requests that were answered.",
            labels,
            registry=self._registry,
        )
        self._seconds = Histogram(
            "millstream_http_request_duration_seconds",
            "Time from the head of a request to the end of its answer.",
            ["method", "path"],
            registry=self._registry,
        )

    async def __call__(self, scope: Scope, send: Send, headers: Headers) -> None:  # noqa: ARG002  # handlers' form
        """Answer with the counts of all processes of the server."""
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # so there
        body = generate_latest(registry)
        await reply(send, 200, body, CONTENT_TYPE_LATEST.encode(), headers)

    def observe(
        self, application: Callable[..., Awaitable[None]], literal: Container[str]
    ) -> Callable[..., Awaitable[None]]:
        """The application, counted. `literal` are the paths that get a label of their own."""

        async def observed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await application(scope, receive, send)
                return
            status = _UNKNOWN

            async def counted(message: Message) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            began = time.perf_counter()
            try:
                await application(scope, receive, counted)
            finally:
                place = scope["path"] if scope["path"] in literal else _place(scope["path"])
                self._requests.labels(scope["method"], place, status).inc()
                self._seconds.labels(scope["method"], place).observe(time.perf_counter() - began)

        return observed


def _place(path: str) -> str:
    """One of a few names, so that strangers cannot make up labels without end."""
    for part in ("mlflow-artifacts", "logged-models", "api/"):
        if part in path:
            return part.strip("/")
    return "pages"
