"""The walk-through's Dockerfile is built, pushed, started and asked, with the drop-in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from tests.compat.trained_model import SCENARIO
from tests.end_to_end.image_registry import image_registry
from tests.end_to_end.pod_network import pod_network
from tests.end_to_end.python_image import CERTIFICATES, buildah, python_image

from millstream import settings
from millstream.client.active import start_run
from millstream.client.session import set_tracking_uri
from millstream.deploy.container.index_secrets import index_secrets
from millstream.integrations import sklearn

ROOT = Path(__file__).parents[2]
PIP = """
FROM localhost/python
COPY names.py /tmp/
RUN python3 -m ensurepip --default-pip && python3 /tmp/names.py
"""
NAMES = """
import os, sys
os.symlink("python3", "/usr/bin/python")
if not os.path.exists("/usr/bin/pip"):
    os.symlink(f"{sys.prefix}/bin/pip", "/usr/bin/pip")
"""


@pytest.fixture
def base_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What stands for `python:3.8-slim`, which is too old for the package and cannot be pulled."""
    with python_image(tmp_path, monkeypatch):
        folder = tmp_path / "pip"
        folder.mkdir()
        (folder / "Dockerfile").write_text(PIP)
        (folder / "names.py").write_text(NAMES)
        buildah("build", "--isolation", "chroot", "-t", "localhost/python-pip", str(folder))
        yield "localhost/python-pip"


@pytest.fixture
def app(new_session: None, tmp_path: Path) -> Path:
    """The folder of the walk-through: the app and its Dockerfile, beside the runs."""
    folder = tmp_path / "app"
    folder.mkdir()
    set_tracking_uri(str(folder / "mlruns"))
    x, y = load_diabetes(return_X_y=True)
    with start_run() as run:
        # The walk-through installs no skops, and without it models are saved like this.
        sklearn.log_model(
            LinearRegression().fit(x, y),
            "linear_regression_model",
            serialization_format="cloudpickle",
        )
    text = (SCENARIO / "app.py").read_text()
    (folder / "app.py").write_text(text.replace("<run_id>", run.info.run_id))
    dockerfile = (SCENARIO / "Dockerfile").read_text()
    # The index has MLflow itself under its own name.
    (folder / "Dockerfile").write_text(dockerfile.replace(" mlflow ", " millstream-mlflow "))
    return folder


@pytest.fixture
def pip_files(tmp_path: Path) -> list[str]:
    """Options of a build that let its pip find this machine's index, and our two wheels."""
    wheels, secrets = tmp_path / "wheels", tmp_path / "secrets"
    secrets.mkdir()
    for package in (ROOT, ROOT / "dropin"):
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        subprocess.run(command, cwd=package, check=True, capture_output=True)
    known = index_secrets(settings.process_variables(), secrets).get("pip")
    told = known.read_text() if known else "[global]\n"
    # Compiling all of scikit-learn takes long, and the app needs little of it.
    told += f"find-links = /wheels\ncert = {CERTIFICATES}\ncompile = no\n"
    (secrets / "found.conf").write_text(told)
    return [f"--volume={secrets}/found.conf:/etc/pip.conf:ro", f"--volume={wheels}:/wheels:ro"]


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with image_registry(tmp_path, monkeypatch) as address:
        yield address


@pytest.mark.timeout(600)  # installs scikit-learn into an image, on a machine that may be busy
def test_the_image_is_built_pushed_and_answers(
    base_image: str, app: Path, pip_files: list[str], registry: str
) -> None:
    name = f"{registry}/linear_regression_app:latest"
    words = ["build", "--isolation", "chroot", "--from", base_image, *pip_files]
    buildah(*words, "-t", name, str(app))
    buildah("push", name)
    container = buildah("from", name)
    run = ["buildah", "run", "--isolation", "chroot", container, "--", "python", "app.py"]
    x, y = load_diabetes(return_X_y=True)
    body = json.dumps({"data": x[:3].tolist()})
    # The app listens at port 5000 of every address, as written, so it has a host of its own.
    with pod_network(1) as pods:
        url = f"http://{pods.address(0)}:5000/predict"
        patience = ["--retry", "120", "--retry-delay", "1", "--retry-connrefused"]
        asked = ["curl", "-s", "-X", "POST", "-H", "Content-Type: application/json", "-d", body]
        with subprocess.Popen([*pods.within(0), *run], start_new_session=True) as server:
            try:
                done = subprocess.run(
                    [*pods.within(None), *asked, *patience, url],
                    capture_output=True,
                    text=True,
                    check=True,
                )
            finally:
                os.killpg(server.pid, signal.SIGTERM)
    expected = LinearRegression().fit(x, y).predict(x[:3])
    assert json.loads(done.stdout) == pytest.approx(expected.tolist())
