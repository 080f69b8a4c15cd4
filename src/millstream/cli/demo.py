"""The command that shows the whole way: train, log, load back, look."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import urllib3

from millstream.cli.options import example, json_option
from millstream.cli.output import print_json
from millstream.cli.training import EXPERIMENT, Trained, load_libraries, train
from millstream.errors import InvalidState, MillstreamError, Unavailable

START_SECONDS = 30.0
STOP_SECONDS = 15.0


@example(
    "millstream demo",
    "millstream demo --folder somewhere --port 8080 --exit",
)
@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("mlruns"),
    show_default=True,
    help="Where the data are kept.",
)
@click.option(
    "-p",
    "--port",
    type=click.IntRange(1, 65535),
    default=5000,
    show_default=True,
    help="Port of the pages.",
)
@click.option("--exit", "leave", is_flag=True, help="Stop after checking that the pages answer.")
@json_option
def demo(folder: Path, port: int, leave: bool, as_json: bool) -> None:
    """Train a small model, log it, load it back and show it.

    A linear regression learns to predict the progression of diabetes from data that come with
    scikit-learn; nothing is downloaded.
    """
    trained = train(str(folder), load_libraries())
    if not trained.same_predictions:
        raise InvalidState(
            f"The model of run {trained.run_id} came back with other predictions than it had."
        )
    if not as_json:
        click.echo(f"Logged run {trained.run_id} in experiment '{EXPERIMENT}' of {folder}.")
        click.echo(f"Mean squared error on the test data: {trained.mse:.2f}.")
        click.echo("Loaded the model back: it predicts the same.")
    with _pages(folder, port) as (process, address):
        page = check_pages(address, trained)
        if as_json:
            print_json({"run_id": trained.run_id, "mse": trained.mse, "page": page})
        else:
            click.echo(f"The run is at {page}")
        if not leave:
            with suppress(KeyboardInterrupt):
                click.echo("Press Ctrl+C to stop.", err=as_json)
                process.wait()


@contextmanager
def _pages(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server on `folder` in a process of its own, which ends with the block."""
    command = [sys.executable, "-m", "millstream.cli.main", "server"]
    options = ["--backend-store-uri", str(folder), "--host", "127.0.0.1", "--port", str(port)]
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


def check_pages(address: str, trained: Trained) -> str:
    """The address of the run's page, after seeing that page and API answer with the run."""
    shown = _get(f"{address}/")
    if b"<html" not in shown.lower():
        raise MillstreamError(f"{address}/ answers, but not with a page.")
    answer: Any = json.loads(_get(f"{address}/api/2.0/mlflow/runs/get?run_id={trained.run_id}"))
    logged = {metric["key"]: metric["value"] for metric in answer["run"]["data"]["metrics"]}
    if logged.get("mse") != trained.mse:
        raise MillstreamError(
            f"The server says that mse is {logged.get('mse')!r}, but {trained.mse!r} was logged."
        )
    return f"{address}/#/experiments/{trained.experiment_id}/runs/{trained.run_id}"


def _get(url: str) -> bytes:
    answer = urllib3.request("GET", url, timeout=10.0, retries=False)
    if answer.status != 200:
        raise Unavailable(f"{url} answers with status {answer.status}.")
    return answer.data
