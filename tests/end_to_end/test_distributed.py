"""Eight processes of a job share one run: in a folder, and through a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import millstream
from millstream.client.session import SESSION

PROGRAM = (sys.executable, "-m", "millstream.cli.main")
SCRIPT = str(Path(__file__).with_name("rank_process.py"))
RANKS = 8
STEPS = 40


@pytest.fixture(params=["folder", "server"])
def client(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[millstream.MillstreamClient]:
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "MILLSTREAM_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # What is on its way arrives, however long eight processes take on two cores.
    monkeypatch.setenv("MILLSTREAM_EXIT_WAIT", "60")
    if request.param == "folder":
        yield millstream.MillstreamClient(tmp_path / "runs")
        SESSION.finish()
        return
    command = [*PROGRAM, "server", "--port", "0", "--json"]
    server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield millstream.MillstreamClient(json.loads(server.stdout.readline())["url"])
    finally:
        SESSION.finish()
        server.terminate()
        server.communicate(timeout=30)


def train(
    client: millstream.MillstreamClient, environment: dict[str, str], failing: int = -1
) -> list[tuple[int, str, str]]:
    """Run a job of eight processes as torchrun does; how each ended, and what it printed."""
    processes = []
    for rank in range(RANKS):
        own = {"RANK": str(rank), "WORLD_SIZE": str(RANKS), "LOCAL_RANK": str(rank)}
        tracked = {"MILLSTREAM_TRACKING_URI": str(client.tracking_uri)}
        command = [sys.executable, SCRIPT, str(STEPS), *(["fail"] if rank == failing else [])]
        processes.append(
            subprocess.Popen(
                command,
                env=dict(os.environ) | own | tracked | environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    outcomes = []
    for process in processes:
        printed, complaint = process.communicate(timeout=120)
        outcomes.append((process.returncode, printed.splitlines()[-1:], complaint))
    return [(code, "".join(last), complaint) for code, last, complaint in outcomes]


def check_series(client: millstream.MillstreamClient, run_id: str) -> None:
    """Each rank has a series of its own, with all its points and none of another's."""
    run = client.get_run(run_id)
    names = ["loss", *(f"rank/{rank}/loss" for rank in range(1, RANKS))]
    assert {key for key in run.data.metrics if not key.startswith("system/")} == set(names)
    for rank, name in enumerate(names):
        points = client.get_metric_history(run_id, name)
        assert sorted((point.step, point.value) for point in points) == [
            (step, rank + step / STEPS) for step in range(STEPS)
        ]


def test_the_processes_of_a_job_meet_in_one_run(client: millstream.MillstreamClient) -> None:
    job = {"MILLSTREAM_SHARE_RUN": "true", "TORCHELASTIC_RUN_ID": "job-7"}
    outcomes = train(client, job)
    assert [code for code, _, _ in outcomes] == [0] * RANKS, outcomes
    (run_id,) = {printed for _, printed, _ in outcomes}
    experiment = client.get_experiment_by_name("distributed")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_id, run.info.status) == (run_id, "FINISHED")
    check_series(client, run_id)
    assert run.data.params == {"lr": "0.1"}
    assert run.data.tags["team"] == "blue"
    assert run.data.tags["seed"] == "0"
    told = {key: value for key, value in run.data.tags.items() if key.startswith("rank/")}
    # Who came before rank 0 could not know that all say the same of the team.
    assert {value for key, value in told.items() if key.endswith("/team")} <= {"blue"}
    seeds = {key: value for key, value in told.items() if not key.endswith("/team")}
    assert seeds == {f"rank/{rank}/seed": str(rank) for rank in range(1, RANKS)}


def test_a_rank_that_fails_is_told_and_does_not_end_the_run(
    client: millstream.MillstreamClient,
) -> None:
    experiment_id = client.create_experiment("distributed")
    run_id = client.create_run(experiment_id).info.run_id
    outcomes = train(client, {"MILLSTREAM_RUN_ID": run_id}, failing=3)
    assert [code for code, _, _ in outcomes] == [0, 0, 0, 1, 0, 0, 0, 0], outcomes
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    reason = "FAILED: ValueError: loss of rank 3 is not a number"
    told = {key: text for key, text in run.data.tags.items() if key.startswith("millstream.rank")}
    assert told == {"millstream.rank.3": reason}
    check_series(client, run_id)
