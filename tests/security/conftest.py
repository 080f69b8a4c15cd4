"""A server to attack, and the wire it is attacked over."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from tests.unit.server.running import Running, Start


class Answer(NamedTuple):
    """What came back, with names of headers in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


class Attacker:
    """Sends bytes exactly as they are written, which no client library would."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._place = (str(address.hostname), address.port or 80)

    def raw(self, request: bytes) -> Answer:
        """Send bytes, and read until the server has had enough; status 0 is no answer at all."""
        found = b""
        with socket.create_connection(self._place, 60) as wire, contextlib.suppress(OSError):
            wire.sendall(request)
            while block := wire.recv(1 << 16):
                found += block
        return _parsed(found)

    def __call__(
        self,
        method: str,
        target: str | bytes,
        body: bytes = b"",
        *fields: str,
        host: str | None = "localhost",
    ) -> Answer:
        """One request, whose target is not touched."""
        head = [
            b"%s %s HTTP/1.1" % (method.encode(), _bytes(target)),
            *([] if host is None else [b"Host: " + _bytes(host)]),
            b"Connection: close",
            b"Content-Length: %d" % len(body),
            *(_bytes(field) for field in fields),
        ]
        return self.raw(b"\r\n".join([*head, b"", b""]) + body)

    def post(self, path: str, content: Any, *fields: str) -> Answer:
        """JSON to an endpoint of MLflow's API."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self(
            "POST", f"/api/2.0/mlflow/{path}", body, "Content-Type: application/json", *fields
        )

    def run_at(self, location: str) -> str | None:
        """The id of a run in a new experiment with that location; None if there can be none."""
        made = self.post(
            "experiments/create", {"name": repr(location), "artifact_location": location}
        )
        if made.status != 200:
            return None
        experiment = json.loads(made.body)["experiment_id"]
        run = self.post("runs/create", {"experiment_id": experiment})
        return str(json.loads(run.body)["run"]["info"]["run_id"])


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _parsed(found: bytes) -> Answer:
    head, _, body = found.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    status = int(words[1]) if len(words) > 1 else 0
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers, which end with the test."""
    started: list[Running] = []

    def start(**options: Any) -> Running:
        options.setdefault("backend_store_uri", str(tmp_path / "store"))
        started.append(Running(**options))
        return started[-1]

    yield start
    for server in started:
        server.end(signal.SIGKILL)


@pytest.fixture
def attack(start: Start) -> Attacker:
    """The wire to a server without any option."""
    return Attacker(start().url)
