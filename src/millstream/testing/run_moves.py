"""The contract of moving runs to another experiment."""

from __future__ import annotations

import pytest

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, new_experiment, new_run

_DATASET = r.Dataset("houses", "digest", "local", "houses.csv", '{"rooms": "long"}')


def _fill(store: Store, run_id: str, value: str) -> None:
    """Log something of every kind."""
    store.runs.log_param(r.LogParam(run_id, "lr", value)).result()
    store.runs.set_tag(r.SetTag(run_id, "phase", value)).result()
    store.metrics.log(m.LogMetric(run_id, "loss", float(value), 1)).result()
    inputs = [r.DatasetInput(_DATASET, [r.InputTag("context", value)])]
    store.runs.log_inputs(r.LogInputs(run_id, inputs)).result()


def _found(store: Store, experiment_id: str, text: str | None = None) -> set[str]:
    page = store.runs.search(r.SearchRuns([experiment_id], text))
    return {run.info.run_id for run in page.runs}


class RunMovesContract(Contract):
    """What every store promises about runs that move."""

    def test_all_that_a_run_logged_goes_along(self, store: Store, experiment_id: str) -> None:
        target = new_experiment(store)
        moving = [new_run(store, experiment_id) for _ in range(2)]
        staying = new_run(store, experiment_id)
        for value, run_id in enumerate([*moving, staying]):
            _fill(store, run_id, str(value))
        before = [get_run(store, run_id) for run_id in moving]
        store.runs.move(r.MoveRuns(moving, target)).result()
        for run in before:
            after = get_run(store, run.info.run_id)
            assert after.info.experiment_id == target
            assert after.info.artifact_uri == run.info.artifact_uri
            assert (after.data, after.inputs) == (run.data, run.inputs)
        every = "params.lr IN ('0', '1', '2') AND metrics.loss < 5 AND tags.phase IS NOT NULL"
        for text in (None, every, "datasets.name = 'houses'"):
            assert _found(store, target, text) == {*moving}, text
            assert _found(store, experiment_id, text) == {staying}, text

    def test_what_is_known_of_columns_and_datasets_follows(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        _fill(store, run_id, "1")
        target = new_experiment(store)
        store.runs.move(r.MoveRuns([run_id], target)).result()
        keys = {
            column.key for column in store.experiments.list_columns(rt.ListColumns(target)).columns
        }
        assert {"lr", "phase", "loss"} <= keys
        assert store.experiments.list_columns(rt.ListColumns(experiment_id)).columns == []
        summaries = store.experiments.search_datasets(r.SearchDatasets([target]))
        assert [each.name for each in summaries.dataset_summaries] == ["houses"]
        left = store.experiments.search_datasets(r.SearchDatasets([experiment_id]))
        assert left.dataset_summaries == []

    def test_a_dataset_that_is_there_already_is_shared(self, store: Store, run_id: str) -> None:
        target = new_experiment(store)
        there = new_run(store, target)
        _fill(store, there, "1")
        _fill(store, run_id, "2")
        store.runs.move(r.MoveRuns([run_id], target)).result()
        assert _found(store, target, "datasets.digest = 'digest'") == {there, run_id}
        tags = {
            each: get_run(store, each).inputs.dataset_inputs[0].tags[0].value
            for each in (there, run_id)
        }
        assert tags == {there: "1", run_id: "2"}

    def test_models_that_a_run_logged_go_along(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        create = lm.CreateLoggedModel(experiment_id, "net", source_run_id=run_id)
        model = store.models.create(create).result()
        target = new_experiment(store)
        store.runs.move(r.MoveRuns([run_id], target)).result()
        moved = store.models.get(lm.GetLoggedModel(model.info.model_id))
        assert moved.info.experiment_id == target
        assert moved.info.artifact_uri == model.info.artifact_uri

    def test_a_moved_run_is_logged_to_as_before(self, store: Store, run_id: str) -> None:
        target = new_experiment(store)
        store.runs.move(r.MoveRuns([run_id], target)).result()
        _fill(store, run_id, "3")
        assert _found(store, target, "metrics.loss = 3 AND params.lr = '3'") == {run_id}

    def test_moving_where_it_is_changes_nothing(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        _fill(store, run_id, "1")
        before = get_run(store, run_id)
        store.runs.move(r.MoveRuns([run_id, run_id], experiment_id)).result()
        assert get_run(store, run_id) == before

    def test_one_that_cannot_go_keeps_all_where_they_are(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        target = new_experiment(store)
        deleted = new_run(store, experiment_id)
        store.runs.delete(r.RunId(deleted)).result()
        with pytest.raises(InvalidParameter, match=f"The run {deleted} must be in the 'active'"):
            store.runs.move(r.MoveRuns([run_id, deleted], target)).result()
        with pytest.raises(NotFound, match="Run with id=deadbeef not found"):
            store.runs.move(r.MoveRuns([run_id, "deadbeef"], target)).result()
        assert get_run(store, run_id).info.experiment_id == experiment_id

    def test_the_other_experiment_must_be_active(self, store: Store, run_id: str) -> None:
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            store.runs.move(r.MoveRuns([run_id], "987654321")).result()
        target = new_experiment(store)
        store.experiments.delete(e.ExperimentId(target)).result()
        with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
            store.runs.move(r.MoveRuns([run_id], target)).result()

    @pytest.mark.parametrize("count", [0, 1_001])
    def test_the_number_of_runs_is_bounded(
        self, store: Store, experiment_id: str, count: int
    ) -> None:
        request = r.MoveRuns([str(number) for number in range(count)], experiment_id)
        with pytest.raises(InvalidParameter, match=f"Invalid number of run_ids {count}: .* 1,000"):
            store.runs.move(request).result()
