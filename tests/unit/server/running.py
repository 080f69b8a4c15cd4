"""A tracking server in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

from millstream.rest.remote import RemoteStore
from millstream.settings import Settings

START = (
    "import json, sys; from millstream.server.process import ServerOptions, serve; "
    "serve(ServerOptions(**json.loads(sys.argv[1])))"
)
NO_RETRIES = Settings(http_request_max_retries=0)


class Running:
    """A server in a process of its own."""

    def __init__(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        log: IO[str] | None = None,
        **options: Any,
    ) -> None:
        words = [sys.executable, "-c", START, json.dumps({"port": 0, "as_json": True, **options})]
        self.process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the server ended with {self.process.wait()}"
        self.url: str = json.loads(line)["url"]

    def store(self, settings: Settings = NO_RETRIES) -> RemoteStore:
        return RemoteStore(self.url, settings)

    def end(self, with_signal: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        with contextlib.ExitStack() as stack:
            stack.callback(self.process.stdout.close)  # type: ignore[union-attr]  # it is a pipe
            return self.process.wait(60)


Start = Callable[..., Running]
