"""The contract of deleting and restoring, and of many threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.store.pending import Pending
from millstream.testing.fixtures import Contract, get_run, new_run


class LifecycleContract(Contract):
    """What every store promises about what is deleted."""

    def test_a_deleted_run_is_readable_only(self, store: Store, run_id: str) -> None:
        for _ in range(2):
            store.runs.delete(r.RunId(run_id)).result()
        assert get_run(store, run_id).info.lifecycle_stage == "deleted"
        message = f"The run {run_id} must be in the 'active' state. Current state is deleted."
        writes: list[Pending[None] | Pending[r.RunInfo]] = [
            store.metrics.log(m.LogMetric(run_id, "m", 1.0, 1)),
            store.runs.log_param(r.LogParam(run_id, "p", "1")),
            store.runs.set_tag(r.SetTag(run_id, "t", "1")),
            store.runs.delete_tag(r.DeleteTag(run_id, "origin")),
            store.runs.log_batch(r.LogBatch(run_id)),
            store.runs.log_inputs(r.LogInputs(run_id)),
            store.runs.log_outputs(r.LogOutputs(run_id, [])),
            store.runs.update(r.UpdateRun(run_id, "FINISHED")),
        ]
        for pending in writes:
            with pytest.raises(InvalidParameter, match=message):
                pending.result()
        for _ in range(2):
            store.runs.restore(r.RunId(run_id)).result()
        store.runs.set_tag(r.SetTag(run_id, "t", "1")).result()

    def test_an_experiment_takes_its_runs_along(self, store: Store, experiment_id: str) -> None:
        runs = [new_run(store, experiment_id) for _ in range(2)]
        key = e.ExperimentId(experiment_id)
        store.experiments.delete(key).result()
        assert {get_run(store, run_id).info.lifecycle_stage for run_id in runs} == {"deleted"}
        message = f"The experiment {experiment_id} must be in the 'active' state."
        with pytest.raises(InvalidParameter, match=message):
            new_run(store, experiment_id)
        with pytest.raises(NotFound, match=f"No Experiment with id={experiment_id} exists"):
            store.experiments.delete(key).result()
        store.experiments.restore(key).result()
        assert {get_run(store, run_id).info.lifecycle_stage for run_id in runs} == {"active"}
        with pytest.raises(NotFound, match=f"No Experiment with id={experiment_id} exists"):
            store.experiments.restore(key).result()

    def test_many_threads_lose_nothing(self, store: Store, run_id: str) -> None:
        def work(thread: int) -> None:
            for step in range(25):
                store.metrics.log(m.LogMetric(run_id, "m", float(thread), step, step)).result()
                store.runs.set_tag(r.SetTag(run_id, f"t{thread}", str(step))).result()
                assert get_run(store, run_id).data.tags[f"t{thread}"] == str(step)

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(work, thread) for thread in range(8)]:
                done.result()
        history = store.metrics.get_history(m.GetMetricHistory(run_id, "m")).metrics
        assert len(history) == 8 * 25

    def test_one_bad_write_among_many(self, store: Store, run_id: str) -> None:
        store.runs.log_param(r.LogParam(run_id, "p", "1")).result()
        pending = [
            store.runs.log_param(r.LogParam(run_id, "p" if place == 50 else f"p{place}", "2"))
            for place in range(100)
        ]
        failed = []
        for place, answer in enumerate(pending):
            try:
                answer.result()
            except InvalidParameter:
                failed.append(place)
        assert failed == [50]
        assert len(get_run(store, run_id).data.params) == 100
