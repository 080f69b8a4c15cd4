"""The walk-through's model as a service: by the command, by its curl, and in its own Flask app."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import urllib3

SCENARIO = Path(__file__).parent / "scenario"

FIRST_ROWS = """
import json, warnings
warnings.simplefilter("ignore")
import mlflow, mlflow.sklearn
from sklearn.datasets import load_boston
rows = load_boston().data[:3]
run_id = mlflow.search_runs().run_id[0]
model = mlflow.sklearn.load_model(f"runs:/{run_id}/linear_regression_model")
alone = model.predict(rows[:1]).tolist()  # some processors round otherwise than for three
print(json.dumps([run_id, rows.tolist(), model.predict(rows).tolist(), alone]))
"""
ASK_APP = """
import json, sys, warnings
warnings.simplefilter("ignore")
import app
answer = app.app.test_client().post("/predict", json={"data": json.loads(sys.argv[1])})
print(json.dumps(answer.get_json()))
"""


class Trained(NamedTuple):
    """The run of the training script, three rows, and what scikit-learn predicts for them."""

    python: Path
    folder: Path
    run_id: str
    rows: list[list[float]]
    predictions: list[float]
    first_alone: list[float]


@pytest.fixture
def trained(environment: Callable[[str, str], Path], tmp_path: Path) -> Trained:
    python = environment("scenario", "MILLSTREAM_SCENARIO_PYTHON")
    run(python, tmp_path, str(SCENARIO / "train.py"))
    return Trained(python, tmp_path, *json.loads(run(python, tmp_path, "-c", FIRST_ROWS)))


def run(python: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), "-W", "ignore", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(trained: Trained) -> Iterator[str]:
    """`mlflow models serve -m runs:/<run_id>/linear_regression_model -p <port>`."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = f"models serve -m runs:/{trained.run_id}/linear_regression_model -p {port}"
    log = trained.folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(trained.python.with_name("mlflow")), *command.split()],
            cwd=trained.folder,
            stdout=output,
            stderr=output,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while not is_ready(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(30)
    assert "present environment" in log.read_text()


def is_ready(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}/ping", retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def curl(url: str, command: str, body: Any = None) -> tuple[int, Any]:
    """The walk-through's curl, at another port and, if given, with another body."""
    command = command.replace("http://localhost:1234", url)
    if body is not None:
        command = re.sub(r"'\{.*\}'", f"'{json.dumps(body)}'", command)
    words = [
        *shlex.split(command.replace("\\\n", " ")),
        "--silent",
        "--write-out",
        "\n%{http_code}",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    text, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(text)


def test_thirteen_numbers_are_predicted_and_nine_are_explained(trained: Trained) -> None:
    invoke = (SCENARIO / "invoke.sh").read_text()
    with served(trained) as url:
        status, answer = curl(url, invoke, {"data": trained.rows})
        assert (status, answer) == (200, {"predictions": trained.predictions})
        status, answer = curl(url, invoke, {"data": trained.rows[:1]})
        assert (status, answer) == (200, {"predictions": trained.first_alone})
        status, answer = curl(url, invoke)
    assert status == 400
    assert answer["error_code"] in ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")
    for word in ("row 0", "9", "13"):
        assert word in answer["message"]


def test_the_flask_app_works_unchanged(trained: Trained) -> None:
    app = (SCENARIO / "app.py").read_text().replace("<run_id>", trained.run_id)
    (trained.folder / "app.py").write_text(app)
    printed = run(trained.python, trained.folder, "-c", ASK_APP, json.dumps(trained.rows))
    assert json.loads(printed) == trained.predictions
