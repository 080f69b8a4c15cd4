"""What the tests of projects on other machines share: projects to send, and the run afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from millstream.client.tracking import MillstreamClient
from millstream.projects.running import run

EXAMPLE = Path(__file__).parents[2] / "examples" / "ridge"


def project(folder: Path, command: str, files: Mapping[str, str] | None = None) -> Path:
    """A project with one command and some files."""
    place = folder / "project"
    place.mkdir()
    (place / "MLproject").write_text(
        f"name: small\nentry_points: {{main: {{command: '{command}'}}}}"
    )
    for name, text in (files or {}).items():
        (place / name).write_text(text)
    return place


def mse_of_example(client: MillstreamClient, backend: str, config: Mapping[str, object]) -> float:
    """The error that the example logs."""
    submitted = run(str(EXAMPLE), parameters={"alpha": 0.3}, backend=backend, backend_config=config)
    found = client.get_run(submitted.run_id)
    assert found.info.status == submitted.get_status() == "FINISHED"
    assert found.data.tags["mlflow.project.backend"] == backend
    return found.data.metrics["mse"]


def wait_for(condition: Callable[[], object], seconds: float = 40) -> None:
    """Wait until something holds; a test that waits in vain fails."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Whether a process of this machine runs."""
    state = Path("/proc", str(pid), "stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
