"""The runs that `millstream demo --runs` makes up."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ports import free_port
from tests.unit.cli.conftest import Caller

from millstream.cli.demo_filling import (
    LONG_METRICS,
    SPIKE,
    create_experiment,
    fill,
    fill_long_run,
    long_series,
)
from millstream.cli.demo_runs import CURVES, SWEEP, Recipe, is_parent, runs
from millstream.entities import metrics as m
from millstream.entities import runs as r
from millstream.rest.dispatch import Dispatcher
from millstream.rest.inprocess import DispatchTransport
from millstream.rest.remote import RemoteStore
from millstream.store.interface import Store
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore

RECIPE = Recipe(runs=200, params=50, metrics=50, seed=7, until=1_795_000_000_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/artifacts")
    yield opened
    opened.close()


def made(recipe: Recipe = RECIPE) -> list[r.Run]:
    return list(runs(recipe, "1"))


def test_the_same_seed_makes_the_same_runs() -> None:
    again = [repr(run) for run in made()]  # NaN is unlike itself, but not its text
    assert again == [repr(run) for run in made()]
    other = made(Recipe(200, 50, 50, 8, RECIPE.until))
    assert {run.info.run_id for run in made()} & {run.info.run_id for run in other} == set()


def test_every_run_has_as_many_params_and_metrics_as_asked_for() -> None:
    for run in made(Recipe(60, 120, 75, 7, RECIPE.until)):
        assert len({param.key for param in run.data.param_list}) == 120
        assert len({point.key for point in run.data.metric_list}) == 75
    none = made(Recipe(3, 0, 0, 7, RECIPE.until))
    assert [(run.data.param_list, run.data.metric_list) for run in none] == [([], [])] * 3


def test_runs_are_nested_in_sweeps_and_end_in_all_ways() -> None:
    found = made(Recipe(4_000, 9, 3, 7, RECIPE.until))
    ids = {run.info.run_id for run in found}
    assert len(ids) == 4_000
    parents = [run.data.tags.get("mlflow.parentRunId") for run in found]
    for number, parent in enumerate(parents):
        expected = None if is_parent(number) else found[number // SWEEP * SWEEP].info.run_id
        assert parent == expected
    ends = Counter(run.info.status for run in found)
    assert {"FINISHED", "FAILED", "KILLED", "RUNNING"} == set(ends)
    assert ends["FINISHED"] > 3_500
    for run in found:
        assert (run.info.end_time is None) == (run.info.status == "RUNNING")
        assert 0 < (run.info.start_time or 0) <= RECIPE.until
    assert len({run.inputs.dataset_inputs[0].dataset.digest for run in found}) > 3


def test_metrics_depend_on_params() -> None:
    found = [run for run in made(Recipe(4_000, 9, 9, 7, RECIPE.until)) if "resnet" in name(run)]
    misses = [(math.log10(float(run.data.params["learning_rate"])) + 2.0) ** 2 for run in found]
    scores = [run.data.metrics["val/accuracy"] for run in found]
    assert statistics.correlation(misses, scores) < -0.5
    losses = [run.data.metrics["val/loss"] for run in found]
    assert statistics.correlation(scores, losses) < -0.9


def name(run: r.Run) -> str:
    return str(run.info.run_name)


def test_the_newest_runs_have_long_curves() -> None:
    found = made()
    longest = [Counter(point.key for point in run.data.metric_list)[CURVES[0]] for run in found]
    assert longest[-1] > 400 > longest[-100] > 1


def test_both_ways_of_writing_leave_the_same_runs(store: SqlStore) -> None:
    counts: list[int] = []
    there = create_experiment(store, "together")
    recipe = Recipe(45, 12, 9, 7, RECIPE.until)
    fill(store, there, recipe, counts.append)
    remote = RemoteStore("in-process", transport=DispatchTransport(Dispatcher(store)))
    here = create_experiment(remote, "step by step")
    last = fill(remote, here, recipe, counts.append)
    assert counts == [45] + [1] * 45
    assert store.runs.get(r.RunId(last)).data.params["model"]
    assert contents(store, there) == contents(store, here)


def contents(store: Store, experiment_id: str) -> list[Any]:
    found = store.runs.search(r.SearchRuns([experiment_id], max_results=100)).runs
    names = {run.info.run_id: name(run) for run in found}
    return [
        (
            name(run),
            run.info.status,
            run.info.end_time,
            run.data.params,
            str(run.data.metrics),
            {key: names.get(value, value) for key, value in run.data.tags.items()},
            run.inputs.dataset_inputs,
        )
        for run in found
    ]


def test_the_long_run_keeps_its_spikes(store: SqlStore) -> None:
    there = create_experiment(store, "long")
    counts: list[int] = []
    run_id = fill_long_run(store, there, RECIPE, 2_500, counts.append)
    assert sum(counts) == LONG_METRICS * 2_500
    logged = store.runs.get(r.RunId(run_id)).data.metric_list
    assert len(logged) == LONG_METRICS
    asked = m.GetSeries([run_id], [logged[3].key], buckets=100)
    values = store.metrics.get_series(asked).series[0].values
    assert values.count(SPIKE) == 10
    made = [point.value for point in long_series(7, 3, 2_500, 0)]
    assert made.count(SPIKE) == 10


def test_the_command_fills_shows_and_ends(millstream: Caller) -> None:
    options = ["--folder", str(millstream.folder), "--port", str(free_port()), "--exit"]
    sizes = ["--runs", "50", "--params", "3", "--metrics", "4", "--points", "20"]
    told = millstream.data("demo", *options, *sizes)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#/experiments/1", told["page"])
    run = millstream.data("runs", "describe", "--run-id", told["run_id"])
    assert (len(run["data"]["params"]), len(run["data"]["metrics"])) == (3, 4)
    long = millstream.data("runs", "describe", "--run-id", told["long_run_id"])
    assert len(long["data"]["metrics"]) == LONG_METRICS


def test_a_second_time_needs_another_name(millstream: Caller) -> None:
    options = ["--folder", str(millstream.folder), "--port", str(free_port()), "--exit"]
    millstream.data("demo", *options, "--runs", "2")
    refusal = millstream.refusal("demo", *options, "--runs", "2")
    assert refusal == (
        "There is an experiment 'model search' already, which is left as it is. "
        "Name another one with --experiment."
    )
    told = millstream.data("demo", *options, "--runs", "2", "--experiment", "again")
    assert told["page"].endswith("/experiments/2")


@pytest.mark.parametrize("option", ["--params", "--points", "--seed"])
def test_sizes_without_runs_are_refused(millstream: Caller, option: str) -> None:
    done = millstream("demo", option, "3")
    assert done.exit_code == 2
    assert f"{option} has a meaning only together with --runs" in done.stderr
    assert not millstream.folder.exists()
