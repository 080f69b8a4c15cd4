"""Requests to the provider, bounded in time and in what is read. No redirect is followed."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import urllib3

from millstream.errors import Unavailable
from millstream.version import VERSION

MOST_READ = 1 << 20
_CONNECTIONS = 4
_PIECE = 65_536
_LOG = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What the provider answered: a JSON object, whatever the status."""

    status: int
    values: dict[str, Any]


class Transport:
    """Calls the provider, from any thread.

    `timeout` is in seconds, for each wait and for a body as a whole. `cafile` holds
    certificates to trust instead of the system's. Whatever fails raises `Unavailable`, which names
    the host and nothing that was sent.
    """

    def __init__(self, timeout: float, cafile: str | None = None) -> None:
        self._timeout = timeout
        self._pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            ssl_context=ssl.create_default_context(cafile=cafile),
            headers={
                "User-Agent": f"millstream/{VERSION}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
        )

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Read a JSON object."""
        return self._request("GET", url, headers or {}, None)

    def post(self, url: str, form: str, headers: Mapping[str, str]) -> Answer:
        """Send a form, encoded already, and read a JSON object."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._request("POST", url, {**headers, **kind}, form.encode())

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        ends = time.monotonic() + self._timeout
        try:
            answer = self._pool.request(
                method,
                url,
                body=body,
                headers={**self._pool.headers, **headers},
                timeout=urllib3.Timeout(self._timeout),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                found = _read(answer, ends)
            finally:
                answer.close()  # it may not have been read to its end
        except _TooLarge as error:
            raise Unavailable(
                f"The sign-in provider {_host(url)} answered with more than {MOST_READ} bytes, "
                "which no such answer needs."
            ) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            _LOG.warning("The OpenID provider cannot be asked at %s: %s", _host(url), error)
            raise Unavailable(
                f"The sign-in provider {_host(url)} does not answer at the moment "
                f"({type(error).__name__}). Try again later; if it lasts, tell an administrator."
            ) from error
        return Answer(answer.status, _object(found, answer.status, url))


class _TooLarge(Exception):
    """The answer is larger than any that is right."""


def _read(answer: urllib3.BaseHTTPResponse, ends: float) -> bytes:
    """The body; each piece as it comes, since time is up however slowly it drips."""
    found = bytearray()
    while piece := answer.read1(_PIECE, decode_content=False):
        found += piece
        if len(found) > MOST_READ:
            raise _TooLarge
        if time.monotonic() > ends:
            raise TimeoutError("the answer did not end in time")
    return bytes(found)


def _object(found: bytes, status: int, url: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(found, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable(
            f"The sign-in provider {_host(url)} answered {status} with something other than a JSON "
            "object. An administrator has to see whether MILLSTREAM_OIDC_ISSUER names it rightly."
        ) from error


def _host(url: str) -> str:
    return urlsplit(url).netloc
