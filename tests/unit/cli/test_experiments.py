"""The commands about experiments, with the words that scripts around MLflow expect."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from millstream.client.tracking import MillstreamClient


@pytest.fixture
def prices(millstream: Any) -> str:
    """The id of an experiment named prices."""
    return str(millstream.data("experiments", "create", "-n", "prices")["experiment_id"])


def test_create_says_the_id(millstream: Any) -> None:
    said = millstream.text("experiments", "create", "-n", "prices")
    assert said == "Created experiment 'prices' with id 1\n"


def test_create_takes_a_location(millstream: Any, tmp_path: Path) -> None:
    place = str(tmp_path / "elsewhere")
    millstream.text("experiments", "create", "-n", "prices", "-l", place)
    assert millstream.data("experiments", "get", "-n", "prices")["artifact_location"] == place


def test_a_taken_name_is_refused_in_one_line(millstream: Any, prices: str) -> None:
    assert "Experiment(name=prices) already exists." in millstream.refusal(
        "experiments", "create", "-n", "prices"
    )


def test_search_shows_a_table_or_json(millstream: Any, prices: str) -> None:
    lines = millstream.text("experiments", "search").splitlines()
    assert lines[0].split("  ")[0] == "Experiment Id"
    assert [line.split()[:2] for line in lines[2:]] == [[prices, "prices"], ["0", "Default"]]
    found = millstream.data("experiments", "search")
    assert [(item["experiment_id"], item["name"]) for item in found] == [
        (prices, "prices"),
        ("0", "Default"),
    ]


def test_search_narrows(millstream: Any, prices: str) -> None:
    assert len(millstream.data("experiments", "search", "--max-results", "1")) == 1
    named = millstream.data("experiments", "search", "--filter", "name LIKE 'pri%'")
    assert [item["name"] for item in named] == ["prices"]
    none = millstream.text("experiments", "search", "--view", "deleted_only")
    assert none == "There is no such experiment.\n"
    assert millstream.data("experiments", "search", "--view", "DELETED_ONLY") == []


def test_get_by_id_and_by_name(millstream: Any, prices: str) -> None:
    by_id = millstream.data("experiments", "get", "-x", prices)
    assert by_id == millstream.data("experiments", "get", "-n", "prices")
    assert by_id["tags"] == {}
    assert by_id["lifecycle_stage"] == "active"
    shown = millstream.text("experiments", "get", "-x", prices)
    assert "Lifecycle Stage    active\n" in shown
    assert millstream.text("experiments", "get", "-x", prices, "--output", "json").startswith("{")


def test_get_of_what_does_not_exist(millstream: Any) -> None:
    assert millstream.refusal("experiments", "get", "-x", "77") == "No Experiment with id=77 exists"
    refused = millstream.refusal("experiments", "get", "-n", "zz")
    assert refused == "Experiment with name 'zz' does not exist."


def test_delete_restore_and_rename(millstream: Any, prices: str) -> None:
    assert millstream.text("experiments", "delete", "--experiment-id", prices) == (
        f"Experiment with ID {prices} has been deleted.\n"
    )
    assert millstream.data("experiments", "get", "-x", prices)["lifecycle_stage"] == "deleted"
    assert millstream.refusal("experiments", "delete", "-x", prices) == (
        f"No Experiment with id={prices} exists"
    )
    assert millstream.text("experiments", "restore", "-x", prices) == (
        f"Experiment with id {prices} has been restored.\n"
    )
    assert millstream.text("experiments", "rename", "-x", prices, "--new-name", "costs") == (
        f"Experiment with id {prices} has been renamed to 'costs'.\n"
    )
    assert millstream.data("experiments", "get", "-x", prices)["name"] == "costs"


def test_csv_has_a_column_for_everything_that_was_logged(
    millstream: Any, prices: str, tmp_path: Path
) -> None:
    client = MillstreamClient(str(millstream.folder))
    first = client.create_run(prices, run_name="first", start_time=1_795_391_490_059)
    second = client.create_run(prices, run_name="second")
    client.log_metric(first.info.run_id, "loss", float("nan"))
    client.log_metric(second.info.run_id, "loss", 0.5)
    client.log_param(second.info.run_id, "note", 'a "b",\nc')
    printed = millstream.text("experiments", "csv", "-x", prices)
    rows = {row["run_id"]: row for row in csv.DictReader(io.StringIO(printed))}
    assert list(rows[first.info.run_id])[:6] == [
        "run_id",
        "experiment_id",
        "status",
        "artifact_uri",
        "start_time",
        "end_time",
    ]
    assert rows[first.info.run_id]["metrics.loss"] == "NaN"
    assert rows[first.info.run_id]["params.note"] == ""
    assert rows[first.info.run_id]["start_time"] == "2026-11-22 23:51:30.059+00:00"
    assert rows[second.info.run_id]["metrics.loss"] == "0.5"
    assert rows[second.info.run_id]["params.note"] == 'a "b",\nc'
    assert rows[second.info.run_id]["tags.mlflow.runName"] == "second"

    file = tmp_path / "runs.csv"
    said = millstream.text("experiments", "csv", "-x", prices, "-o", str(file))
    assert said == f"Experiment with ID {prices} has been exported as a CSV to file: {file}.\n"
    assert file.read_text() == printed


def test_csv_of_no_runs_has_a_head(millstream: Any, prices: str) -> None:
    assert millstream.text("experiments", "csv", "-x", prices).startswith("run_id,experiment_id,")
    assert millstream.refusal("experiments", "csv", "-x", "77").startswith("No Experiment")
