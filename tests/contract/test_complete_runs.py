"""Runs written whole leave the same rows as the same runs logged step by step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import runs as r
from millstream.errors import AlreadyExists, InvalidParameter, NotSupported
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore

T0 = 1_700_000_000_000
NAN, INFINITE = math.nan, math.inf
ROWS = {
    "runs": "SELECT run_id, name, user_id, status, start_time, end_time, lifecycle_stage, "
    "deleted_time, artifact_uri FROM runs r WHERE experiment_key = ?",
    "params": 'SELECT run_id, k.name, value, head, number FROM params x JOIN "keys" k '
    "ON k.key_id = x.key_id JOIN runs r ON r.run_key = x.run_key WHERE x.experiment_key = ?",
    "tags": 'SELECT run_id, k.name, value, head FROM tags x JOIN "keys" k '
    "ON k.key_id = x.key_id JOIN runs r ON r.run_key = x.run_key WHERE x.experiment_key = ?",
    "metrics": "SELECT run_id, k.name, step, timestamp, value, special FROM metrics x "
    'JOIN "keys" k ON k.key_id = x.key_id JOIN runs r ON r.run_key = x.run_key '
    "WHERE r.experiment_key = ?",
    "latest_metrics": "SELECT run_id, k.name, step, timestamp, value, special, min_value, "
    'min_step, max_value, max_step, in_order FROM latest_metrics x JOIN "keys" k '
    "ON k.key_id = x.key_id JOIN runs r ON r.run_key = x.run_key WHERE x.experiment_key = ?",
    "dataset_inputs": "SELECT run_id, d.name, digest, source, profile FROM dataset_inputs x "
    "JOIN datasets d ON d.dataset_key = x.dataset_key JOIN runs r ON r.run_key = x.run_key "
    "WHERE d.experiment_key = ?",
    "dataset_input_tags": 'SELECT run_id, d.name, x."key", value FROM dataset_input_tags x '
    "JOIN datasets d ON d.dataset_key = x.dataset_key JOIN runs r ON r.run_key = x.run_key "
    "WHERE d.experiment_key = ?",
}


@pytest.fixture(scope="module")
def store(database_uri: str) -> Iterator[SqlStore]:
    opened = SqlStore(Database(database_uri), "/artifacts")
    yield opened
    opened.close()


@pytest.fixture
def experiment_id(store: SqlStore, request: pytest.FixtureRequest) -> str:
    return new_experiment(store, request.node.name)


def new_experiment(store: SqlStore, name: str) -> str:
    return store.experiments.create(e.CreateExperiment(name)).result().experiment_id


def complete(experiment_id: str, run_id: str, at: int = 0, **data: Any) -> r.Run:
    info = r.RunInfo(
        run_id, experiment_id, "ann", "FAILED", T0 + at, T0 + at + 9, run_name=f"name of {at}"
    )
    dataset = r.Dataset("numbers", f"digest{at % 2}", "local", "{}", profile="{}")
    used = r.RunInputs([r.DatasetInput(dataset, [r.InputTag("context", "training")])], [])
    return r.Run(info, r.RunData(**data), used)


def varied(experiment_id: str, prefix: str) -> list[r.Run]:
    """Series in and out of order, with special values, repeated points, and nothing at all."""
    series: list[list[tuple[float, int, int]]] = [
        [],
        [(NAN, 0, 0)],
        [(1.5, 0, 0), (0.5, 1, 1), (2.5, 2, 2)],
        [(2.5, 2, 0), (0.5, 1, 1), (1.5, 0, 2), (1.5, 0, 2)],
        [(INFINITE, 3, 0), (NAN, 4, 1), (-INFINITE, 2, 2)],
        [(1e-300, 7, 7), (-1e300, 7, 7), (NAN, 7, 7)],
    ]
    return [
        complete(
            experiment_id,
            f"{prefix}{at}",
            at,
            metric_list=[
                m.Metric(key, value * (-1) ** place, T0 + time, step)
                for place, key in enumerate(("loss", "a/b"))
                for value, step, time in points
            ],
            param_list=[r.Param("rate", str(10 - at)), r.Param("model", "x" * 100 * at)],
            tag_list=[r.RunTag("team", f"t{at % 2}"), r.RunTag("mlflow.runName", f"name of {at}")],
        )
        for at, points in enumerate(series)
    ]


def log_in_steps(store: SqlStore, run: r.Run) -> None:
    info, data = run.info, run.data
    store.runs.create(
        r.CreateRun(
            info.experiment_id,
            info.user_id,
            info.run_name,
            info.start_time,
            data.tag_list,
            info.run_id,
        )
    ).result()
    batch = r.LogBatch(info.run_id, data.metric_list, data.param_list)
    store.runs.log_batch(batch).result()
    store.runs.log_inputs(r.LogInputs(info.run_id, run.inputs.dataset_inputs)).result()
    store.runs.update(r.UpdateRun(info.run_id, "FAILED", info.end_time)).result()


def rows(store: SqlStore, experiment_id: str, prefix: str) -> dict[str, list[str]]:
    with store.database.reader() as reader:
        found = {
            name: sorted(map(repr, reader.execute(sql, (int(experiment_id),))))
            for name, sql in ROWS.items()
        }
    place = f"/{experiment_id}/"
    return {
        name: [text.replace(prefix, "run").replace(place, "/x/") for text in texts]
        for name, texts in found.items()
    }


def test_runs_written_whole_leave_the_rows_of_runs_logged_in_steps(
    store: SqlStore, experiment_id: str
) -> None:
    other_id = new_experiment(store, f"{experiment_id}, in steps")
    store.runs.create_complete(experiment_id, varied(experiment_id, "whole-")).result()
    for run in varied(other_id, "steps-"):
        log_in_steps(store, run)
    found = rows(store, experiment_id, "whole-")
    assert found == rows(store, other_id, "steps-")
    assert all(found.values())


def test_a_taken_id_leaves_none_of_the_runs(store: SqlStore, experiment_id: str) -> None:
    taken = complete(experiment_id, "taken")
    store.runs.create_complete(experiment_id, [taken]).result()
    with pytest.raises(AlreadyExists, match="taken"):
        store.runs.create_complete(
            experiment_id, [complete(experiment_id, "fresh"), taken]
        ).result()
    found = store.runs.search(r.SearchRuns([experiment_id])).runs
    assert [run.info.run_id for run in found] == ["taken"]


def test_what_cannot_be_logged_is_refused(store: SqlStore, experiment_id: str) -> None:
    def refused(run: r.Run) -> None:
        store.runs.create_complete(experiment_id, [run]).result()

    with pytest.raises(InvalidParameter, match="Invalid run ID"):
        refused(complete(experiment_id, "../x"))
    with pytest.raises(InvalidParameter, match="no name"):
        refused(r.Run(r.RunInfo("nameless", experiment_id, "ann", "FINISHED")))
    with pytest.raises(InvalidParameter, match="must not resolve"):
        refused(complete(experiment_id, "odd", metric_list=[m.Metric("..", 1.0, T0)]))
    with pytest.raises(InvalidParameter, match="Duplicate parameter keys"):
        refused(complete(experiment_id, "twice", param_list=[r.Param("a"), r.Param("a")]))
    points = [m.Metric("a", 1.0, T0, model_id="m-1")]
    with pytest.raises(NotSupported, match="logged models"):
        refused(complete(experiment_id, "of-model", metric_list=points))
    assert store.runs.search(r.SearchRuns([experiment_id])).runs == []
