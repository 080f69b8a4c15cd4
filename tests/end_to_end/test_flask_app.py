"""A model becomes a Flask application that passes its own tests and serves, also as an image."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import urllib3
from tests.end_to_end.python_image import buildah, python_image
from tests.patience import patient_request
from tests.ports import free_port

from millstream.integrations import pyfunc

CODE = """
import os
import time
from pathlib import Path

from millstream.models import set_model


def slow_double(model_input):
    if model_input.max() == 400:
        place = Path(os.environ["SLOW_PLACE"])
        (place / "begun").touch()
        while not (place / "go on").exists():
            time.sleep(0.01)
    else:
        time.sleep(model_input.max() / 100)
    return 2 * model_input


set_model(slow_double)
"""


@pytest.fixture
def base_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with python_image(tmp_path, monkeypatch) as name:
        yield name


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command writes for a model that takes a hundredth of its input, in seconds.

    For 400 it takes as long as the test wants.
    """
    folder = tmp_path_factory.mktemp("flask")
    (folder / "slow.py").write_text(CODE)
    pyfunc.save_model(
        folder / "model",
        python_model=str(folder / "slow.py"),
        pip_requirements=[],
        input_example=np.array([1.0]),
    )
    words = ["models", "scaffold", "flask", "-m", str(folder / "model"), "-d", str(folder / "app")]
    done = subprocess.run(
        [sys.executable, "-m", "millstream.cli.main", *words, "--base-image", "localhost/python"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert f"docker build -t model {folder / 'app'}" in done.stdout
    return folder / "app"


@contextmanager
def started(words: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is ended with all that it started."""
    with subprocess.Popen(words, cwd=folder, start_new_session=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def ask(port: int, path: str, body: Any = None) -> tuple[int, Any]:
    """What the application says, as soon as it is there."""
    deadline = time.monotonic() + 60
    method = "GET" if body is None else "POST"
    while True:
        try:
            url = f"http://127.0.0.1:{port}{path}"
            found = patient_request(method, url, json=body, retries=False)
            return found.status, json.loads(found.data)
        except urllib3.exceptions.NewConnectionError:
            assert time.monotonic() < deadline, "the application does not answer"
            time.sleep(0.1)


def test_it_passes_its_own_tests(app: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=app, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout


def test_a_model_that_was_changed_does_not_start(app: Path, tmp_path: Path) -> None:
    copy = tmp_path / "app"
    subprocess.run(["cp", "-r", str(app), str(copy)], check=True)
    [code] = (copy / "model").glob("*.py")
    code.write_text(code.read_text() + "\n")
    words = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{free_port()}", "app:app"]
    done = subprocess.run(words, cwd=copy, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert code.name in done.stderr


def test_gunicorn_answers_probes_while_it_predicts_and_ends_gracefully(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLOW_PLACE", str(tmp_path))
    port = free_port()
    words = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "app:app"]
    with started(words, app) as server, ThreadPoolExecutor(8) as threads:
        assert ask(port, "/health/ready")[0] == 200
        quick = [threads.submit(ask, port, "/predict", {"inputs": [0.1 * n]}) for n in range(30)]
        for number, answer in enumerate(quick):
            assert answer.result() == (200, [pytest.approx(0.2 * number)])
        slow = threads.submit(ask, port, "/predict", {"inputs": [400.0]})
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists():
            assert time.monotonic() < deadline, "it does not predict"
            time.sleep(0.01)
        assert ask(port, "/health/live") == (200, {"status": "live"})
        assert not slow.done()
        server.terminate()
        (tmp_path / "go on").touch()
        assert slow.result() == (200, [800.0])
        assert server.wait(60) == 0


def test_its_image_serves_as_nobody(base_image: str, app: Path) -> None:
    port = free_port()
    words = ["--isolation", "chroot", "--format", "docker", "-t", "localhost/slow", str(app)]
    certificates = os.environ.get("SSL_CERT_FILE")
    secrets = [f"--secret=id=certificates,src={certificates}"] if certificates else []
    buildah("build", *secrets, *words)
    about = json.loads(buildah("inspect", "--type", "image", "localhost/slow"))["Docker"]["config"]
    assert about["User"] == "10001:10001"
    assert "/health/ready" in str(about["Healthcheck"])
    container = buildah("from", "localhost/slow")
    run = ["buildah", "run", "--isolation", "chroot", "--env", f"BIND=127.0.0.1:{port}"]
    with started([*run, container, "--", *about["Entrypoint"], *about["Cmd"]], app) as server:
        assert ask(port, "/predict", {"inputs": [1.5]}) == (200, [3.0])
        listed = subprocess.run(
            ["ps", "-ww", "-s", str(server.pid), "-o", "uid=,args="], capture_output=True, text=True
        )
        users = [line.split()[0] for line in listed.stdout.splitlines() if "app:app" in line]
        assert "10001" in users
