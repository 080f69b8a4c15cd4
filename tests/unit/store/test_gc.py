"""What is removed for good leaves nothing behind, and nothing else goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.sql.database import Database
from millstream.store.sql.gc import Garbage, find_garbage, remove_garbage
from millstream.store.sql.kept import Kept
from millstream.store.sql.reader import Reader
from millstream.store.sql.store import SqlStore
from millstream.testing.databases import KINDS, empty_database

ROOT = "/root"
TABLES = (
    *("experiments", "experiment_tags", "runs", "params", "tags", "metrics", "latest_metrics"),
    *("datasets", "dataset_inputs", "dataset_input_tags", "model_links", "logged_models"),
    *("logged_model_params", "logged_model_tags", "logged_model_metrics", "metric_blocks"),
)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    with empty_database(request.param, tmp_path) as uri:
        opened = SqlStore(Database(uri), ROOT)
        yield opened
        opened.close()


def counts(store: SqlStore) -> dict[str, int]:
    def count(reader: Reader) -> dict[str, int]:
        return {
            table: reader.execute(f"SELECT COUNT(*) FROM {table}")[0][0]  # noqa: S608  # our names
            for table in TABLES
        }

    return store.database.read(count)


def fill(store: SqlStore, name: str) -> tuple[str, str, str]:
    """An experiment with a run and a model that have something of everything."""
    tags = [e.ExperimentTag("t", "1")]
    experiment = store.experiments.create(e.CreateExperiment(name, tags=tags)).result()
    key = experiment.experiment_id
    run_id = store.runs.create(r.CreateRun(key)).result().info.run_id
    create = lm.CreateLoggedModel(
        key, params=[lm.LoggedModelParameter("p", "1")], tags=[lm.LoggedModelTag("t", "1")]
    )
    model_id = store.models.create(create).result().model_id
    long = [m.Metric("long", 1.0, 1, step) for step in range(2_000)]
    for half in (long[:1_000], long[1_000:]):
        store.runs.log_batch(r.LogBatch(run_id, half)).result()
    metrics = [m.Metric("m", 1.0, 1, step, model_id) for step in range(3)]
    store.runs.log_batch(r.LogBatch(run_id, metrics, [r.Param("p", "1")])).result()
    dataset = r.DatasetInput(r.Dataset("d", "1", "local", "s"), [r.InputTag("k", "v")])
    store.runs.log_inputs(r.LogInputs(run_id, [dataset], [r.LoggedModelInput(model_id)])).result()
    store.runs.log_outputs(r.LogOutputs(run_id, [r.LoggedModelOutput(model_id)])).result()
    return key, run_id, model_id


def collect(store: SqlStore, **named: list[str] | int) -> Garbage:
    garbage = find_garbage(store.database, ROOT, **named)  # type: ignore[arg-type]  # as given
    remove_garbage(store.database, garbage)
    return garbage


def test_an_experiment_goes_with_all_that_is_in_it(store: SqlStore) -> None:
    empty = counts(store)
    key, run_id, model_id = fill(store, "doomed")
    assert all(count > empty[table] for table, count in counts(store).items())
    store.experiments.delete(e.ExperimentId(key)).result()
    garbage = collect(store)
    assert garbage == Garbage(
        [key],
        [run_id],
        [model_id],
        [
            f"{ROOT}/{key}/{run_id}/artifacts",
            f"{ROOT}/{key}/models/{model_id}/artifacts",
            f"{ROOT}/{key}",
        ],
    )
    assert counts(store) == empty
    again = store.experiments.create(e.CreateExperiment("doomed")).result()
    assert again.experiment_id != key


def test_neighbours_stay(store: SqlStore) -> None:
    kept = fill(store, "kept")
    one = counts(store)
    _, run_id, model_id = fill(store, "cleaned")
    store.runs.delete(r.RunId(run_id)).result()
    store.models.delete(lm.LoggedModelId(model_id)).result()
    garbage = collect(store)
    assert (garbage.experiment_ids, garbage.run_ids, garbage.model_ids) == (
        *([], [run_id]),
        [model_id],
    )
    expected = one | {
        "experiments": one["experiments"] + 1,
        "experiment_tags": one["experiment_tags"] + 1,
    }
    assert counts(store) == expected
    assert store.runs.get(r.RunId(kept[1])).data.params == {"p": "1"}
    assert store.models.get(lm.GetLoggedModel(kept[2])).metrics != []


def test_only_what_is_named_and_deleted_goes(store: SqlStore) -> None:
    _, first, model_id = fill(store, "first")
    _, second, _ = fill(store, "second")
    with pytest.raises(InvalidParameter, match=f"The run {first} is not deleted"):
        find_garbage(store.database, ROOT, run_ids=[first])
    with pytest.raises(InvalidParameter, match=f"The logged model {model_id} is not deleted"):
        find_garbage(store.database, ROOT, model_ids=[model_id])
    with pytest.raises(InvalidParameter, match="The experiment 0 is not deleted"):
        find_garbage(store.database, ROOT, experiment_ids=["0"])
    with pytest.raises(NotFound, match="Run with id=nope not found"):
        find_garbage(store.database, ROOT, run_ids=["nope"])
    for run_id in (first, second):
        store.runs.delete(r.RunId(run_id)).result()
    assert collect(store, run_ids=[second]).run_ids == [second]
    assert store.runs.get(r.RunId(first)).info.lifecycle_stage == "deleted"
    with pytest.raises(NotFound, match="not found"):
        store.runs.get(r.RunId(second))


def test_what_was_deleted_lately_stays(store: SqlStore) -> None:
    key, run_id, _ = fill(store, "young")
    store.experiments.delete(e.ExperimentId(key)).result()
    assert collect(store, older_than=60_000) == Garbage()
    with pytest.raises(InvalidParameter, match="was not deleted long enough ago"):
        find_garbage(store.database, ROOT, older_than=60_000, run_ids=[run_id])


def test_what_is_restored_meanwhile_stays(store: SqlStore) -> None:
    key, run_id, _ = fill(store, "back")
    store.experiments.delete(e.ExperimentId(key)).result()
    garbage = find_garbage(store.database, ROOT)
    store.experiments.restore(e.ExperimentId(key)).result()
    before = counts(store)
    remove_garbage(store.database, garbage)
    assert counts(store) == before
    assert store.runs.get(r.RunId(run_id)).info.lifecycle_stage == "active"


def test_a_location_of_its_own_is_not_removed_whole(store: SqlStore) -> None:
    request = e.CreateExperiment("shared", "s3://bucket/shared")
    key = store.experiments.create(request).result().experiment_id
    run_id = store.runs.create(r.CreateRun(key)).result().info.run_id
    store.experiments.delete(e.ExperimentId(key)).result()
    assert collect(store).artifact_uris == [f"s3://bucket/shared/{run_id}/artifacts"]


def register(store: SqlStore, run_id: str, model_id: str) -> None:
    store.registered_models.create(rm.CreateRegisteredModel("tree")).result()
    for source, run, model in (
        (f"runs:/{run_id}/model", run_id, None),
        (f"models:/{model_id}", None, model_id),
    ):
        store.model_versions.create(
            mv.CreateModelVersion("tree", source, run, model_id=model)
        ).result()


def test_what_a_registered_version_came_from_is_kept(store: SqlStore) -> None:
    key, run_id, model_id = fill(store, "registered")
    other_key, other_run, other_model = fill(store, "other")
    register(store, run_id, model_id)
    for experiment in (key, other_key):
        store.experiments.delete(e.ExperimentId(experiment)).result()
    garbage = collect(store)
    assert (garbage.experiment_ids, garbage.run_ids) == ([other_key], [other_run])
    assert garbage.model_ids == [other_model]
    assert garbage.kept == [
        Kept("run", run_id, "models:/tree/1"),
        Kept("logged model", model_id, "models:/tree/2"),
    ]
    assert all(key not in uri.split("/") for uri in garbage.artifact_uris)
    with pytest.raises(InvalidParameter, match=f"run {run_id} is still needed: 'models:/tree/1'"):
        collect(store, run_ids=[run_id])
    store.registered_models.delete(rm.DeleteRegisteredModel("tree")).result()
    assert collect(store).experiment_ids == [key]
    assert counts(store)["runs"] == 0


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("{root}/{key}/{run}/artifacts/model", "run"),
        ("file://{root}/{key}/{run}/artifacts", "run"),
        ("mlflow-artifacts:/{key}/{run}/artifacts//model/", "run"),
        ("runs:/{run}/model", "run"),
        ("{root}/{key}/models/{model}/artifacts", "logged model"),
        ("mlflow-artifacts://host/{key}/models/{model}/artifacts/part", "logged model"),
        ("{root}/{key}/by hand", "experiment"),
    ],
)
def test_folders_with_files_of_a_version_are_kept(store: SqlStore, source: str, kind: str) -> None:
    key, run_id, model_id = fill(store, "held")
    source = source.format(root=ROOT, key=key, run=run_id, model=model_id)
    registry = SqlStore(store.database, ROOT, any_source=True)
    registry.registered_models.create(rm.CreateRegisteredModel("tree")).result()
    registry.model_versions.create(mv.CreateModelVersion("tree", source)).result()
    store.experiments.delete(e.ExperimentId(key)).result()
    garbage = collect(store)
    ids = {"run": run_id, "logged model": model_id, "experiment": key}
    assert garbage.kept == [Kept(kind, ids[kind], "models:/tree/1")]
    assert garbage.experiment_ids == []
    assert (run_id in garbage.run_ids) == (kind != "run")
    assert (model_id in garbage.model_ids) == (kind != "logged model")
    assert not any(source.startswith(uri) for uri in garbage.artifact_uris)
    assert f"{ROOT}/{key}" not in garbage.artifact_uris


def test_a_version_of_a_whole_experiment_keeps_all_of_it(store: SqlStore) -> None:
    key, run_id, model_id = fill(store, "held")
    registry = SqlStore(store.database, ROOT, any_source=True)
    registry.registered_models.create(rm.CreateRegisteredModel("tree")).result()
    registry.model_versions.create(mv.CreateModelVersion("tree", f"{ROOT}/{key}")).result()
    store.experiments.delete(e.ExperimentId(key)).result()
    garbage = collect(store)
    assert [(kept.kind, kept.id) for kept in garbage.kept] == [
        ("run", run_id),
        ("logged model", model_id),
        ("experiment", key),
    ]
    assert garbage.artifact_uris == []


def test_a_logged_model_that_a_source_means_is_kept(store: SqlStore) -> None:
    key, run_id, _ = fill(store, "held")
    create = lm.CreateLoggedModel(key, "tree", source_run_id=run_id)
    model_id = store.models.create(create).result().model_id
    store.registered_models.create(rm.CreateRegisteredModel("tree")).result()
    source = f"runs:/{run_id}/tree"
    store.model_versions.create(mv.CreateModelVersion("tree", source, run_id)).result()
    store.models.delete(lm.LoggedModelId(model_id)).result()
    garbage = collect(store)
    assert garbage.kept == [Kept("logged model", model_id, "models:/tree/1")]
    assert garbage.artifact_uris == []


def test_files_of_a_moved_run_outlive_the_experiment_that_they_are_filed_under(
    store: SqlStore,
) -> None:
    key, run_id, _ = fill(store, "left")
    other = store.experiments.create(e.CreateExperiment("target")).result().experiment_id
    store.runs.move(r.MoveRuns([run_id], other)).result()
    staying = store.runs.create(r.CreateRun(key)).result().info
    store.experiments.delete(e.ExperimentId(key)).result()
    garbage = collect(store)
    assert garbage.experiment_ids == [key]
    assert garbage.run_ids == [staying.run_id]
    assert f"{ROOT}/{key}/{staying.run_id}/artifacts" in garbage.artifact_uris
    assert not any(f"{ROOT}/{key}/{run_id}".startswith(uri) for uri in garbage.artifact_uris)
    assert store.runs.get(r.RunId(run_id)).inputs.dataset_inputs
