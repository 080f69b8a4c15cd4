"""The commands about runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from millstream.client.tracking import MillstreamClient


@pytest.fixture
def run_id(millstream: Any) -> str:
    """A finished run named first in experiment 0."""
    made = json.loads(
        millstream.text("runs", "create", "--experiment-id", "0", "--run-name", "first")
    )
    assert made == {
        "run_id": made["run_id"],
        "experiment_id": "0",
        "status": "FINISHED",
        "run_name": "first",
    }
    return str(made["run_id"])


def test_describe_prints_all_that_is_known(millstream: Any, run_id: str) -> None:
    client = MillstreamClient(str(millstream.folder))
    client.log_metric(run_id, "loss", float("inf"))
    client.log_param(run_id, "rate", 0.1)
    told = json.loads(millstream.text("runs", "describe", "--run-id", run_id))
    assert told["info"]["run_id"] == run_id
    assert told["info"]["status"] == "FINISHED"
    assert told["info"]["end_time"] >= told["info"]["start_time"]
    assert told["data"]["metrics"] == {"loss": "Infinity"}
    assert told["data"]["params"] == {"rate": "0.1"}
    assert told["data"]["tags"]["mlflow.runName"] == "first"
    assert told["data"]["tags"]["mlflow.source.type"] == "LOCAL"
    assert told["inputs"] == {"dataset_inputs": [], "model_inputs": []}
    assert told["outputs"] == {"model_outputs": []}


def test_describe_of_no_run(millstream: Any) -> None:
    assert millstream.refusal("runs", "describe", "--run-id", "zz") == "Run with id=zz not found"


def test_list_shows_a_table_or_json(millstream: Any, run_id: str) -> None:
    lines = millstream.text("runs", "list", "--experiment-id", "0").splitlines()
    assert lines[0].split() == ["Date", "Name", "ID", "Status"]
    assert lines[2].split()[2:] == ["UTC", "first", run_id, "FINISHED"]
    found = millstream.data("runs", "list", "--experiment-id", "0")
    assert [item["info"]["run_id"] for item in found] == [run_id]
    assert found[0]["data"]["tags"]["mlflow.runName"] == "first"


def test_list_searches_and_orders(millstream: Any) -> None:
    client = MillstreamClient(str(millstream.folder))
    runs = [client.create_run("0").info.run_id for _ in range(3)]
    for number, run in enumerate(runs):
        client.log_metric(run, "loss", float(number))
    best = millstream.data(
        "runs", "list", "-x", "0", "--filter", "metrics.loss > 0", "--order-by", "metrics.loss ASC"
    )
    assert [item["info"]["run_id"] for item in best] == runs[1:]
    assert len(millstream.data("runs", "list", "-x", "0", "--max-results", "2")) == 2
    refused = millstream.refusal("runs", "list", "-x", "0", "--filter", "metrics.loss >")
    assert refused.endswith("(at position 14: a value is missing here, such as 1 or 'text')")


def test_delete_and_restore(millstream: Any, run_id: str) -> None:
    assert millstream.text("runs", "delete", "--run-id", run_id) == (
        f"Run with ID {run_id} has been deleted.\n"
    )
    assert millstream.text("runs", "list", "-x", "0") == "Experiment 0 has no such run.\n"
    deleted = millstream.data("runs", "list", "-x", "0", "-v", "deleted_only")
    assert [item["info"]["run_id"] for item in deleted] == [run_id]
    assert millstream.text("runs", "restore", "--run-id", run_id) == (
        f"Run with id {run_id} has been restored.\n"
    )
    assert len(millstream.data("runs", "list", "-x", "0")) == 1


def test_create_takes_everything(millstream: Any, run_id: str) -> None:
    made = json.loads(
        millstream.text(
            *("runs", "create", "--experiment-name", "made", "--status", "FAILED"),
            *("--description", "by *hand*", "-t", "a=b", "-t", "c=d=e", "--parent-run-id", run_id),
        )
    )
    assert (
        millstream.data("experiments", "get", "-n", "made")["experiment_id"]
        == (made["experiment_id"])
    )
    told = json.loads(millstream.text("runs", "describe", "-r", made["run_id"]))
    tags = told["data"]["tags"]
    assert (told["info"]["status"], tags["a"], tags["c"]) == ("FAILED", "b", "d=e")
    assert tags["mlflow.parentRunId"] == run_id
    assert tags["mlflow.note.content"] == "by *hand*"
    again = json.loads(millstream.text("runs", "create", "--experiment-name", "made"))
    assert again["experiment_id"] == made["experiment_id"]


def test_create_needs_one_living_experiment(millstream: Any) -> None:
    refused = millstream("runs", "create")
    assert refused.exit_code == 2
    assert "Must specify exactly one of --experiment-id or --experiment-name." in refused.stderr
    made = millstream.data("experiments", "create", "-n", "gone")["experiment_id"]
    millstream.text("experiments", "delete", "-x", made)
    advice = millstream.refusal("runs", "create", "-n", "gone")
    assert f"experiments restore --experiment-id {made}" in advice


def test_a_parent_that_does_not_exist_is_refused_before_anything_is_made(millstream: Any) -> None:
    refused = millstream.refusal("runs", "create", "-n", "new", "--parent-run-id", "zz")
    assert refused == "Run with id=zz not found"
    assert [item["name"] for item in millstream.data("experiments", "search")] == ["Default"]


def test_fork_prints_what_it_made(millstream: Any, run_id: str) -> None:
    client = MillstreamClient(str(millstream.folder))
    for step in range(3):
        client.log_metric(run_id, "loss", float(step), step=step)
    told = millstream.text("runs", "fork", "-r", run_id, "--step", "1", "-t", "team=blue")
    (fork,) = (run for run in client.search_runs(["0"]) if run.info.run_id != run_id)
    assert told == (
        f"Run {fork.info.run_id} (first-fork) begins with what run {run_id} logged up to step 1.\n"
    )
    assert (fork.info.status, fork.data.metrics) == ("SCHEDULED", {"loss": 1.0})
    assert (fork.data.tags["team"], fork.data.tags["millstream.forkedFrom"]) == ("blue", run_id)
    made = millstream.data("runs", "fork", "-r", run_id, "--run-name", "again")
    assert made == {
        "run_id": made["run_id"],
        "experiment_id": "0",
        "run_name": "again",
        "status": "SCHEDULED",
    }
    assert client.get_run(made["run_id"]).data.metrics == {"loss": 2.0}
    refused = millstream.refusal("runs", "fork", "-r", run_id, "-x", "77")
    assert refused == "No Experiment with id=77 exists"


def test_attempts_are_listed(millstream: Any, run_id: str) -> None:
    client = MillstreamClient(str(millstream.folder))
    for step in range(3):
        client.log_metric(run_id, "loss", float(step), step=step)
    client.start_attempt(run_id, 1)
    lines = millstream.text("runs", "attempts", "-r", run_id).splitlines()
    assert lines[0].split() == ["Attempt", "From", "step", "Began", "Ended", "Left", "behind"]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2"]
    assert lines[2].endswith("  loss")
    first, second = millstream.data("runs", "attempts", "-r", run_id)
    assert (first["attempt"], first["metric_keys"]) == (1, ["loss"])
    assert (second["attempt"], second["from_step"]) == (2, 1)
