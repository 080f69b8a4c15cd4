"""The walk-through's model as a service: by the command, by its curl, and in its own Flask app."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3
from tests.compat.trained_model import SCENARIO, Trained, run
from tests.patience import patient_request
from tests.ports import free_port

ASK_APP = """
import json, sys, warnings
warnings.simplefilter("ignore")
import app
answer = app.app.test_client().post("/predict", json={"data": json.loads(sys.argv[1])})
print(json.dumps(answer.get_json()))
"""


@contextmanager
def served(trained: Trained) -> Iterator[str]:
    """`mlflow models serve -m runs:/<run_id>/linear_regression_model -p <port>`."""
    port = free_port()
    command = f"models serve -m runs:/{trained.run_id}/linear_regression_model -p {port}"
    log = trained.folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(trained.python.with_name("mlflow")), *command.split()],
            cwd=trained.folder,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONPATH": ""},
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
        return patient_request("GET", f"{url}/ping", retries=False).status == 200
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
