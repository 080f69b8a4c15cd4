"""Serving from the command line: names, options, and a server in whichever environment."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from tests.patience import patient_request
from tests.unit.cli.conftest import Caller

from millstream.cli import models_options
from millstream.cli.models_serve import split_name
from millstream.environments import programs
from millstream.integrations import sklearn
from millstream.serving.options import ServingOptions, from_json, to_json

PROGRAM = (sys.executable, "-m", "millstream.cli.main")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "linear"
    x = np.array([[0.0], [1.0]])
    sklearn.save_model(LinearRegression().fit(x, [0.0, 2.0]), path, input_example=x)
    return path


@pytest.mark.parametrize(
    ("text", "name", "uri"),
    [
        ("churn=models:/x@champion", "churn", "models:/x@champion"),
        ("runs:/0123/linear_regression_model", "linear_regression_model", None),
        ("runs:/0123/a/b", "b", None),
        ("models:/price/3", "price", None),
        ("models:/price@prod", "price", None),
        ("models:/m-0123", "m-0123", None),
        ("./mlruns/model", "model", None),
        ("s3://bucket/year=2026/model", "model", None),
        ("/data/my model (1)/", "my-model-1-", None),
        ("C:\\models\\one", "one", None),
    ],
)
def test_each_model_has_a_name(text: str, name: str, uri: str | None) -> None:
    assert split_name(text) == (name, uri or text)


def test_a_folder_with_an_equals_sign_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "year=2026").mkdir()
    assert split_name("year=2026") == ("year-2026", "year=2026")
    assert split_name(".")[0] == tmp_path.name.lstrip("-_.")


class TestOptions:
    @pytest.fixture
    def served(self, monkeypatch: pytest.MonkeyPatch) -> list[ServingOptions]:
        found: list[ServingOptions] = []

        def become(command: Sequence[str], variables: Mapping[str, str]) -> None:
            *program, argument = command
            assert program == [sys.executable, "-P", "-m", "millstream.serving"]
            text = argument.encode() if argument.startswith("{") else Path(argument).read_bytes()
            found.append(from_json(text))

        monkeypatch.setattr(programs, "become", become)
        return found

    def test_reach_the_server(
        self, millstream: Caller, model: Path, served: list[ServingOptions], tmp_path: Path
    ) -> None:
        config = tmp_path / "config.json"
        config.write_text('{"k": 1}')
        millstream.text(
            *("models", "serve", "-m", str(model), "-m", f"second={model}", "-p", "0", "-w", "2"),
            *("-h", "127.0.0.2", "-t", "7", "--max-batch", "64", "--max-wait-ms", "2.5"),
            *("--max-queue", "9", "--max-body", "1000", "--threads", "2", "--no-conda"),
            *("--model-config", str(config), "--allowed-hosts", "a,b", "--install-mlflow"),
        )
        (options,) = served
        assert [(one.name, one.path) for one in options.models] == [
            ("linear", str(model)),
            ("second", str(model)),
        ]
        assert (options.host, options.port, options.workers) == ("127.0.0.2", 0, 2)
        assert (options.timeout, options.max_batch, options.max_wait_ms) == (7.0, 64, 2.5)
        assert (options.max_queue, options.max_body, options.threads) == (9, 1000, 2)
        assert (options.model_config, options.allowed_hosts) == ({"k": 1}, "a,b")

    def test_say_which_folder_goes_with_the_server(
        self,
        millstream: Caller,
        model: Path,
        served: list[ServingOptions],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        folder = Path(tempfile.mkdtemp(prefix="millstream-model-"))
        shutil.copytree(model, folder / "linear")
        monkeypatch.setattr(models_options, "local_path", lambda _: folder / "linear")
        millstream.text("models", "serve", "-m", "s3://bucket/linear", "--env-manager", "local")
        assert served[0].temporary == (str(folder),)
        with serving_process(served[0]) as (server, said):
            np.testing.assert_allclose(ask(said["url"])["predictions"], [6.0])
            server.send_signal(signal.SIGTERM)
            server.wait(60)
        assert not folder.exists()

    @pytest.mark.parametrize("config", ["[1]", "{", "no-such-file"])
    def test_a_config_must_be_an_object(
        self, millstream: Caller, model: Path, served: list[ServingOptions], config: str
    ) -> None:
        done = millstream("models", "serve", "-m", str(model), "--model-config", config)
        assert (done.exit_code, served) == (2, [])
        assert "--model-config" in done.stderr

    def test_two_models_of_one_name_are_refused(self, millstream: Caller, model: Path) -> None:
        error = millstream.refusal("models", "serve", "-m", str(model), "-m", str(model))
        assert "Two models are to be served as 'linear'" in error

    def test_a_model_that_is_not_there(self, millstream: Caller) -> None:
        assert "no-such-model" in millstream.refusal("models", "serve", "-m", "no-such-model")


Server = tuple[subprocess.Popen[str], dict[str, Any]]


def serving(*arguments: str | Path) -> AbstractContextManager[Server]:
    return announced([*PROGRAM, "models", "serve", "--json", "-p", "0", *map(str, arguments)])


def serving_process(options: ServingOptions) -> AbstractContextManager[Server]:
    """The process that the command becomes."""
    here = msgspec.structs.replace(options, port=0, as_json=True)
    return announced([sys.executable, "-m", "millstream.serving", to_json(here).decode()])


@contextmanager
def announced(command: Sequence[str]) -> Iterator[Server]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate()


def ask(url: str) -> Any:
    deadline = time.monotonic() + 120
    while patient_request("GET", f"{url}/ping", retries=False).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    answer = patient_request("POST", f"{url}/invocations", json={"inputs": [[3.0]]}, retries=False)
    return answer.json()


def test_the_present_environment_serves_in_this_process(model: Path) -> None:
    with serving("-m", model, "--env-manager", "local") as (server, said):
        np.testing.assert_allclose(ask(said["url"])["predictions"], [6.0])
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) in (0, -signal.SIGTERM)


def test_another_environment_serves_under_the_same_process_id(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLSTREAM_ENV_ROOT", str(tmp_path / "environments"))
    config = ("--model-config", '{"password": "hidden"}')
    with serving("-m", model, "--env-manager", "uv", *config) as (server, said):
        np.testing.assert_allclose(ask(said["url"])["predictions"], [6.0])
        command = Path(f"/proc/{server.pid}/cmdline")
        if command.exists():
            words = command.read_bytes().split(b"\0")
            assert words[0].startswith(str(tmp_path / "environments").encode())
            assert b"hidden" not in command.read_bytes()
        server.send_signal(signal.SIGTERM)
        server.wait(60)
