"""A receiver of webhooks that behaves as a test wants it to."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "receiver.example"


class Received(NamedTuple):
    """A request as it arrived."""

    target: str
    headers: dict[str, str]
    body: bytes


Handler = http.server.BaseHTTPRequestHandler
Behave = Callable[[Handler], None]


def answer(
    status: int = 200, body: bytes = b"thanks", fields: dict[str, str] | None = None
) -> Behave:
    """To answer at once."""

    def behave(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(fields or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


class Receiver:
    """Listens on a free port of this machine; `behave` answers what was kept in `received`."""

    def __init__(self, certificate: Path | None = None, behave: Behave | None = None) -> None:
        self.received: list[Received] = []
        self.behave = behave or answer()
        self.arrived = threading.Semaphore(0)
        receiver = self

        class Each(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(Received(self.path, dict(self.headers), body))
                receiver.arrived.release()
                self.close_connection = True
                with contextlib.suppress(OSError):  # the other side has had enough
                    receiver.behave(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Each)
        self.port = self._server.server_address[1]
        self.scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self.scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address under a name that only a test's resolver knows."""
        return f"{self.scheme}://{HOST}:{self.port}/hook?token=t"

    def wait(self, count: int = 1) -> None:
        """Wait for so many more requests."""
        for _ in range(count):
            assert self.arrived.acquire(timeout=60), "nothing arrived"

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def certificate(path: Path, host: str = HOST) -> Path:
    """A certificate for a host that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path
