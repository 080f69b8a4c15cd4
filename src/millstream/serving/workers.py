"""Several processes on one listening socket, and what happens when one of them ends."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

import uvicorn.config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

_AT_ONCE_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 30.0


class Workers(Multiprocess):
    """Keeps as many processes as were asked for.

    Uvicorn asks each process for a sign of life, and ends one that does not give it within some
    seconds, which a model may well take. Here a process is alive until it ends. If it ends soon
    after it was started, the next one is started after a pause that doubles each time.
    `ended` is called with the process id of each that ends by itself.
    """

    def __init__(
        self,
        config: uvicorn.config.Config,
        sockets: list[socket.socket],
        ended: Callable[[int], None],
    ) -> None:
        super().__init__(config, sockets)
        self.failed = False
        self._ended = ended
        self._pause = 0.0
        self._begun = time.monotonic()

    def keep_subprocess_alive(self) -> None:
        """Replace the processes that have ended; end if one could not load its model."""
        for index, process in enumerate(self.processes):
            if process.process.is_alive() or self.should_exit.is_set():
                continue
            process.join()
            if process.exitcode == STARTUP_FAILURE:
                self.failed = True
                self.should_exit.set()
                return
            if not self._may_begin():
                return
            number = process.pid or 0
            print(_REPLACED.format(number, process.exitcode), file=sys.stderr, flush=True)
            self._ended(number)
            self.processes[index] = Process(self.config, self.sockets)
            self.processes[index].start()

    def _may_begin(self) -> bool:
        """Whether the pause is over that keeps a model that crashes at once from crashing on."""
        since = time.monotonic() - self._begun
        if since < self._pause:
            return False
        soon = since < self._pause + _AT_ONCE_SECONDS
        self._pause = min(2 * self._pause + 0.5, _LONGEST_PAUSE_SECONDS) if soon else 0.0
        self._begun = time.monotonic()
        return True


_REPLACED = "Worker {} ended with code {}; another one takes its place."


def end_with_parent() -> None:
    """Let this process end when the one that started it has ended without saying so."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        logging.getLogger(__name__).error("The process that started this one is gone")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
