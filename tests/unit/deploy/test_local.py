"""A model is served on this machine, directly or from a container of an image."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.patience import patient_request
from tests.ports import free_port

from millstream.deploy import local
from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.integrations import pyfunc

CODE = """
from millstream.models import set_model


def double(numbers: list[float]) -> list[float]:
    return [2 * number for number in numbers]


set_model(double)
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "double.py").write_text(CODE)
    pyfunc.save_model(tmp_path / "m", python_model=str(tmp_path / "double.py"), pip_requirements=[])
    return tmp_path / "m"


def engine(folder: Path, name: str, code: int) -> Path:
    """A program that notes the words it is called with."""
    (folder / "bin").mkdir()
    program = folder / "bin" / name
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/asked\nexit {code}\n')
    program.chmod(0o755)
    return folder / "asked"


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_an_image_sees_the_model_where_targets_put_it(
    name: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = engine(tmp_path, name, 0)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", name)
    local.serve("churn", str(model), None, {"image": "example.com/churn:1", "port": 5007})
    assert asked.read_text().split() == [
        *("run", "--rm", "-p", "127.0.0.1:5007:8080", "-v", f"{model}:/opt/ml/model:ro"),
        *("example.com/churn:1", "serve"),
    ]


def test_what_ends_by_itself_is_an_error(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(tmp_path, "docker", 125)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", "docker")
    with pytest.raises(MillstreamError, match="exit code 125"):
        local.serve("churn", str(model), None, {"image": "churn"})


def test_buildah_publishes_no_ports(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(tmp_path, "buildah", 0)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", "buildah")
    with pytest.raises(NotSupported, match="docker and podman can"):
        local.serve("churn", str(model), None, {"image": "churn"})


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"port": "http"}, "'port' is 'http'"),
        ({"port": 0}, "a number from 1 to 65535"),
        ({"image": "--privileged"}, "no reference of an image"),
        ({"prot": 1}, r"no option 'prot' \(is it 'port'\?\); it has image, port"),
    ],
)
def test_what_cannot_be_meant_is_refused(model: Path, said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        local.serve("churn", str(model), None, said)


def test_a_model_is_served_without_a_container(model: Path) -> None:
    port = free_port()
    run = "serve('churn', sys.argv[1], None, {'port': sys.argv[2]})"
    code = f"import sys; from millstream.deploy.local import serve; {run}"
    words = [sys.executable, "-c", code, str(model), str(port)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            answer = asked(port, process)
            assert answer == {"predictions": [3.0, 4.0]}
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate()[1]
    assert process.returncode == 0, said
    assert f"'churn' answers at http://127.0.0.1:{port}/invocations, served by this" in said
    assert f"serves churn at http://127.0.0.1:{port}" in said


def asked(port: int, process: subprocess.Popen[str]) -> Any:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            found = patient_request(
                "POST",
                f"http://127.0.0.1:{port}/invocations",
                json={"inputs": [1.5, 2.0]},
                retries=False,
            )
            return json.loads(found.data)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    pytest.fail("the model is not served")
