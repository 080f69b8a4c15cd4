from __future__ import annotations

import asyncio
import math
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.unit.server.running import Running, Start

from millstream.asgi.guard import Guard
from millstream.entities import metrics as m
from millstream.entities import runs as r
from millstream.errors import NotFound
from millstream.rest.dispatch import Dispatcher
from millstream.rest.protected_files import FileProtection
from millstream.server.access.gate import OpenGate
from millstream.server.app import Application
from millstream.server.artifact_admission import ArtifactAdmission
from millstream.server.artifacts import ArtifactRoutes
from millstream.server.callers import Callers
from millstream.server.docs import documentation
from millstream.server.endpoints import Endpoints
from millstream.server.fixed import always
from millstream.server.hashing import HashingThreads
from millstream.server.pages import Pages
from millstream.store.pending import Pending
from millstream.testing.databases import empty_database

HOST = [(b"host", b"localhost:5000")]


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes
    messages: int


class Caller:
    """Calls an ASGI application as a server would."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: list[tuple[bytes, bytes]] | None = None,
        pieces: int = 1,
    ) -> Got:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": HOST + (headers or [])
            if headers is None or not _hosted(headers)
            else headers,
        }
        return asyncio.run(self._exchange(scope, body, pieces))

    def post(self, target: str, body: bytes, *headers: tuple[bytes, bytes]) -> Got:
        return self("POST", target, body, [(b"content-type", b"application/json"), *headers])

    async def _exchange(self, scope: dict[str, Any], body: bytes, pieces: int) -> Got:
        size = max(1, -(-len(body) // pieces))
        parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        sent: list[Any] = []
        waiting = asyncio.Event()

        async def receive() -> Any:
            if parts:
                part = parts.pop(0)
                return {"type": "http.request", "body": part, "more_body": bool(parts)}
            await waiting.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        whole = b"".join(message.get("body", b"") for message in sent[1:])
        return Got(sent[0]["status"], headers, whole, len(sent))


def _hosted(headers: list[tuple[bytes, bytes]]) -> bool:
    return any(name == b"host" for name, _ in headers)


class Runs:
    def get(self, request: r.RunId) -> r.Run:
        if request.run_id == "broken":
            raise RuntimeError("secret of the house")
        if request.run_id != "a":
            raise NotFound(f"Run with id={request.run_id} not found")
        return r.Run(r.RunInfo("a", "0", "u", "RUNNING", 1))

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda _: Pending.settled(None)


class Metrics(Runs):
    """Settles writes on another thread, as the writer does."""

    def __init__(self) -> None:
        self.closed = False
        self.logged: list[m.LogMetric] = []

    def log(self, request: m.LogMetric) -> Pending[None]:
        pending: Pending[None] = Pending()
        self.logged.append(request)
        if request.run_id == "absent":
            threading.Timer(0.01, pending.fail, [NotFound("Run with id=absent not found")]).start()
        else:
            threading.Timer(0.01, pending.succeed, [None]).start()
        return pending

    def stream_history(self, request: m.GetMetricHistory) -> Iterator[list[m.Metric]]:
        if request.run_id == "absent":
            raise NotFound("Run with id=absent not found")
        try:
            for start in range(0, 50_000, 10_000):
                steps = range(start, start + 10_000)
                yield [m.Metric("k", math.nan if i == 7 else 0.5, i, i) for i in steps]
                if request.run_id == "breaks" and start:
                    raise RuntimeError("the database went away")
        finally:
            self.closed = True


class Backend:
    def __init__(self) -> None:
        self.experiments = self.models = self.runs = Runs()
        self.metrics = Metrics()


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def pages_folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<html><head></head><body>the pages</body></html>")
    (tmp_path / "assets" / "main-Ab12Cd34.js").write_text("plain")
    (tmp_path / "assets" / "main-Ab12Cd34.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "main-Ab12Cd34.js.gz").write_bytes(b"gzip")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    return tmp_path


@pytest.fixture
def build(backend: Backend, pages_folder: Path) -> Callable[..., Caller]:
    def build(prefix: str = "", guard: Guard | None = None, **changes: Any) -> Caller:
        gate, protection = OpenGate(Callers("ada")), FileProtection(None)
        admission = ArtifactAdmission(gate)
        answering = {
            name: changes.pop(name)
            for name in ("inline", "most_body", "traffic")
            if name in changes
        }
        dispatcher = Dispatcher(backend, prefix=prefix)
        return Caller(
            Application(
                Endpoints(dispatcher, gate, HashingThreads(), **answering),
                guard or Guard(),
                gate,
                fixed={**always({"store_type": "SqlStore"}, prefix), **documentation(prefix)},
                mounted=[ArtifactRoutes(None, None, protection, admission, prefix)],
                pages=Pages(pages_folder, prefix),
                close=lambda: None,
                prefix=prefix,
                **changes,
            )
        )

    return build


@pytest.fixture
def call(build: Callable[..., Caller]) -> Caller:
    return build()


@pytest.fixture
def caller_of() -> type[Caller]:
    return Caller


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def start(**options: Any) -> Running:
        options.setdefault("backend_store_uri", str(tmp_path / "store"))
        started.append(Running(**options))
        return started[-1]

    yield start
    for server in started:
        server.end(signal.SIGKILL)


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[str]:
    with empty_database("postgresql", tmp_path) as uri:
        yield uri
