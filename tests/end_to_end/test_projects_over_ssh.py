"""Projects on a host that is reached by a real sshd: they end as here, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.end_to_end.sent_projects import lives, mse_of_example, project, wait_for
from tests.end_to_end.ssh_host import Host, host

from millstream.client.tracking import MillstreamClient
from millstream.errors import ExecutionException, InvalidParameter
from millstream.projects.running import run

TELLS = """
import os, pathlib
above = os.getppid()
print("token", os.environ["MLFLOW_TRACKING_TOKEN"])
for pid in (above, os.getpid()):
    print("line", pathlib.Path("/proc", str(pid), "cmdline").read_bytes())
print("data", open(os.environ["MILLSTREAM_PARAMETER_0"]).read())
print("here", os.getcwd())
"""


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Host, Path]]:
    """The host, and the folder that it keeps temporary files in."""
    temporary = tmp_path_factory.mktemp("far")
    known = {"TMPDIR": str(temporary)}
    if "PYTHONPATH" in os.environ:
        known["PYTHONPATH"] = os.environ["PYTHONPATH"]
    with host(tmp_path_factory.mktemp("sshd"), known) as found:
        yield found, temporary


@pytest.fixture
def config(far: tuple[Host, Path]) -> Iterator[dict[str, Any]]:
    """A configuration of the backend; afterwards the host has to be clean."""
    yield {
        "host": "far",
        "config-file": str(far[0].config),
        "python": sys.executable,
        "shared-store": True,
    }
    wait_for(lambda: list(far[1].iterdir()) == [])


@pytest.fixture(autouse=True)
def client(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MillstreamClient:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "runs"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    return MillstreamClient()


def test_the_example_has_the_same_metrics(client: MillstreamClient, config: dict[str, Any]) -> None:
    assert mse_of_example(client, "ssh", config) == mse_of_example(client, "local", {})


def test_a_command_that_fails_fails_the_run(
    tmp_path: Path, client: MillstreamClient, config: dict[str, Any]
) -> None:
    place = project(tmp_path, "echo no luck; exit 3")
    with pytest.raises(ExecutionException, match="failed"):
        run(str(place), backend="ssh", backend_config=config)
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"
    submitted = run(str(place), backend="ssh", backend_config=config, synchronous=False)
    assert "no luck" in list(submitted.logs(follow=True))
    assert not submitted.wait()


def test_secrets_and_files_travel_and_are_seen_by_nobody(
    tmp_path: Path,
    far: tuple[Host, Path],
    config: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "sesame")
    data = tmp_path / "some data.txt"
    data.write_text("rows")
    place = project(tmp_path, "unused", {"tells.py": TELLS})
    (place / "MLproject").write_text(
        "entry_points: {main: {parameters: {data: path}, command: 'python tells.py {data}'}}"
    )
    submitted = run(
        str(place),
        parameters={"data": data},
        backend="ssh",
        backend_config=config,
        synchronous=False,
    )
    lines = list(submitted.logs(follow=True))
    assert submitted.wait(), lines
    assert "token sesame" in lines
    assert "data rows" in lines
    assert sum(line.startswith("line") for line in lines) == 2
    assert not [line for line in lines if line.startswith("line") and "sesame" in line]
    (here,) = (line.removeprefix("here ") for line in lines if line.startswith("here"))
    assert Path(here).parent == far[1]


def begun(place: Path, config: dict[str, Any], child: Path) -> Any:
    """A run whose command has started a process, and noted its id."""
    submitted = run(str(place), backend="ssh", backend_config=config, synchronous=False)
    wait_for(lambda: child.exists() and child.read_text().strip())
    return submitted


@pytest.fixture
def child(tmp_path: Path) -> Path:
    return tmp_path / "child"


@pytest.fixture
def sleeping(tmp_path: Path, child: Path) -> Path:
    return project(tmp_path, f"sleep 300 & echo $! > {child}; wait; true")


def test_cancelling_ends_all_that_it_started(
    client: MillstreamClient, config: dict[str, Any], sleeping: Path, child: Path
) -> None:
    submitted = begun(sleeping, config, child)
    assert submitted.get_status() == "RUNNING"
    submitted.cancel()
    assert not submitted.wait()
    assert submitted.get_status() == "KILLED"
    assert client.get_run(submitted.run_id).info.status == "KILLED"
    wait_for(lambda: not lives(int(child.read_text())))


def test_a_lost_connection_ends_it_over_there(
    client: MillstreamClient, config: dict[str, Any], sleeping: Path, child: Path
) -> None:
    submitted = begun(sleeping, config, child)
    (connection,) = (p for p in psutil.Process().children() if p.name() == "ssh")
    connection.send_signal(signal.SIGKILL)
    assert not submitted.wait()
    wait_for(lambda: not lives(int(child.read_text())))
    wait_for(lambda: client.get_run(submitted.run_id).info.status in ("FAILED", "KILLED"))


def test_a_host_that_cannot_be_reached_fails_the_run(
    tmp_path: Path,
    client: MillstreamClient,
    config: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
) -> None:
    place = project(tmp_path, "true")
    with pytest.raises(ExecutionException):
        run(str(place), backend="ssh", backend_config={**config, "port": 1})
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"
    assert "far was not reached" in capfd.readouterr().err


def test_another_host_key_is_refused(
    tmp_path: Path, far: tuple[Host, Path], config: dict[str, Any]
) -> None:
    other = tmp_path / "known"
    other.write_text(
        f"[127.0.0.1]:{far[0].port} {Path(far[0].config.parent, 'user.pub').read_text()}"
    )
    file = tmp_path / "config"
    file.write_text(
        far[0].config.read_text().replace(str(far[0].config.parent / "known"), str(other))
    )
    place = project(tmp_path, "true")
    with pytest.raises(ExecutionException):
        run(str(place), backend="ssh", backend_config={**config, "config-file": str(file)})


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "-oProxyCommand=touch x"},
        {"host": "a b"},
        {"host": "far;id"},
        {"host": "$(id)"},
        {"host": ""},
        {"port": 0},
        {"python": "-c"},
        {"python": "python x"},
        {"bogus": 1},
    ],
)
def test_what_is_no_host_reaches_no_ssh(
    tmp_path: Path,
    config: dict[str, Any],
    wrong: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = project(tmp_path, "true")
    monkeypatch.setattr(subprocess, "Popen", None)
    with pytest.raises(InvalidParameter):
        run(str(place), backend="ssh", backend_config={**config, **wrong})
