"""Projects as jobs of a real Slurm of one node: they end as here, and wait, and are cancelled."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.sent_projects import lives, mse_of_example, project, wait_for
from tests.end_to_end.slurm_cluster import cluster

from millstream.client.tracking import MillstreamClient
from millstream.errors import ExecutionException, Unavailable
from millstream.projects.launch.slurm import JOB_ID, said, state_of
from millstream.projects.running import run

TELLS = """
import os, pathlib
print("token", os.environ["MLFLOW_TRACKING_TOKEN"])
print("files", sorted(path.name for path in pathlib.Path(".millstream-job").iterdir()))
print("template", os.environ.get("FROM_TEMPLATE"))
print("name", os.environ["SLURM_JOB_NAME"])
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with cluster(tmp_path_factory.mktemp("slurm")) as file:
        yield file


@pytest.fixture(autouse=True)
def client(
    new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slurm: Path
) -> MillstreamClient:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "runs"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("SLURM_CONF", str(slurm))
    return MillstreamClient()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where jobs lie."""
    place = tmp_path / "jobs"
    place.mkdir()
    return place


@pytest.fixture
def config(folder: Path) -> dict[str, Any]:
    return {"folder": str(folder), "shared-store": True, "poll-interval": 0.5}


def left(folder: Path) -> list[str]:
    return [path.suffix for path in folder.iterdir()]


def test_the_example_has_the_same_metrics(
    client: MillstreamClient,
    config: dict[str, Any],
    folder: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert mse_of_example(client, "slurm", config) == mse_of_example(client, "local", {})
    assert capfd.readouterr().out.count("mean squared error") == 2
    assert left(folder) == [".out"]


def test_a_command_that_fails_fails_the_run(
    tmp_path: Path, client: MillstreamClient, config: dict[str, Any]
) -> None:
    place = project(tmp_path, "echo no luck; exit 3")
    submitted = run(str(place), backend="slurm", backend_config=config, synchronous=False)
    assert "no luck" in list(submitted.logs(follow=True))
    assert not submitted.wait()
    assert client.get_run(submitted.run_id).info.status == "FAILED"
    with pytest.raises(ExecutionException, match="failed"):
        run(str(place), backend="slurm", backend_config=config)


def test_a_job_waits_in_the_queue_and_all_of_it_can_be_cancelled(
    tmp_path: Path, client: MillstreamClient, config: dict[str, Any], folder: Path
) -> None:
    child = tmp_path / "child"
    place = project(tmp_path, f"sleep 300 & echo $! > {child}; wait; true")
    first = run(str(place), backend="slurm", backend_config=config, synchronous=False)
    wait_for(lambda: child.exists() and child.read_text().strip())
    wait_for(lambda: first.get_status() == "RUNNING")
    second = run(str(place), backend="slurm", backend_config=config, synchronous=False)
    assert second.get_status() == "SCHEDULED"
    assert list(second.logs()) == []
    for submitted in (second, first):
        submitted.cancel()
        assert not submitted.wait()
        assert submitted.get_status() == "KILLED"
        assert client.get_run(submitted.run_id).info.status == "KILLED"
    wait_for(lambda: not lives(int(child.read_text())))
    assert left(folder) == [".out"]


def test_a_job_that_somebody_else_cancels_is_killed(
    tmp_path: Path,
    client: MillstreamClient,
    config: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
) -> None:
    place = project(tmp_path, "echo begun; exec sleep 300")
    submitted = run(str(place), backend="slurm", backend_config=config, synchronous=False)
    job_id = client.get_run(submitted.run_id).data.tags[JOB_ID]
    wait_for(lambda: "begun" in list(submitted.logs()))
    said(["scancel", job_id])
    assert not submitted.wait()
    assert client.get_run(submitted.run_id).info.status == submitted.get_status() == "KILLED"
    assert state_of(job_id) == "CANCELLED"
    assert f"Slurm says of job {job_id}: CANCELLED" in capfd.readouterr().err


def test_secrets_go_by_a_file_that_is_gone_and_options_and_templates_count(
    tmp_path: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "sesame")
    template = tmp_path / "job.sh"
    template.write_text("#!/bin/bash\n#SBATCH --job-name=no\nexport FROM_TEMPLATE=1\n{command}\n")
    told = {"job-template": str(template), "options": {"job-name": "mine", "time": 5}}
    place = project(tmp_path, "python tells.py", {"tells.py": TELLS})
    submitted = run(
        str(place), backend="slurm", backend_config={**config, **told}, synchronous=False
    )
    lines = list(submitted.logs(follow=True))
    assert submitted.wait(), lines
    assert "token sesame" in lines
    assert "files ['job.json', 'job.sh']" in lines
    assert "template 1" in lines
    assert "name mine" in lines


def test_what_slurm_refuses_is_said_in_its_words(
    tmp_path: Path, client: MillstreamClient, config: dict[str, Any], folder: Path
) -> None:
    place = project(tmp_path, "true")
    told = {**config, "options": {"partition": "absent"}}
    with pytest.raises(Unavailable, match=r"(?i)invalid partition"):
        run(str(place), backend="slurm", backend_config=told)
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"
    assert left(folder) == []


def test_a_job_that_nobody_knows_of_is_in_no_state() -> None:
    with pytest.raises(Unavailable, match="sacct"):
        state_of("999999")
