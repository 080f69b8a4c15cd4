"""What tests in several rooms need."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import socket

import pytest
import uvicorn
from hypothesis import settings

from millstream.artifacts.interface import ArtifactStore
from millstream.asgi.transport import DirectHttpProtocol
from millstream.client.session import SESSION
from millstream.rest.artifacts import Artifacts
from millstream.rest.protected_files import FileProtection
from millstream.server.access.gate import OpenGate
from millstream.server.artifact_admission import ArtifactAdmission
from millstream.server.artifacts import ArtifactRoutes
from millstream.server.callers import Callers

# A slow machine is no bug; and a red run must be one that anybody can repeat.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# Tests of what runs record unasked switch it on; others need neither its threads nor its files.
os.environ.setdefault("MILLSTREAM_CAPTURE", "none")

# Environments of tests are thrown away, and of all their libraries few modules are ever loaded.
os.environ.setdefault("UV_COMPILE_BYTECODE", "0")
os.environ.setdefault("PIP_COMPILE", "0")
# Tests whose scripts have a home of their own would fetch all of it from the index again.
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
os.environ.setdefault("UV_CACHE_DIR", str(_CACHE / "uv"))

ServeArtifacts = Callable[..., contextlib.AbstractContextManager[str]]


class AnnouncedServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextlib.contextmanager
def serving(
    proxied: ArtifactStore | None,
    artifacts: Artifacts | None = None,
    direct: bool = True,
    protection: FileProtection | None = None,
) -> Iterator[str]:
    config = uvicorn.Config(
        ArtifactRoutes(
            proxied,
            artifacts,
            protection or FileProtection(None),
            ArtifactAdmission(OpenGate(Callers("ada"))),
        ),
        host="127.0.0.1",
        port=0,
        loop="uvloop",
        http=DirectHttpProtocol if direct else "httptools",
        lifespan="off",
        log_level="critical",
        access_log=False,
    )
    server = AnnouncedServer(config)
    thread = threading.Thread(target=server.run, name="artifact-server", daemon=True)
    thread.start()
    assert server.listening.wait(30)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="session")
def serve_artifacts() -> ServeArtifacts:
    """Serves artifact routes from a thread of this process, on a free port."""
    return serving


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    """What a test sets for the processes that it starts, as `set_tracking_uri` does, is its own."""
    before = _settings()
    yield
    for name in _settings().keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


def _settings() -> dict[str, str]:
    ours = ("MLFLOW_", "MILLSTREAM_")
    return {name: value for name, value in os.environ.items() if name.startswith(ours)}


@pytest.fixture
def new_session() -> Iterator[None]:
    """The session of a process that has just begun, and again for whatever test comes next."""
    _begin_session()
    yield
    _begin_session()


def _begin_session() -> None:
    SESSION.finish()
    SESSION.__init__()  # type: ignore[misc]  # a new process, as far as the session knows


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pages last: Playwright's event loop stays on the main thread, where others need their own.

    Tests of one name are refused, since of those only one runs where tests have several processes.
    """
    twice = [name for name, times in Counter(item.nodeid for item in items).items() if times > 1]
    if twice:
        raise pytest.UsageError(f"several tests have the name {', '.join(twice)}")
    items.sort(key=lambda item: "browser" in item.path.parts)
