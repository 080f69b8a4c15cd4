"""A model's way from training to predictions over HTTP, by the commands a person types."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.patience import patient_request

PROGRAM = (sys.executable, "-m", "millstream.cli.main")
TRAIN = """
import millstream as mlflow
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
features, target = load_diabetes(return_X_y=True, as_frame=True)
model = LinearRegression().fit(features, target)
with mlflow.start_run():
    info = mlflow.sklearn.log_model(model, name="diabetes", input_example=features[:2])
print(info.model_uri)
"""
HEADERS = {"Content-Type": "application/json"}


def environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MILLSTREAM_", "MLFLOW_"))
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that a script was run in, and the URI of the model it logged."""
    folder = tmp_path_factory.mktemp("trained")
    words = [sys.executable, "-W", "ignore", "-c", TRAIN]
    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout.split()[-1]


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    words = [*PROGRAM, "models", "serve", "--port", "0", "--json", *options]
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        url = json.loads(line)["url"]
        _until_ready(url)
        yield url, process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if patient_request("GET", f"{url}/ping").status == 200:
            return
        time.sleep(0.05)
    raise AssertionError("the model was not ready within a minute")


def test_a_logged_model_is_served_with_its_columns(trained: tuple[Path, str]) -> None:
    folder, uri = trained
    with serving(folder, "-m", uri, "--env-manager", "local") as (url, process):
        document = patient_request("GET", f"{url}/openapi.json").json()
        body = document["paths"]["/invocations"]["post"]["requestBody"]
        example = body["content"]["application/json"]["schema"]["example"]
        answer = patient_request(
            "POST", f"{url}/invocations", body=json.dumps(example).encode(), headers=HEADERS
        )
        assert answer.json() == {"predictions": [pytest.approx(206.1167), pytest.approx(68.07103)]}
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_several_models_and_workers(trained: tuple[Path, str]) -> None:
    folder, uri = trained
    options = ["-m", f"a={uri}", "-m", f"b={uri}", "--workers", "2", "--max-batch", "64"]
    with serving(folder, *options, "--env-manager", "local") as (url, _):
        row = [[0.0] * 10]
        columns = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
        body = json.dumps({"dataframe_split": {"columns": columns, "data": row}}).encode()
        for path in ("/invocations", "/models/a/invocations", "/models/b/invocations"):
            answer = patient_request("POST", url + path, body=body, headers=HEADERS)
            assert answer.json() == {"predictions": [pytest.approx(152.1335)]}


def test_a_model_without_a_column_it_needs_is_told_which(trained: tuple[Path, str]) -> None:
    folder, uri = trained
    with serving(folder, "-m", uri, "--env-manager", "local") as (url, _):
        body = b'{"dataframe_records": [{"age": 0.1}]}'
        answer = patient_request("POST", f"{url}/invocations", body=body, headers=HEADERS)
        assert answer.status == 400
        assert "'bmi'" in answer.json()["message"]
