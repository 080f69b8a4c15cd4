"""A server of the Kubernetes API on this machine, and the kubeconfig that leads to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from starlette.responses import JSONResponse
from tests.certificates import Authority
from tests.conftest import AnnouncedServer

TOKEN = "s3cret"  # noqa: S105  # of a server that lives as long as a test


@contextmanager
def reached(app: Any, folder: Path) -> Iterator[Path]:
    """Serve an application with a certificate of its own authority; gives a kubeconfig."""
    authority = Authority(folder)
    issued = authority.issue()
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        ssl_certfile=str(issued.certificate),
        ssl_keyfile=str(issued.key),
    )
    running = AnnouncedServer(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    assert running.listening.wait(20)
    port = running.servers[0].sockets[0].getsockname()[1]
    path = folder / "kubeconfig"
    kubeconfig(path, f"https://127.0.0.1:{port}", authority.certificate)
    try:
        yield path
    finally:
        running.servers[0].get_loop().call_soon_threadsafe(_hang_up, running)
        running.should_exit = True
        thread.join(20)


def _hang_up(server: Any) -> None:
    """End the connections that clients keep open, which a server would wait for."""
    for connection in list(server.server_state.connections):
        connection.transport.abort()


def kubeconfig(path: Path, server: str, authority: Path) -> None:
    """A kubeconfig with a context `right`, and one with another token."""
    cluster = {"server": server, "certificate-authority": str(authority)}
    known = {"apiVersion": "v1", "kind": "Config", "current-context": "right"}
    users = {"right": TOKEN, "wrong": "other"}
    contexts = [
        {"name": name, "context": {"cluster": "one", "user": name, "namespace": "of-context"}}
        for name in users
    ]
    listed = [{"name": name, "user": {"token": token}} for name, token in users.items()]
    clusters = [{"name": "one", "cluster": cluster}]
    path.write_text(
        yaml.safe_dump({**known, "clusters": clusters, "users": listed, "contexts": contexts})
    )


def refusal(status: int, reason: str, message: str) -> JSONResponse:
    """A refusal as a cluster puts it."""
    told = {"kind": "Status", "status": "Failure", "reason": reason, "message": message}
    return JSONResponse({"apiVersion": "v1", "code": status, **told}, status)
