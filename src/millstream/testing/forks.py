"""The contract of forks: runs that begin with what another one logged."""

from __future__ import annotations

import pytest

from millstream.entities import attempts as a
from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.attempts import log, points_of, resume, steps_of
from millstream.testing.fixtures import Contract, get_run, new_experiment

_DATASET = r.Dataset("houses", "digest", "local", "houses.csv", '{"rooms": "long"}')


def _fork(store: Store, run_id: str, step: int | None = None, **given: object) -> r.Run:
    info = store.attempts.fork(a.ForkRun(run_id, step, **given)).result()  # type: ignore[arg-type]  # each of its type
    run = get_run(store, info.run_id)
    assert run.info == info
    return run


class ForksContract(Contract):
    """What every store promises about forks."""

    def test_a_fork_begins_with_all_that_was_logged(self, store: Store, run_id: str) -> None:
        store.runs.log_param(r.LogParam(run_id, "lr", "0.1")).result()
        for key in ("phase", "mlflow.note.content", "mlflow.source.name", "millstream.other"):
            store.runs.set_tag(r.SetTag(run_id, key, key)).result()
        inputs = [r.DatasetInput(_DATASET, [r.InputTag("context", "train")])]
        links = [r.LoggedModelInput("m-1")]
        store.runs.log_inputs(r.LogInputs(run_id, inputs, links)).result()
        store.runs.log_outputs(r.LogOutputs(run_id, [r.LoggedModelOutput("m-2", 3)])).result()
        log(store, run_id, [(step, float(step), step) for step in range(5)])
        origin = get_run(store, run_id)
        fork = _fork(store, run_id, user_id="ada", start_time=7, tags=[r.RunTag("phase", "two")])
        info = fork.info
        assert (info.user_id, info.start_time, info.status) == ("ada", 7, "RUNNING")
        assert (info.experiment_id, info.lifecycle_stage) == (origin.info.experiment_id, "active")
        assert info.run_name == f"{origin.info.run_name}-fork"
        assert info.artifact_uri is not None
        assert info.artifact_uri.endswith(f"/{info.run_id}/artifacts")
        assert fork.data.params == {"lr": "0.1"}
        assert fork.data.tags == {
            "phase": "two",
            "origin": "contract",
            "mlflow.note.content": "mlflow.note.content",
            "mlflow.runName": info.run_name,
            "millstream.forkedFrom": run_id,
        }
        assert fork.inputs == origin.inputs
        assert fork.outputs == r.RunOutputs()
        assert points_of(store, info.run_id) == points_of(store, run_id)
        assert fork.data.metric_list == origin.data.metric_list
        assert get_run(store, run_id) == origin

    def test_a_fork_from_a_step(self, store: Store, experiment_id: str, run_id: str) -> None:
        log(store, run_id, [(1, 5.0, 1), (2, 1.0, 2), (3, -9.0, 3), (4, 99.0, 4)])
        log(store, run_id, [(3, 1.0, 3)], "later")
        log(store, run_id, [(1, 1.0, 3)], "system/cpu")
        fork = _fork(store, run_id, 2, run_name="again")
        fork_id = fork.info.run_id
        assert fork.info.run_name == "again"
        assert fork.data.tags["millstream.forkedFromStep"] == "2"
        assert [(point.key, point.step) for point in fork.data.metric_list] == [("loss", 2)]
        assert steps_of(store, fork_id) == [1, 2]
        found = store.runs.search(r.SearchRuns([experiment_id], "metrics.loss = 1"))
        assert [run.info.run_id for run in found.runs] == [fork_id]
        columns = [rt.Column("metric", "loss", part) for part in ("min", "max")]
        table = store.runs.get_table(rt.GetRunTable([experiment_id], columns=columns))
        place = table.run_ids.index(fork_id)
        assert [column.numbers[place] for column in table.columns if column.numbers] == [1.0, 5.0]
        log(store, fork_id, [(3, 7.0, 50)])
        assert steps_of(store, fork_id) == [1, 2, 3]
        assert steps_of(store, run_id) == [1, 2, 3, 4]

    def test_a_long_fork_is_drawn_right(self, store: Store, run_id: str) -> None:
        points = [(step, float(step % 10), step) for step in range(6_000)]
        for start in range(0, len(points), 1_000):
            log(store, run_id, points[start : start + 1_000])
        for step, total in ((None, 6_000), (3_999, 4_000), (1_023, 1_024)):
            fork_id = _fork(store, run_id, step).info.run_id
            last = total - 1
            log(store, fork_id, [(last, 1e6, 9_000), (last, -1e6, 9_000)])
            request = m.GetSeries([fork_id], ["loss"], buckets=2)
            (series,) = store.metrics.get_series(request).series
            found = (series.total, min(series.values), max(series.values))
            assert found == (total + 2, -1e6, 1e6)

    def test_a_fork_into_another_experiment(self, store: Store, run_id: str) -> None:
        inputs = [r.DatasetInput(_DATASET, [r.InputTag("context", "train")])]
        store.runs.log_inputs(r.LogInputs(run_id, inputs)).result()
        target = new_experiment(store)
        forks = [_fork(store, run_id, experiment_id=target) for _ in range(2)]
        for fork in forks:
            assert fork.info.experiment_id == target
            assert fork.inputs.dataset_inputs == inputs
        summaries = store.experiments.search_datasets(r.SearchDatasets([target]))
        assert [each.name for each in summaries.dataset_summaries] == ["houses"]
        found = store.runs.search(r.SearchRuns([target], "datasets.name = 'houses'"))
        assert {run.info.run_id for run in found.runs} == {fork.info.run_id for fork in forks}

    def test_what_was_left_behind_stays_with_the_other_run(self, store: Store, run_id: str) -> None:
        log(store, run_id, [(1, 1.0, 1), (2, 2.0, 2)])
        resume(store, run_id, 1, 100)
        fork_id = _fork(store, run_id).info.run_id
        assert steps_of(store, fork_id) == [1]
        assert len(store.attempts.list(r.RunId(fork_id)).attempts) == 1

    def test_models_of_the_other_run_are_its_own(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        model = store.models.create(lm.CreateLoggedModel(experiment_id, "net")).result()
        batch = [m.Metric("loss", 1.0, 1, 1, model_id=model.info.model_id)]
        store.runs.log_batch(r.LogBatch(run_id, batch)).result()
        _fork(store, run_id)
        found = store.models.get(lm.GetLoggedModel(model.info.model_id))
        assert [metric.run_id for metric in found.metrics] == [run_id]

    def test_what_cannot_be_forked_is_refused(self, store: Store, run_id: str) -> None:
        def refuse(request: a.ForkRun) -> None:
            store.attempts.fork(request).result()

        with pytest.raises(NotFound, match="Run with id=deadbeef not found"):
            refuse(a.ForkRun("deadbeef"))
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            refuse(a.ForkRun(run_id, experiment_id="987654321"))
        with pytest.raises(InvalidParameter, match=f"Invalid value {1 << 63} for .*step"):
            refuse(a.ForkRun(run_id, 1 << 63))
        with pytest.raises(InvalidParameter, match="Names may only contain"):
            refuse(a.ForkRun(run_id, tags=[r.RunTag("bad!", "x")]))
        gone = new_experiment(store)
        store.experiments.delete(e.ExperimentId(gone)).result()
        with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
            refuse(a.ForkRun(run_id, experiment_id=gone))
        store.runs.delete(r.RunId(run_id)).result()
        with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
            refuse(a.ForkRun(run_id))
