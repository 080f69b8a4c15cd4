"""Requests about artifacts to a server: pooled connections, credentials, errors, another try."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from millstream.address import credentials, parse, tls, without_user, workspace
from millstream.entities.decoding import json_decoder
from millstream.errors import (
    InvalidParameter,
    MillstreamError,
    NotFound,
    NotSupported,
    Unavailable,
    from_code,
)
from millstream.settings import Settings
from millstream.version import VERSION

Answer = urllib3.BaseHTTPResponse
Body = bytes | Iterable[bytes | memoryview]
T = TypeVar("T")

_CONNECTIONS = 32
_BLOCK = 256 << 10
_LONGEST_PAUSE = 120.0
_PASSING = (408, 429, 500, 502, 503, 504)
_CODES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "RESOURCE_DOES_NOT_EXIST"}
_CODES.update({400: "INVALID_PARAMETER_VALUE", 405: "ENDPOINT_NOT_FOUND", 501: "NOT_IMPLEMENTED"})
_SHOWN = 500
_HOST = re.compile(r"^https?://[^/?#]+")


class PassingError(Unavailable):
    """The server could not be reached or asked to come back: worth another try."""


class OutOfRange(InvalidParameter):
    """The file is shorter than the range that was asked for."""


class Connection:
    """Sends requests to a server under a base URL; usable from any thread and after a fork."""

    def __init__(self, base_url: str, settings: Settings) -> None:
        address = parse(base_url)
        self.base_url = without_user(address)
        self._settings = settings
        self._headers = {
            "User-Agent": f"millstream/{VERSION}",
            **credentials(address, settings),
            **workspace(settings),
        }
        self._pools: urllib3.PoolManager | None = None
        self._process = 0

    def request(
        self,
        method: str,
        address: str,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, once; the answer's body is still to be read.

        `address` is a path below the base URL, or a whole URL, which gets no credentials. Raises
        `PassingError` where another try may help, and what the server says otherwise.
        """
        own = address.startswith("/")
        sent = {**self._headers, **(headers or {})} if own else dict(headers or {})
        url = self.base_url + address if own else address
        pool, path = self._pool_for(url)
        payload = cast("Any", body)  # urllib3 sends whatever a socket takes
        try:
            answer = pool.urlopen(
                method,
                path,
                body=payload,
                headers=sent,
                preload_content=False,
                retries=False,
                redirect=False,
                assert_same_host=False,
            )
        except (HTTPError, OSError) as error:
            raise PassingError(
                f"{method} {without_query(url)} failed: {error}. "
                "Check that the server is running and that the address is right."
            ) from error
        if answer.status >= 300:
            raise _refused(answer, f"{method} {without_query(url)}")
        return answer

    def ask(
        self,
        method: str,
        address: str,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[bytes, Mapping[str, str]]:
        """Send a request, again after passing errors; the answer's body and header fields.

        The body must be one that can be sent again.
        """

        def once() -> tuple[bytes, Mapping[str, str]]:
            answer = self.request(method, address, body, headers)
            return finished(answer), answer.headers

        return self.patiently(once)

    def ask_json(self, method: str, address: str, kind: type[T], content: Any = None) -> T:
        """Send and receive JSON, again after passing errors."""
        body = None if content is None else msgspec.json.encode(content)
        found, _ = self.ask(method, address, body, {"Content-Type": "application/json"})
        try:
            return json_decoder(kind, strict=False).decode(found)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise MillstreamError(
                f"{method} {self.base_url}{address} answered what is not MLflow's: {error}"
            ) from error

    def patiently(self, work: Callable[[], T]) -> T:
        """Do something until it does not end in a `PassingError`, or often enough."""
        settings = self._settings
        for attempt in range(settings.http_request_max_retries):
            try:
                return work()
            except PassingError:
                pause = settings.http_request_backoff_factor * 2**attempt
                jitter = random.uniform(0, settings.http_request_backoff_jitter)  # noqa: S311 - no secret
                time.sleep(min(pause * 0.1 if attempt == 0 else pause, _LONGEST_PAUSE) + jitter)
        return work()

    def _pool_for(self, url: str) -> tuple[urllib3.HTTPConnectionPool, str]:
        """The connections to the host of a URL, and the rest of the URL."""
        if self._pools is None or self._process != os.getpid():
            timeout = self._settings.http_request_timeout
            self._pools = urllib3.PoolManager(
                maxsize=_CONNECTIONS, blocksize=_BLOCK, timeout=timeout, **tls(self._settings)
            )
            self._process = os.getpid()
        host = _HOST.match(url)
        root = host[0] if host else url
        return self._pools.connection_from_url(root), url[len(root) :] or "/"


def finished(answer: Answer) -> bytes:
    """The rest of an answer's body; its connection is free again."""
    try:
        return answer.read()
    except (HTTPError, OSError) as error:
        raise PassingError(f"The connection broke while an answer was read: {error}") from error
    finally:
        answer.release_conn()


def without_query(url: str) -> str:
    """A URL as it may be shown: the query of a signed one is a secret."""
    return url.partition("?")[0]


def _refused(answer: Answer, request: str) -> MillstreamError:
    content = finished(answer)
    code, message = _CODES.get(answer.status, "INTERNAL_ERROR"), ""
    try:
        found = msgspec.json.decode(content, type=dict[str, Any])
        message = str(found.get("message") or found.get("detail") or "")
        code = str(found.get("error_code") or code)
    except msgspec.DecodeError:
        pass
    message = message or f"{request} answered {answer.status}: {content[:_SHOWN].decode('latin-1')}"
    if answer.status == 416:
        return OutOfRange(message)
    if answer.status == 404:
        return NotFound(message)
    if answer.status == 503 and "disabled" in message:
        return NotSupported(message)
    if answer.status in _PASSING:
        return PassingError(message)
    return from_code(code, message)
