"""Our server in a process of its own, which is killed, frozen and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

PROGRAM = (sys.executable, "-m", "millstream.cli.main")


def clean_environment() -> dict[str, str]:
    """The variables of this process, without those that products are told things by."""
    told = ("MLFLOW", "MILLSTREAM", "XDG_STATE")
    return {name: value for name, value in os.environ.items() if not name.startswith(told)}


class Server:
    """A server on a folder, or on another store; it keeps its port for all its lives.

    `within` is the beginning of a command that leads into another network.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        store: str | None = None,
        within: Sequence[str] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._command = [*within, *PROGRAM, "server", "--json", *options]
        if store is not None:
            self._command += ["--backend-store-uri", store]
        self._port = free_port()  # which nobody else is handed while it is down
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(
            [*self._command, "--port", str(self._port)],
            cwd=self._folder,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended at once with code {self._process.wait()}")
        self.url = str(json.loads(line)["url"]).rstrip("/")

    def kill(self) -> None:
        """End it as a power failure would, whatever state it is in."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._close()

    def freeze(self) -> None:
        """Stop it from doing anything, while the system goes on to take connections for it."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it in an orderly way, if it runs."""
        if self._process.poll() is not None:
            self._close()
            return
        self.thaw()
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._close()

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self._process.pid, number)

    def _close(self) -> None:
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextmanager
def serving(
    folder: Path, *options: str, store: str | None = None, within: Sequence[str] = ()
) -> Iterator[Server]:
    """A server for a `with` block."""
    server = Server(folder, *options, store=store, within=within)
    try:
        yield server
    finally:
        server.stop()
