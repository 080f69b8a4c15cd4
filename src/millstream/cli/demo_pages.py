"""The server that a demo leaves running, and the check that it shows what was logged."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3

from millstream.errors import MillstreamError, Unavailable

START_SECONDS = 30.0
STOP_SECONDS = 15.0


@contextmanager
def serving(uri: str, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server on a store in a process of its own, which ends with the block."""
    command = [sys.executable, "-m", "millstream.cli.main", "server"]
    options = ["--backend-store-uri", uri, "--host", "127.0.0.1", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    # Being asked to end must not leave the server behind.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)  # noqa: S603 own program
    try:
        _wait_until_it_answers(process, address)
        yield process, address
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        signal.signal(signal.SIGTERM, before)


def _wait_until_it_answers(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unavailable("The server could not be started; the line above says why.")
        try:
            if (
                urllib3.request("GET", f"{address}/health", timeout=2.0, retries=False).status
                == 200
            ):
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    raise Unavailable(f"The server at {address} did not answer within {START_SECONDS:.0f} s.")


def check_run(address: str, run_id: str, metrics: dict[str, float]) -> None:
    """See that pages and API answer, and that the run has these metrics and maybe others."""
    shown = _get(f"{address}/")
    if b"<html" not in shown.lower():
        raise MillstreamError(f"{address}/ answers, but not with a page.")
    answer: Any = json.loads(_get(f"{address}/api/2.0/mlflow/runs/get?run_id={run_id}"))
    logged = {metric["key"]: metric["value"] for metric in answer["run"]["data"]["metrics"]}
    for key, value in metrics.items():
        if logged.get(key) != value:
            raise MillstreamError(
                f"The server says that {key} of run {run_id} is {logged.get(key)!r}, "
                f"but {value!r} was logged."
            )


def _get(url: str) -> bytes:
    answer = urllib3.request("GET", url, timeout=10.0, retries=False)
    if answer.status != 200:
        raise Unavailable(f"{url} answers with status {answer.status}.")
    return answer.data
