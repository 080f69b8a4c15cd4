"""How a request reaches a server: the seam below `rest.remote`, and HTTP by urllib3."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import urllib3

from millstream.address import credentials, parse, tls, without_user, workspace
from millstream.errors import Unavailable
from millstream.settings import Settings
from millstream.version import VERSION

_RETRIED = (408, 429, 500, 502, 503, 504)
_LONGEST_PAUSE = 120.0
_LONGEST_RETRY_AFTER = 30.0
_CONNECTIONS = 32


class Reply(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries one request; usable from any thread.

    `path` is percent-encoded, begins with a slash and includes the query string. Raises
    `Unavailable` if there is no answer; an answer that tells of an error is returned.
    """

    def send(self, method: str, path: str, body: bytes | None) -> Reply:
        """Send a request whose body, if any, is JSON."""

    def close(self) -> None:
        """Release connections. Idempotent."""


class HttpTransport:
    """HTTP to a base URL, with pooled connections, retries, TLS and credentials from settings.

    Retried are requests that found no server or no answer in time, and the statuses 408, 429, 500,
    502, 503 and 504; `Retry-After` is obeyed up to 30 s. After a fork the child opens connections
    of its own.
    """

    def __init__(self, base_url: str, settings: Settings) -> None:
        address = parse(base_url)
        self.base_url = without_user(address)
        self._settings = settings
        self._headers = {
            "User-Agent": f"millstream/{VERSION}",
            "Accept-Encoding": "gzip",
            **credentials(address, settings),
            **workspace(settings),
        }
        self._pool: urllib3.PoolManager | None = None
        self._process = 0

    def send(self, method: str, path: str, body: bytes | None) -> Reply:
        """Send a request whose body, if any, is JSON."""
        headers = self._headers
        if body is not None:
            headers = {**headers, "Content-Type": "application/json"}
        try:
            answer = self._connections().request(
                method, self.base_url + path, body=body, headers=headers
            )
        except urllib3.exceptions.HTTPError as error:
            cause = getattr(error, "reason", None) or error
            raise Unavailable(
                f"API request to {self.base_url}{path.partition('?')[0]} failed: {cause}. "
                f"Check that the server is running and that the address is right."
            ) from error
        return Reply(answer.status, answer.headers, answer.data)

    def close(self) -> None:
        """Release connections. Idempotent."""
        if self._pool is not None and self._process == os.getpid():
            self._pool.clear()

    def _connections(self) -> urllib3.PoolManager:
        if self._pool is None or self._process != os.getpid():
            self._pool = _open_pool(self._settings)
            self._process = os.getpid()
        return self._pool


class _Retry(urllib3.Retry):
    """Lets a server ask for patience, though not for more than a request may take anyway."""

    def get_retry_after(self, response: Any) -> float | None:
        """How long the server wants to be left alone, in seconds."""
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST_RETRY_AFTER)


def _open_pool(settings: Settings) -> urllib3.PoolManager:
    retries = _Retry(
        total=settings.http_request_max_retries,
        backoff_factor=settings.http_request_backoff_factor,
        backoff_jitter=settings.http_request_backoff_jitter,
        backoff_max=_LONGEST_PAUSE,
        status_forcelist=_RETRIED,
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=True,
    )
    return urllib3.PoolManager(
        maxsize=_CONNECTIONS,
        retries=retries,
        timeout=settings.http_request_timeout,
        **tls(settings),
    )
