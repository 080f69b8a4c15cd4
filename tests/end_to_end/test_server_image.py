"""The image of the server logs and serves a run, alone and with a database and a bucket."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import urllib3
from moto.server import ThreadedMotoServer
from tests.end_to_end.python_image import answer, buildah, python_image, users
from tests.patience import patient_request
from tests.ports import free_port

from millstream.testing.databases import empty_database

PASSWORD = "of the first administrator"  # noqa: S105  # of a server that is a test's
SCRIPT = """
import json, millstream

with millstream.start_run(run_name="first") as run:
    millstream.log_params({"alpha": 0.5})
    for step in range(3):
        millstream.log_metric("loss", 1 / (1 + step), step=step)
    millstream.log_text("hello", "notes/hello.txt")
found = millstream.get_run(run.info.run_id)
text = millstream.artifacts.load_text(f"runs:/{run.info.run_id}/notes/hello.txt")
print(json.dumps([found.data.params, found.data.metrics, found.info.status, text]))
"""
LOGGED = [{"alpha": "0.5"}, {"loss": 1 / 3}, "FINISHED", "hello"]


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The image, built by the command that people use."""
    with python_image(tmp_path, monkeypatch) as base:
        words = ["server-image", "-n", "localhost/server:1", "--base-image", base, "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "millstream.cli.main", *words], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)["name"]


def run_words(
    container: str, variables: Mapping[str, str], volumes: Mapping[Path, str]
) -> list[str]:
    """What runs a command in a container."""
    words = ["buildah", "run", "--isolation", "chroot"]
    for name, value in variables.items():
        words += ["--env", f"{name}={value}"]
    for here, there in volumes.items():
        words += ["-v", f"{here}:{there}:ro"]
    return [*words, container, "--"]


@contextlib.contextmanager
def serving(words: list[str], port: int) -> Iterator[str]:
    """The address of the server that these words start, as soon as it answers."""
    with subprocess.Popen(words, start_new_session=True) as server:
        try:
            assert answer(port, "/health") == (200, "OK")
            assert users(server.pid, "millstream server") == {10001}
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def logged(address: str) -> object:
    """What a script logs to a server, as it reads it back."""
    signed_in = {
        "MILLSTREAM_TRACKING_URI": address,
        "MILLSTREAM_TRACKING_USERNAME": "admin",
        "MILLSTREAM_TRACKING_PASSWORD": PASSWORD,
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **signed_in},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def bucket() -> Iterator[str]:
    """The address of an object store that has a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    assert urllib3.request("PUT", f"http://127.0.0.1:{port}/millstream").status == 200
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.mark.timeout(600)  # builds an image, on a machine that may be busy
def test_the_image_logs_and_serves_a_run(image: str, bucket: str, tmp_path: Path) -> None:
    about = json.loads(buildah("inspect", "--type", "image", image))
    config = about["Docker"]["config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] + config["Cmd"] == ["millstream", "server"]
    container = buildah("from", image)
    root = Path(buildah("mount", container))
    for driver in ("psycopg", "pymysql", "obstore", "cryptography", "authlib"):
        assert list(root.glob(f"opt/venv/lib/*/site-packages/{driver}/__init__.py"))
    for secret in (
        "etc/pip.conf",
        "etc/uv/uv.toml",
        "run/certificates.pem",
        "build",
        "root/.cache",
    ):
        assert not (root / secret).exists()
    port = free_port()
    alone = {
        "MILLSTREAM_HOST": "127.0.0.1",
        "MILLSTREAM_PORT": str(port),
        "MILLSTREAM_AUTH": "true",
        "MILLSTREAM_AUTH_ADMIN_PASSWORD": PASSWORD,
    }
    probe = [*run_words(container, alone, {}), *config["Healthcheck"]["Test"][1:]]
    with serving([*run_words(container, alone, {}), "millstream", "server"], port) as address:
        assert logged(address) == LOGGED
        assert subprocess.run(probe).returncode == 0
        pages = patient_request("GET", f"{address}/")
        assert b"<script" in pages.data
    assert subprocess.run(probe, capture_output=True).returncode == 1
    with empty_database("postgresql", tmp_path) as database:
        check_with_database(container, alone, database, bucket, tmp_path)


def check_with_database(
    container: str, alone: Mapping[str, str], database: str, bucket: str, folder: Path
) -> None:
    """As Compose and the chart start it: secrets in files, two processes, files in a bucket."""
    (folder / "password").write_text("asked for by nobody here\n")
    key = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
    (folder / "keys").write_text(f"[default]\n{key}")
    with_others = {
        **alone,
        "MILLSTREAM_BACKEND_STORE_URI": database,
        "MILLSTREAM_DATABASE_PASSWORD_FILE": "/run/secrets/password",
        "MILLSTREAM_ARTIFACTS_DESTINATION": "s3://millstream/artifacts",
        "MILLSTREAM_WORKERS": "2",
        "AWS_ENDPOINT_URL": bucket,
        "AWS_SHARED_CREDENTIALS_FILE": "/run/secrets/keys",
    }
    files = {folder / name: f"/run/secrets/{name}" for name in ("password", "keys")}
    words = run_words(container, with_others, files)
    subprocess.run([*words, "millstream", "db", "upgrade"], check=True)
    with serving([*words, "millstream", "server"], int(alone["MILLSTREAM_PORT"])) as address:
        assert logged(address) == LOGGED
    listed = urllib3.request("GET", f"{bucket}/millstream?list-type=2").data.decode()
    assert "notes/hello.txt</Key>" in listed
