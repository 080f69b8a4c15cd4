"""The process: options become a listening server, which finishes what it has accepted."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import uvicorn.config
import uvicorn.server

from millstream.asgi import memory
from millstream.asgi.listener import BACKLOG, base_url, listen
from millstream.asgi.protocol import PromptProtocol
from millstream.errors import InvalidState, MillstreamError
from millstream.serving.options import ServingOptions, check
from millstream.serving.workers import Workers, end_with_parent
from millstream.version import VERSION

__all__ = ["ServingOptions", "serve"]

_LEAST_GRACE_SECONDS = 30
_KEEP_ALIVE_SECONDS = 75
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"  # the only door of the library, which reads it when imported
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_IDLE = ("OPENBLAS_THREAD_TIMEOUT", "16")  # a power of two, of the processor's cycles: some 30 us


def serve(options: ServingOptions) -> None:
    """Serve until SIGTERM or SIGINT; accepted requests are finished.

    Raises `MillstreamError` if the options cannot be, the address is taken, or a model cannot be
    loaded.
    """
    options = check(options)
    listener = listen(options.host, options.port)
    _let_idle_threads_sleep()
    _announce(options, listener)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C has been heard, and all is finished
        if options.workers > 1:
            _serve_together(options, listener)
        else:
            _serve_alone(options, listener)


def build(options: ServingOptions) -> Any:
    """The ASGI application of a worker."""
    end_with_parent()
    return _build(options, _end_worker)


def _serve_alone(options: ServingOptions, listener: socket.socket) -> None:
    failures: list[MillstreamError] = []

    def failed(error: MillstreamError) -> None:
        failures.append(error)
        server.should_exit = True

    server = uvicorn.server.Server(_configure(options, functools.partial(_build, options, failed)))
    with _ending(server):
        server.run(sockets=[listener])
    if failures:
        raise failures[0]


@contextlib.contextmanager
def _ending(server: uvicorn.server.Server) -> Iterator[None]:
    """Let SIGTERM and SIGINT mean that the server ends, and nothing else once it has ended.

    Uvicorn raises them again after that, which would keep the program from tidying up.
    """

    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _serve_together(options: ServingOptions, listener: socket.socket) -> None:
    _share_processors(options.workers)
    with _counting_together() as folder:
        config = _configure(options, functools.partial(build, options))
        workers = Workers(config, [listener], functools.partial(_forget, folder))
        workers.run()
    if workers.failed:
        raise InvalidState("No model is served, since a worker could not load it: see above.")


def _build(options: ServingOptions, failed: Any) -> Any:
    logging.basicConfig(
        level=options.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    memory.bound()
    memory.grow()
    # Late, since the counts for Prometheus are loaded with it.
    return importlib.import_module("millstream.serving.assembly").assemble(options, failed)


def _end_worker(error: MillstreamError) -> None:
    """At once: without the model nothing that was accepted can be answered."""
    print(f"Error: {error}", file=sys.stderr, flush=True)
    os._exit(uvicorn.config.STARTUP_FAILURE)


def _configure(options: ServingOptions, application: Any) -> uvicorn.config.Config:
    return uvicorn.config.Config(
        application,
        factory=True,
        http=PromptProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level=options.log_level,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        date_header=False,
        workers=options.workers,
        backlog=BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(_LEAST_GRACE_SECONDS, round(options.timeout)),
    )


def _share_processors(workers: int) -> None:
    """Let each worker's numeric libraries use its share of the processors, unless told otherwise.

    Otherwise each starts a thread per processor, and they all wait for each other.
    """
    share = max(1, (os.cpu_count() or 1) // workers)
    for name in _THREADS:
        os.environ.setdefault(name, str(share))


def _let_idle_threads_sleep() -> None:
    """Have the threads of numeric libraries sleep soon when there is nothing to do.

    Those of OpenBLAS look out for work for 30 ms by themselves, which takes a processor from
    whoever needs it: after each prediction that they had a part in, and twice at the start. They
    ask for the variable when they are loaded, with the model.
    """
    os.environ.setdefault(*_IDLE)


@contextlib.contextmanager
def _counting_together() -> Iterator[str]:
    """A folder by which the workers count as one, in a place of its own until they have ended."""
    folder = tempfile.mkdtemp(prefix="millstream-counts-")
    os.environ[_COUNTS] = folder
    try:
        yield folder
    finally:
        del os.environ[_COUNTS]
        shutil.rmtree(folder, ignore_errors=True)


def _forget(folder: str, process_id: int) -> None:
    """A worker has ended: what it was doing at that moment no longer counts."""
    importlib.import_module("prometheus_client.multiprocess").mark_process_dead(process_id, folder)


def _announce(options: ServingOptions, listener: socket.socket) -> None:
    url = base_url(listener, options.host)
    names = [model.name for model in options.models]
    if options.as_json:
        sys.stdout.write(json.dumps({"url": url, "models": names}) + "\n")
        sys.stdout.flush()
    else:
        served = names[0] if len(names) == 1 else f"{len(names)} models ({', '.join(names)})"
        print(
            f"Millstream {VERSION} serves {served} at {url} "
            f"with {options.environment} (Ctrl+C stops it)",
            file=sys.stderr,
            flush=True,
        )
