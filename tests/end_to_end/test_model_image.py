"""A model becomes an image by a command, and answers from a container of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.python_image import answer, buildah, contents, python_image, users
from tests.ports import free_port

from millstream.integrations import pyfunc


@pytest.fixture
def base_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with python_image(tmp_path, monkeypatch) as name:
        yield name


CODE = """
from millstream.models import set_model


def double(numbers: list[float]) -> list[float]:
    return [2 * number for number in numbers]


set_model(double)
"""


@pytest.mark.timeout(600)  # builds two images, on a machine that may be busy
def test_an_image_is_built_twice_alike_and_serves(base_image: str, tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "double.py").write_text(CODE)
    code = str(tmp_path / "double.py")
    pyfunc.save_model(tmp_path / "model", python_model=code, pip_requirements=[])
    layers = []
    for name in ("localhost/doubles:1", "localhost/doubles:2"):
        words = ["models", "build-docker", "-m", str(tmp_path / "model"), "-n", name]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "millstream.cli.main",
                *words,
                "--base-image",
                base_image,
                "--json",
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        built = json.loads(done.stdout)
        assert built["name"] == name
        about = json.loads(buildah("inspect", "--type", "image", name))
        layers.append(about["OCIv1"]["rootfs"]["diff_ids"])
        if name.endswith("1"):
            buildah("rmi", "--prune")  # or the second build would only take the layers of the first
    first, second = contents("localhost/doubles:1"), contents("localhost/doubles:2")
    assert {path for path in first if first[path] != second.get(path)} == set()
    assert layers[0] == layers[1]
    assert about["Docker"]["config"]["User"] == "10001:10001"
    assert "/ping" in str(about["Docker"]["config"]["Healthcheck"])
    assert not [path for path in first if re.search(r"certificates\.pem|pip\.conf|uv\.toml", path)]
    container = buildah("from", "localhost/doubles:1")
    run = ["buildah", "run", "--isolation", "chroot", container, "--", "millstream", "models"]
    with subprocess.Popen([*run, "serve", "-p", str(port)], start_new_session=True) as server:
        try:
            assert answer(port, "/ping")[0] == 200
            status, text = answer(port, "/invocations", {"inputs": [1.5, 2.0]})
            assert (status, json.loads(text)) == (200, {"predictions": [3.0, 4.0]})
            assert users(server.pid, "millstream.serving") == {10001}
        finally:
            os.killpg(server.pid, signal.SIGTERM)
