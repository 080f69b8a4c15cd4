"""The contract of requests that delete, restore and tag many runs."""

from __future__ import annotations

import pytest

from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, new_run


def _stages(store: Store, run_ids: list[str]) -> list[str]:
    return [get_run(store, run_id).info.lifecycle_stage for run_id in run_ids]


def _set_stage(store: Store, run_ids: list[str], stage: r.LifecycleStageName) -> None:
    store.runs.set_lifecycle_stage(r.SetLifecycleStage(run_ids, stage)).result()


def _tag(store: Store, run_ids: list[str], key: str, values: list[str | None]) -> None:
    store.runs.tag(r.TagRuns(run_ids, key, values)).result()


def _tags(store: Store, run_ids: list[str], key: str) -> list[str | None]:
    return [get_run(store, run_id).data.tags.get(key) for run_id in run_ids]


class ManyRunsContract(Contract):
    """What every store promises about many runs that are changed at once."""

    def test_runs_are_deleted_and_restored(self, store: Store, experiment_id: str) -> None:
        gone = [new_run(store, experiment_id) for _ in range(3)]
        kept = new_run(store, experiment_id)
        _set_stage(store, gone, "deleted")
        assert _stages(store, [*gone, kept]) == ["deleted"] * 3 + ["active"]
        found = store.runs.search(r.SearchRuns([experiment_id], run_view_type="DELETED_ONLY"))
        assert {run.info.run_id for run in found.runs} == set(gone)
        _set_stage(store, gone[:2], "active")
        assert _stages(store, gone) == ["active", "active", "deleted"]

    def test_a_run_that_is_in_the_stage_stays_as_it_is(
        self, store: Store, experiment_id: str
    ) -> None:
        first, second = (new_run(store, experiment_id) for _ in range(2))
        store.runs.delete(r.RunId(first)).result()
        _set_stage(store, [first, second, first], "deleted")
        assert _stages(store, [first, second]) == ["deleted", "deleted"]
        _set_stage(store, [first, second], "active")
        _set_stage(store, [first, second], "active")
        assert _stages(store, [first, second]) == ["active", "active"]

    def test_each_run_gets_its_own_value_of_a_tag(self, store: Store, experiment_id: str) -> None:
        runs = [new_run(store, experiment_id) for _ in range(4)]
        _tag(store, runs, "phase", ["one", "two", "", "ä" * 500])
        assert _tags(store, runs, "phase") == ["one", "two", "", "ä" * 500]
        # In another order than that of the ids, with one that is new and one that goes.
        _tag(store, runs[2::-1], "phase", [None, "second", None])
        assert _tags(store, runs, "phase") == [None, "second", None, "ä" * 500]
        found = store.runs.search(r.SearchRuns([experiment_id], "tags.phase = 'second'"))
        assert [run.info.run_id for run in found.runs] == [runs[1]]

    def test_a_tag_that_is_not_there_may_be_removed(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        other = new_run(store, experiment_id)
        store.runs.set_tag(r.SetTag(run_id, "kept", "yes")).result()
        _tag(store, [run_id, other], "nobody has this", [None, None])
        _tag(store, [other], "kept", [None])
        assert _tags(store, [run_id, other], "kept") == ["yes", None]

    def test_names_follow_their_tag(self, store: Store, experiment_id: str) -> None:
        runs = [new_run(store, experiment_id) for _ in range(2)]
        _tag(store, runs, "mlflow.runName", ["left", "right"])
        assert [get_run(store, run_id).info.run_name for run_id in runs] == ["left", "right"]
        _tag(store, runs, "mlflow.runName", ["", "upper"])
        assert [get_run(store, run_id).info.run_name for run_id in runs] == ["left", "upper"]
        assert _tags(store, runs, "mlflow.runName") == ["left", "upper"]

    def test_one_that_cannot_be_changed_leaves_all_as_they_are(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        deleted = new_run(store, experiment_id)
        store.runs.delete(r.RunId(deleted)).result()
        with pytest.raises(InvalidParameter, match=f"The run {deleted} must be in the 'active'"):
            _tag(store, [run_id, deleted], "phase", ["one", "two"])
        with pytest.raises(NotFound, match="Run with id=deadbeef not found"):
            _tag(store, [run_id, "deadbeef"], "phase", ["one", "two"])
        with pytest.raises(NotFound, match="Run with id=deadbeef not found"):
            _set_stage(store, [run_id, "deadbeef"], "deleted")
        assert _stages(store, [run_id]) == ["active"]
        assert _tags(store, [run_id], "phase") == [None]

    @pytest.mark.parametrize("count", [0, 1_001])
    def test_the_number_of_runs_is_bounded(self, store: Store, count: int) -> None:
        run_ids = [str(number) for number in range(count)]
        message = f"Invalid number of run_ids {count}: .* 1,000"
        with pytest.raises(InvalidParameter, match=message):
            _set_stage(store, run_ids, "deleted")
        with pytest.raises(InvalidParameter, match=message):
            _tag(store, run_ids, "phase", [None] * count)

    def test_what_does_not_fit_together_is_refused(self, store: Store, run_id: str) -> None:
        with pytest.raises(InvalidParameter, match="number of values 2: it must be 1, one for"):
            _tag(store, [run_id], "phase", ["one", "two"])
        with pytest.raises(InvalidParameter, match=f"{run_id} is among them twice"):
            _tag(store, [run_id, run_id], "phase", ["one", "two"])
        with pytest.raises(InvalidParameter, match="key"):
            _tag(store, [run_id], "", ["one"])
        with pytest.raises(InvalidParameter, match=r"'values\[0\]' exceeds the maximum length"):
            _tag(store, [run_id], "phase", ["x" * (2**20 + 1)])
