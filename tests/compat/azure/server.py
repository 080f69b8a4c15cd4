"""Azure on this machine: its interface for machine learning, its blobs and its endpoints.

It holds what it is told in memory, refuses what Azure's specification does not have, lets what
takes long at Azure take two looks, and fails where a test says so. It writes down each permission
that it would have asked for.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.certificates import Authority
from tests.compat.azure.batch import Batch
from tests.compat.azure.blobs import Blobs
from tests.compat.azure.rules import Refused, check_version
from tests.compat.azure.scoring import answered
from tests.compat.azure.workspace import PROVIDER, Workspace

MANAGEMENT, BLOBS = "management.azure.test", "account.blob.core.azure.test"
INFERENCE = "inference.azure.test"
BATCHES = "https://ml.azure.test"
"""Of what a token is that starts jobs: the SDK makes it of the address of the cloud's portal."""
SUBSCRIPTION, GROUP, WORKSPACE = "12345678-aaaa-bbbb-cccc-1234567890ab", "models", "learning"
ROOT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{PROVIDER}"
    f"/workspaces/{WORKSPACE}"
)


class Azure(ThreadingHTTPServer):
    """What is asked of it, what it has, and where it is to fail."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.port = self.server_address[1]
        self.lock = threading.RLock()
        self.workspace = Workspace(ROOT, f"https://{MANAGEMENT}:{self.port}", self._scoring)
        self.blobs = Blobs()
        self.batch = Batch(self.workspace, self.blobs, self._jobs)
        self.refused: list[str] = []
        self.failing: list[dict[str, Any]] = []
        self.folder = Path()

    def _scoring(self, endpoint: str) -> str:
        return f"https://{endpoint}.{INFERENCE}:{self.port}/score"

    def _jobs(self, endpoint: str) -> str:
        return f"https://{endpoint}.{INFERENCE}:{self.port}/jobs"

    def clouds(self) -> dict[str, Any]:
        """The cloud that this is, as `ARM_CLOUD_METADATA_URL` tells the SDK."""
        return {
            "name": "TestCloud",
            "portal": "https://portal.azure.test/",
            "resourceManager": f"https://{MANAGEMENT}:{self.port}/",
            "authentication": {"loginEndpoint": f"https://login.azure.test:{self.port}/"},
            "suffixes": {"storage": f"core.azure.test:{self.port}"},
        }

    def failure(self, method: str, path: str) -> dict[str, Any] | None:
        """What a test wants to fail here: `times` often, after it went well `skip` times."""
        for rule in self.failing:
            if rule["method"] == method and re.search(rule["path"], path):
                if rule.get("skip", 0):
                    rule["skip"] -= 1
                    return None
                rule["times"] = rule.get("times", 1) - 1
                if rule["times"] <= 0:
                    self.failing.remove(rule)
                return rule
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Azure

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        with self.server.lock:
            try:
                status, headers, content = self._routed(body)
            except Refused as refused:
                self.server.refused.append(f"{self.command} {self.path}: {refused.message}")
                status, headers, content = refused.status, {}, refused.body()
        self._send(status, headers, content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer

    def _routed(self, body: bytes) -> tuple[int, dict[str, str], Any]:
        url = urlsplit(self.path)
        host = self.headers["Host"].partition(":")[0]
        failure = self.server.failure(self.command, f"{host}{url.path}")
        if failure and "status" in failure:
            error = {"code": failure["code"], "message": failure["message"]}
            return failure["status"], {"retry-after-ms": "5"}, {"error": error}
        if host == BLOBS:
            self._signed_in("https://storage.azure.com")
            return self.server.blobs.answer(self.command, url.path, url.query, self.headers, body)
        if host.endswith(INFERENCE) and url.path == "/jobs":
            self._signed_in(BATCHES)
            name, said = host.split(".")[0], json.loads(body)
            return self.server.batch.invoked(name, self.headers, said, failure)
        if host.endswith(INFERENCE):
            return answered(self.server.workspace, host.split(".")[0], self.headers, body)
        return self._managed(url.path, parse_qs(url.query), body, failure)

    def _managed(
        self, path: str, query: dict[str, list[str]], body: bytes, failure: dict[str, Any] | None
    ) -> tuple[int, dict[str, str], Any]:
        if path == "/metadata/endpoints":
            return 200, {}, [self.server.clouds()]
        self._signed_in(f"https://{MANAGEMENT}:{self.server.port}")
        check_version(query)
        said = json.loads(body) if body else None
        if path.startswith("/operations/"):
            return self.server.workspace.looked(path.rpartition("/")[2])
        if not path.startswith(ROOT):
            raise Refused(404, "ResourceNotFound", f"no {path}")
        below = [part for part in path[len(ROOT) :].split("/") if part]
        outcome = failure["outcome"] if failure else None
        self.server.workspace.permit(self.command, below)
        if below[:1] in (["batchEndpoints"], ["jobs"]):
            return self.server.batch.answer(self.command, below, said, outcome)
        return self.server.workspace.answer(self.command, below, said, outcome)

    def _signed_in(self, resource: str) -> None:
        if self.headers.get("Authorization") != f"Bearer of {resource}":
            raise Refused(401, "InvalidAuthenticationToken", f"no token of {resource}")

    def _send(self, status: int, headers: dict[str, str], content: Any) -> None:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        raw = b"" if content is None else raw
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if not isinstance(content, bytes):
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Azure, Path]]:
    """A server that listens, and the certificate of who signed its own."""
    authority = Authority(folder, "azure")
    issued = authority.issue(MANAGEMENT, also=(BLOBS, f"*.{INFERENCE}"))
    azure = Azure()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    azure.socket = context.wrap_socket(azure.socket, server_side=True)
    thread = threading.Thread(target=azure.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield azure, authority.certificate
    finally:
        azure.shutdown()
        thread.join(10)
        azure.server_close()
