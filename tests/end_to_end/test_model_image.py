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
from tests.end_to_end.image_registry import digest_at, image_registry
from tests.end_to_end.python_image import answer, buildah, contents, python_image, users
from tests.ports import free_port

from millstream import settings
from millstream.deploy.container.index_secrets import index_secrets
from millstream.integrations import pyfunc


@pytest.fixture
def base_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with python_image(tmp_path, monkeypatch) as name:
        yield name


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with image_registry(tmp_path, monkeypatch) as address:
        yield address


CODE = """
from millstream.models import set_model


def double(numbers: list[float]) -> list[float]:
    return [2 * number for number in numbers]


set_model(double)
"""


def built_by(*words: str) -> dict[str, str]:
    """What `models build-docker` says of the image."""
    program = [sys.executable, "-m", "millstream.cli.main", "models", "build-docker", "--json"]
    done = subprocess.run([*program, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.timeout(600)  # builds two images, on a machine that may be busy
def test_an_image_is_built_twice_alike_pushed_and_serves(
    base_image: str, registry: str, tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / "double.py").write_text(CODE)
    code = str(tmp_path / "double.py")
    pyfunc.save_model(tmp_path / "model", python_model=code, pip_requirements=[])
    layers = []
    for name, more in (("localhost/doubles:1", []), (f"{registry}/doubles:2", ["--push"])):
        words = ["-m", str(tmp_path / "model"), "-n", name, "--base-image", base_image, *more]
        built = built_by(*words)
        assert built["name"] == name
        about = json.loads(buildah("inspect", "--type", "image", name))
        layers.append(about["OCIv1"]["rootfs"]["diff_ids"])
        if not more:
            assert built["digest"] is None
            buildah("rmi", "--prune")  # or the second build would only take the layers of the first
    assert built["digest"] == digest_at(registry, "doubles", "2")
    first, second = contents("localhost/doubles:1"), contents(name)
    assert {path for path in first if first[path] != second.get(path)} == set()
    assert layers[0] == layers[1]
    assert about["Docker"]["config"]["User"] == "10001:10001"
    assert "/ping" in str(about["Docker"]["config"]["Healthcheck"])
    assert not [path for path in first if re.search(r"certificates\.pem|pip\.conf|uv\.toml", path)]
    container = buildah("from", "localhost/doubles:1")
    # As Vertex AI tells its containers where to answer.
    told = {"HTTP_PORT": str(port), "HEALTH_ROUTE": "/live", "PREDICT_ROUTE": "/v1/1:predict"}
    variables = [word for key, value in told.items() for word in ("--env", f"AIP_{key}={value}")]
    run = ["buildah", "run", "--isolation", "chroot", *variables, container, "--"]
    words = [*run, "millstream", "models", "serve"]
    with subprocess.Popen(words, start_new_session=True) as server:
        try:
            assert [answer(port, path)[0] for path in ("/ping", "/live")] == [200, 200]
            for path in ("/invocations", "/v1/1:predict"):
                status, text = answer(port, path, {"inputs": [1.5, 2.0]})
                assert (status, json.loads(text)) == (200, {"predictions": [3.0, 4.0]})
            assert users(server.pid, "millstream.serving") == {10001}
        finally:
            os.killpg(server.pid, signal.SIGTERM)


@pytest.mark.timeout(600)  # builds an image and an environment, on a machine that may be busy
def test_an_image_for_any_model_installs_what_the_mounted_one_needs(
    base_image: str, tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / "double.py").write_text(CODE)
    model = tmp_path / "model"
    pyfunc.save_model(model, python_model=str(tmp_path / "double.py"), pip_requirements=["toolz"])
    name = "localhost/any:1"
    built_by("-n", name, "--base-image", base_image, "--install-java", "false")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    known = index_secrets(settings.process_variables(), secrets)
    places = {"uv": "/etc/uv/uv.toml", "certificates": "/run/certificates.pem"}
    mounts = [f"{known[name]}:{place}:ro" for name, place in places.items() if name in known]
    mounts.append(f"{model}:/opt/ml/model:ro")
    tmp_path.chmod(0o755)
    secrets.chmod(0o755)
    run = ["buildah", "run", "--isolation", "chroot", "--env", f"MILLSTREAM_PORT={port}"]
    run += [word for mount in mounts for word in ("--volume", mount)]
    if "certificates" in known:
        run += ["--env", f"SSL_CERT_FILE={places['certificates']}"]
    container = buildah("from", name)
    words = [*run, container, "--", "millstream", "models", "serve"]
    with subprocess.Popen(words, start_new_session=True) as server:
        try:
            status, text = answer(port, "/invocations", {"inputs": [1.5, 2.0]})
            assert (status, json.loads(text)) == (200, {"predictions": [3.0, 4.0]})
            assert users(server.pid, "millstream.serving") == {10001}
        finally:
            os.killpg(server.pid, signal.SIGTERM)
