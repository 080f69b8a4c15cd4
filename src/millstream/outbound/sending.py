"""One signed request to an address that a user chose, bounded in time and in what is read."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator

import urllib3
from urllib3.connection import HTTPConnection

from millstream.errors import InvalidParameter, InvalidState
from millstream.outbound import backoff
from millstream.outbound.destinations import Destination, Destinations, Resolve, resolve
from millstream.outbound.letters import Letter, Outcome
from millstream.outbound.secrets import SecretBox
from millstream.settings import Settings
from millstream.version import VERSION

MOST_READ = 4_096
_LONGEST_ERROR = 1_000
_LATE = "The receiver did not answer in time."
_AGAIN = (408, 425, 429)
_FAILURES = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, UnicodeError)


class Sender:
    """Sends letters; usable from any thread. No proxy, no redirect, no second look at the name."""

    def __init__(self, settings: Settings, resolve: Resolve = resolve) -> None:
        self.timeout = settings.webhook_request_timeout
        self._tls = ssl.create_default_context(cafile=settings.webhook_server_cert_path)
        self._box = SecretBox(settings.webhook_secret_encryption_key)
        self._destinations = Destinations(settings)
        self._resolve = resolve

    def send(self, letter: Letter, timeout: float | None = None) -> Outcome:
        """Send once, within `timeout` seconds or those of the settings. Whatever fails is told."""
        ends = time.monotonic() + (timeout or self.timeout)
        try:
            destination = self._destinations.parse(letter.url)
            addresses = self._destinations.addresses(destination, self._resolve)
            secret = None if letter.secret is None else self._box.open(letter.secret)
        except (InvalidParameter, InvalidState) as error:
            return _failed(error.message)
        except (OSError, UnicodeError) as error:
            return _failed(f"The host of the webhook cannot be found: {error}")
        return self._try(destination, addresses, letter._replace(secret=secret), ends)

    def _try(self, to: Destination, addresses: list[str], letter: Letter, ends: float) -> Outcome:
        """At one address after the other, until one takes the connection."""
        outcome = _failed(_LATE)
        for address in addresses:
            remaining = ends - time.monotonic()
            if remaining <= 0:
                break
            try:
                opened = self._open(to, address, remaining)
            except OSError as error:
                outcome = _failed(_told(error, ends))
                continue
            with opened, _cut_after(ends - time.monotonic(), opened):
                try:
                    if isinstance(opened, ssl.SSLSocket):
                        opened.do_handshake()
                    return _exchange(opened, to, letter, ends)
                except _FAILURES as error:
                    return _failed(_told(error, ends))
        return outcome

    def _open(self, to: Destination, address: str, timeout: float) -> socket.socket:
        """A connection to exactly this address, which will have to prove the name of the host."""
        plain = socket.create_connection((address, to.port), timeout)
        if to.scheme == "http":
            return plain
        return self._tls.wrap_socket(
            plain, server_hostname=to.host.rstrip("."), do_handshake_on_connect=False
        )


def signature(secret: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    """The X-MLflow-Signature field."""
    signed = b".".join((delivery_id.encode(), timestamp.encode(), body))
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _exchange(opened: socket.socket, to: Destination, letter: Letter, ends: float) -> Outcome:
    connection = HTTPConnection(to.host, to.port, timeout=opened.gettimeout())
    connection.sock = opened  # so that it opens none itself, which would resolve the name again
    connection.request(
        "POST",
        to.target,
        body=letter.body,
        headers=_headers(to, letter),
        preload_content=False,
        decode_content=False,
    )
    answer = connection.getresponse()
    if time.monotonic() >= ends:  # what was cut looks like a head that is complete
        raise TimeoutError
    status, text = answer.status, _beginning(answer)
    if 200 <= status < 300:
        return Outcome(True, False, status, text)
    return Outcome(
        delivered=False,
        again=status >= 500 or status in _AGAIN,
        response_status=status,
        response_body=text,
        error_message=_refusal(status),
        retry_after=backoff.retry_after(answer.headers.get("Retry-After")),
    )


def _beginning(answer: urllib3.BaseHTTPResponse) -> str:
    """The first bytes of the body as text; the status counts even if the body breaks off."""
    try:
        found = answer.read(MOST_READ)
    except _FAILURES:
        return ""
    return _storable(found.decode("utf-8", "replace"))


def _headers(to: Destination, letter: Letter) -> dict[str, str]:
    timestamp = str(int(time.time()))
    headers = {
        "Host": to.authority,
        "User-Agent": f"millstream/{VERSION}",
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "X-MLflow-Delivery-Id": letter.delivery_id,
        "X-MLflow-Timestamp": timestamp,
    }
    if letter.secret is not None:
        headers["X-MLflow-Signature"] = signature(
            letter.secret, letter.delivery_id, timestamp, letter.body
        )
    return headers


@contextlib.contextmanager
def _cut_after(seconds: float, opened: socket.socket) -> Iterator[None]:
    """End a connection after so many seconds, however slowly the other side drips."""
    timer = threading.Timer(seconds, _cut, (opened,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(opened: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it has ended by itself
        # Not the method of a TLS socket, which would change it under the thread that reads.
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"The receiver answered {status}, and redirects are not followed."
    return f"The receiver answered {status}."


def _told(error: Exception, ends: float) -> str:
    if time.monotonic() >= ends or isinstance(
        error, TimeoutError | urllib3.exceptions.TimeoutError
    ):
        return _LATE
    return f"{type(error).__name__}: {error}"


def _failed(message: str) -> Outcome:
    return Outcome(False, True, error_message=_storable(message[:_LONGEST_ERROR]))


def _storable(text: str) -> str:
    """Without the one character that not every database takes."""
    return text.replace("\0", "\ufffd")
