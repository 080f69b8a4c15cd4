"""Answers that depend on nothing: is the server alive, and what can it do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.asgi.replies import (
    HTML,
    JSON,
    TEXT,
    Headers,
    Scope,
    Send,
    as_json,
    reply,
)
from millstream.errors import NotSupported
from millstream.rest.answers import encode_error
from millstream.version import MLFLOW_VERSION

_ALLOW = [(b"allow", b"GET, HEAD")]


class Fixed:
    """Answers GET with the same bytes every time."""

    def __init__(self, body: bytes, kind: bytes, more: Headers | None = None) -> None:
        self._body = body
        self._kind = kind
        self._more = more

    @property
    def body(self) -> bytes:
        """What it answers."""
        return self._body

    async def __call__(self, scope: Scope, send: Send, headers: Headers) -> None:
        """Answer."""
        if scope["method"] in ("GET", "HEAD"):
            await reply(send, 200, self.body, self._kind, headers, self._more)
        else:
            await reply(send, 405, b"Use GET.", TEXT, headers, _ALLOW)


async def graphql(_scope: Scope, send: Send, headers: Headers) -> None:
    """Say that there is no GraphQL, and what there is instead."""
    error = NotSupported(
        "GraphQL is not served; the REST API says the same: see /docs and /openapi.json."
    )
    await reply(send, error.status, encode_error(error), JSON, headers)


def always(capabilities: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The handlers by path: health, version, GraphQL, and what MLflow's client asks a server."""
    info = Fixed(as_json(capabilities), JSON)
    handlers: dict[str, Any] = {
        "/health": Fixed(b"OK", TEXT),
        "/version": Fixed(MLFLOW_VERSION.encode(), HTML),
        f"{prefix}/api/3.0/mlflow/server-info": info,
        f"{prefix}/ajax-api/3.0/mlflow/server-info": info,
        f"{prefix}/graphql": graphql,
    }
    if prefix:
        handlers[f"{prefix}/health"] = handlers["/health"]
        handlers[f"{prefix}/version"] = handlers["/version"]
    return handlers
