"""Commands as processes of their own: the server, the demo, the examples, pipes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "millstream.cli.main")


def environment(**more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MILLSTREAM_", "MLFLOW_"))
    }
    return kept | more


def call(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
    )


def run_example(folder: Path, name: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "diabetes" / name)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [*PROGRAM, *options, "--port", "0", "--json"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"], process
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # our own server
        body: bytes = answer.read()
    return body


@pytest.mark.parametrize("name", ["server", "ui"])
def test_the_server_serves_the_folder_it_stands_in_and_ends_when_told(
    name: str, tmp_path: Path
) -> None:
    made = json.loads(call(tmp_path, "runs", "create", "--experiment-id", "0").stdout)
    with serving(tmp_path, name) as (url, process):
        assert fetch(f"{url}/health") == b"OK"
        answer = json.loads(fetch(f"{url}/api/2.0/mlflow/runs/get?run_id={made['run_id']}"))
        assert answer["run"]["info"]["status"] == "FINISHED"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (0, -signal.SIGTERM)


def test_commands_work_through_a_server(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("hello")
    with serving(tmp_path, "server", "--backend-store-uri", "data") as (url, _):
        far: dict[str, Any] = {"MLFLOW_TRACKING_URI": url}
        made = json.loads(call(tmp_path, "runs", "create", "-n", "far", **far).stdout)
        run_id = made["run_id"]
        call(tmp_path, "artifacts", "log-artifact", "-l", "note.txt", "-r", run_id, **far)
        got = call(
            tmp_path, "artifacts", "download", "-r", run_id, "-a", "note.txt", "-d", "back", **far
        )
        assert Path(got.stdout.strip()).read_text() == "hello"
        report = json.loads(call(tmp_path, "doctor", "--json", **far).stdout)
        assert report["problems"] == []
        assert report["store"]["state"].startswith("answers in ")
    near = call(tmp_path, "runs", "list", "-x", made["experiment_id"], "--tracking-uri", "data")
    assert run_id in near.stdout


def test_a_taken_port_is_one_line_that_names_port_and_option(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = call(tmp_path, "ui", "--port", port)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert port in done.stderr
    assert "--port" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0", "--no-auth"], "--allow-anonymous"),  # noqa: S104  # refused
        (["--workspace-store-uri", "sqlite:///w.db"], "Workspaces are kept with the runs"),
        (["--backend-store-uri", "ftp://x"], "ftp"),
    ],
)
def test_what_the_server_refuses_it_refuses_in_one_line(
    options: list[str], words: str, tmp_path: Path
) -> None:
    done = call(tmp_path, "server", *options)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert words in done.stderr


def test_workers_on_sqlite_are_accepted_and_explained(tmp_path: Path) -> None:
    done = call(tmp_path, "server", "--workers", "4", "--backend-store-uri", "ftp://x")
    assert done.stderr.startswith("Note: --workers 4 needs PostgreSQL or MySQL.")


def test_options_of_mlflow_without_effect_are_accepted_and_named(tmp_path: Path) -> None:
    asked = ("--gunicorn-opts", "--timeout 9", "--backend-store-uri", "ftp://refused")
    done = call(tmp_path, "server", *asked)
    assert done.stderr.startswith("Note: --gunicorn-opts has no effect here.\n")


def test_the_demo_trains_checks_and_ends(tmp_path: Path) -> None:
    port = str(free_port())
    done = call(tmp_path, "demo", "--folder", "here", "--port", port, "--exit", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["page"].startswith(f"http://127.0.0.1:{port}/")
    assert told["run_id"] in told["page"]
    run = json.loads(
        call(tmp_path, "runs", "describe", "-r", told["run_id"], "--tracking-uri", "here").stdout
    )
    assert run["info"]["status"] == "FINISHED"
    assert run["data"]["metrics"]["mse"] == pytest.approx(told["mse"])
    assert run["data"]["params"]["model"] == "LinearRegression"
    files = call(
        tmp_path, "artifacts", "list", "-r", told["run_id"], "--tracking-uri", "here"
    ).stdout
    assert "predictions.png" in files
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0


@pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_demo_stays_until_told_and_takes_its_server_along(
    told: signal.Signals, code: int, tmp_path: Path
) -> None:
    port = free_port()
    process = subprocess.Popen(
        [*PROGRAM, "demo", "--port", str(port)],
        cwd=tmp_path,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
        # A shell that started the tests in the background lets its children ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # no threads here
    )
    assert process.stdout is not None
    with process.stdout as lines:
        assert any("Press Ctrl+C" in line for line in lines)
        process.send_signal(told)
        assert process.wait(60) == code
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_demo_without_scikit_learn_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "sklearn.py").write_text("raise ModuleNotFoundError(name='sklearn')\n")
    done = call(tmp_path, "demo", "--exit", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == (
        "Error: The demo needs sklearn, which is not installed. "
        "Install it with: pip install 'millstream[demo]'\n"
    )
    assert not (tmp_path / "mlruns").exists()


def test_the_examples_run(tmp_path: Path) -> None:
    said = run_example(tmp_path, "train.py")
    assert re.search(r"^mean squared error: \d+\.\d\d$", said, re.MULTILINE)
    assert re.search(r"^model: runs:/[0-9a-f]{32}/linear_regression_model$", said, re.MULTILINE)
    assert run_example(tmp_path, "load_and_predict.py").count("predicted") == 5


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    for _ in range(3):
        call(tmp_path, "runs", "create", "--experiment-id", "0")
    with subprocess.Popen(
        [*PROGRAM, "runs", "list", "--experiment-id", "0", "--json"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
