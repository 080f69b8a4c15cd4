"""A small proxy in front of a server, as nginx is set up: below a path, with fields that tell."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3

_HOP = ("connection", "keep-alive", "transfer-encoding", "host", "content-length")


@contextlib.contextmanager
def proxying(
    backend: str,
    fields: Mapping[str, str],
    prefix: str = "",
    certificate: Path | None = None,
    port: int = 0,
) -> Iterator[str]:
    """Pass requests below `prefix` on without it, with `fields` added; gives the address."""
    pool = urllib3.PoolManager(retries=False, maxsize=32)

    class Each(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))) or None
            if not self.path.startswith(prefix + "/"):
                self.send_error(404)
                return
            kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            answer = pool.request(
                self.command,
                backend + self.path.removeprefix(prefix),
                body=body,
                headers={**kept, **fields},
                redirect=False,
                preload_content=False,
            )
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            # It may be an answer without end, which its reader or its writer breaks off.
            with contextlib.suppress(OSError, urllib3.exceptions.HTTPError):
                for block in answer.stream(decode_content=False):
                    self.wfile.write(block)
                    self.wfile.flush()
            answer.close()

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _pass

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Each)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"{scheme}://localhost:{server.server_address[1]}{prefix}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        pool.clear()
