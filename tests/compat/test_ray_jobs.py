"""Projects as jobs of a real Ray cluster of this machine."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from tests.compat.conftest import Environment
from tests.end_to_end.sent_projects import EXAMPLE, lives, wait_for
from tests.patience import patient_request
from tests.ports import free_port

JOBS = Path(__file__).with_name("ray_jobs.py")
ENDING = """
import os, pathlib, sys
import there
print("module", there.NAME)
print("token", os.environ["MLFLOW_TRACKING_TOKEN"])
print("asked for", os.environ["ASKED_FOR"])
print("data", pathlib.Path(sys.argv[2]).read_text())
sys.exit(int(sys.argv[1]))
"""
PARAMETERS = """
name: ending
entry_points:
  main:
    parameters: {code: int, data: path}
    command: "python ending.py {code} {data}"
"""
LASTING = "entry_points: {main: {command: 'sleep 300 & echo begun $!; wait'}}"


PATIENCE = 150
"""How long the cluster may take to start, in s; where others work too it takes its time."""

AUTHENTICATED = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""By which the cluster, and Ray's client of its own accord, know each other."""


@contextmanager
def cluster(python: Path, folder: Path) -> Iterator[str]:
    """Start a Ray of one node, and stop it; the address of its dashboard."""
    ports = {
        "dashboard-port": free_port(),
        "dashboard-agent-listen-port": free_port(),
        "ray-client-server-port": free_port(),
        "port": 0,
        "min-worker-port": 0,
        "max-worker-port": 0,
    }
    words = [f"--{name}={port}" for name, port in ports.items()]
    words += ["--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1", "--num-cpus=1"]
    words += ["--object-store-memory=100000000", f"--temp-dir={folder}", "--disable-usage-stats"]
    log = folder / "started.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(python.with_name("ray")), "start", "--head", "--block", *words],
            env={**os.environ, **AUTHENTICATED, "RAY_raylet_start_wait_time_s": str(PATIENCE)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{ports['dashboard-port']}"
    try:
        _wait_for(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        said = log.read_text()
        assert process.poll() is None, said
        assert time.monotonic() < until, said
        try:
            if "Ray runtime started" in said and asked(f"{address}/api/version").status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass  # it does not listen yet
        time.sleep(0.3)


def asked(address: str) -> urllib3.BaseHTTPResponse:
    """What the dashboard answers to somebody who has the cluster's token."""
    headers = {"Authorization": f"Bearer {AUTHENTICATED['RAY_AUTH_TOKEN']}"}
    return patient_request("GET", address, headers=headers, retries=False, timeout=20.0)


@pytest.fixture
def python(environment: Environment) -> Path:
    return environment("ray", "MILLSTREAM_RAY_PYTHON")


@pytest.fixture
def ray(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # Its sockets lie deep in this folder, and the names of sockets have at most 107 bytes.
    folder = tmp_path_factory.getbasetemp().parent.parent / f"ray-{os.getpid()}"
    folder.mkdir()
    try:
        with cluster(python, folder) as address:
            yield address
    finally:
        shutil.rmtree(folder)


def answered(python: Path, folder: Path, server: str, *words: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
    told = {"MLFLOW_TRACKING_URI": server, "MLFLOW_TRACKING_TOKEN": "sesame", **AUTHENTICATED}
    done = subprocess.run(
        [str(python), "-W", "ignore", *words],
        cwd=folder,
        env={**clean, **told, "PATH": f"{python.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(600)
def test_projects_end_there_as_they_do_here(
    ray: str, python: Path, server: str, tmp_path: Path
) -> None:
    ending, lasting = tmp_path / "ending", tmp_path / "lasting"
    ending.mkdir()
    lasting.mkdir()
    (ending / "MLproject").write_text(PARAMETERS)
    (ending / "ending.py").write_text(ENDING)
    (ending / "there.py").write_text("NAME = 'of the project'\n")
    (ending / ".gitignore").write_text("there.py\n")
    (lasting / "MLproject").write_text(LASTING)
    printed = answered(python, tmp_path, server, str(JOBS), ray, str(ending), str(lasting))
    found = json.loads(printed.splitlines()[-1])
    for name, status in (("good", "FINISHED"), ("bad", "FAILED"), ("cancelled", "KILLED")):
        assert found[name]["status"] == found[name]["stored"] == status, found[name]
        assert found[name]["succeeded"] == (name == "good")
    for name in ("good", "bad"):
        told = ("module of the project", "token sesame", "asked for 42", "data rows")
        assert set(told) <= set(found[name]["lines"]), found[name]["lines"]
        assert set(told) <= set(found[name]["later"])
    assert (found["cancelled"]["queued"], found["cancelled"]["waiting"]) == ("SCHEDULED", "KILLED")
    wait_for(lambda: not lives(int(found["cancelled"]["lines"][0].split()[1])))
    assert found["unreachable"].startswith("Unavailable: The Ray cluster at http://127.0.0.1:9")

    job_id = found["good"]["tags"]["millstream.ray.submission_id"]
    job = asked(f"{ray}/api/jobs/{job_id}").json()
    assert job["metadata"]["project"] == "ending"
    assert "sesame" not in job["entrypoint"]

    config = json.dumps({"address": ray, "python": str(python), "shared-store": True})
    command = ("-m", "millstream.cli.main", "run", str(EXAMPLE), "-P", "alpha=0.3")
    errors = []
    for backend in (("-b", "local"), ("-b", "ray", "-c", config)):
        answered(python, tmp_path, server, *command, *backend)
        listed = ("-m", "millstream.cli.main", "runs", "list", "--experiment-id", "0", "--json")
        newest = json.loads(answered(python, tmp_path, server, *listed))[0]
        assert newest["data"]["tags"]["mlflow.project.backend"] == backend[1]
        errors.append(newest["data"]["metrics"]["mse"])
    assert errors[0] == errors[1]
