"""Sign-in at the provider over HTTP: two addresses that browsers are sent to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from millstream.asgi.replies import HTML, TEXT, Headers, Receive, Scope, Send, reply
from millstream.entities.users import Caller
from millstream.errors import LimitExceeded, MillstreamError
from millstream.server.access.openid.page import HEADERS, failure_page
from millstream.server.access.openid.sign_in import CALLBACK, SIGN_IN, OpenIdSignIn, fields

BeginSession = Callable[[Caller, Scope], Headers]
"""Begins a session on the thread it is called on; gives the fields of the answer that carry it."""

_THREADS = 4
_MOST_WAITING = 100
_UNKNOWN = "The sign-in failed for a reason that only the server's log tells."
_LOG = logging.getLogger(__name__)


class _Answer(NamedTuple):
    """Where the browser goes next, and what it keeps."""

    location: str
    headers: Headers


class OpenIdRoutes:
    """`/api/v1/openid/sign-in`, which may be told `return_to`, and `/api/v1/openid/callback`.

    `prefix` is the path below which this server answers. Requests to the provider have threads of
    their own, so that a slow one holds up nothing but sign-ins.
    """

    def __init__(
        self, sign_in: OpenIdSignIn, begin_session: BeginSession, prefix: str = ""
    ) -> None:
        self._sign_in = sign_in
        self._begin_session = begin_session
        self._prefix = prefix
        self._steps = {prefix + SIGN_IN: self._begin, prefix + CALLBACK: self._finish}
        self._threads = ThreadPoolExecutor(_THREADS, "sign-in")
        self._waiting = 0

    def handles(self, path: str) -> bool:
        """Whether a path is one of the two."""
        return path in self._steps

    def is_open(self, path: str) -> bool:
        """Both are for whoever is not signed in yet."""
        return self.handles(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # as ASGI has it
        """Send the browser on, or tell it why not."""
        if scope["method"] != "GET":
            text = b"Sign-in is a link to follow: use GET."
            await reply(send, 405, text, TEXT, [(b"allow", b"GET")])
            return
        try:
            answer = await self._on_a_thread(scope)
        except MillstreamError as error:
            await self._fail(scope, send, error.status, error.message)
        except Exception:  # noqa: BLE001  # the border: whatever fails is an answer
            _LOG.exception("a sign-in at the OpenID provider failed")
            await self._fail(scope, send, 500, _UNKNOWN)
        else:
            location = (b"location", answer.location.encode())
            headers = [location, (b"cache-control", b"no-store"), *answer.headers]
            await reply(send, 303, b"", TEXT, headers)

    async def _on_a_thread(self, scope: Scope) -> _Answer:
        if self._waiting >= _MOST_WAITING:
            raise LimitExceeded(
                f"{_MOST_WAITING} people are signing in at this moment. Try again in a minute."
            )
        self._waiting += 1
        try:
            step = self._steps[scope["path"]]
            return await asyncio.get_running_loop().run_in_executor(self._threads, step, scope)
        finally:
            self._waiting -= 1

    def _begin(self, scope: Scope) -> _Answer:
        asked = fields(_query(scope))
        begun = self._sign_in.begin(self._base_url(scope), asked.get("return_to", ""))
        return _Answer(begun.location, [_cookie(begun.cookie)])

    def _finish(self, scope: Scope) -> _Answer:
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
        client = scope.get("client")
        finished = self._sign_in.finish(
            self._base_url(scope),
            _query(scope),
            cookies.decode("latin-1"),
            client[0] if client else None,
        )
        session = self._begin_session(finished.caller, scope)
        return _Answer(finished.return_to, [_cookie(finished.cookie), *session])

    async def _fail(self, scope: Scope, send: Send, status: int, message: str) -> None:
        path = self._path(scope)
        body = failure_page(message, path + SIGN_IN, path + "/")
        await reply(send, status, body, HTML, HEADERS)

    def _base_url(self, scope: Scope) -> str:
        """The address of this server, as the browser sees it."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        return f"{scope['scheme']}://{host.decode('latin-1')}{self._path(scope)}"

    def _path(self, scope: Scope) -> str:
        return str(scope.get("root_path", "")) + self._prefix


def _query(scope: Scope) -> str:
    return str(scope["query_string"].decode("latin-1"))


def _cookie(value: str) -> tuple[bytes, bytes]:
    return (b"set-cookie", value.encode())
