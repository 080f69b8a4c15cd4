"""The contract of finding runs by what they are called."""

from __future__ import annotations

import pytest

from millstream.entities import runs as r
from millstream.errors import InvalidParameter
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, unique


def _run(
    store: Store,
    experiment_id: str,
    start_time: int,
    name: str | None = None,
    run_id: str | None = None,
) -> str:
    """The id of a run with a name or an id of its own."""
    request = r.CreateRun(experiment_id, run_name=name, start_time=start_time, run_id=run_id)
    return store.runs.create(request).result().info.run_id


class RunNamesContract(Contract):
    """What every store promises about finding runs of any experiment."""

    def test_finding_by_name_in_any_experiment(self, store: Store, experiment_id: str) -> None:
        name = unique("Keen Heron")
        older = _run(store, experiment_id, 10, f"{name} 1")
        newer = _run(store, experiment_id, 20, f"the {name} 2")
        gone = _run(store, experiment_id, 30, f"{name} 3")
        store.runs.delete(r.RunId(gone)).result()
        found = store.runs.find(r.FindRuns(name.upper())).runs
        assert [info.run_id for info in found] == [newer, older]
        assert found[0] == get_run(store, newer).info
        assert [info.run_id for info in store.runs.find(r.FindRuns(name, 1)).runs] == [newer]
        assert store.runs.find(r.FindRuns(f"{name} 4")).runs == []
        assert store.runs.find(r.FindRuns(" ")).runs == []

    def test_finding_by_the_beginning_of_the_id(self, store: Store, experiment_id: str) -> None:
        wanted = unique("own")
        first = _run(store, experiment_id, 10, run_id=f"{wanted}-a")
        second = _run(store, experiment_id, 20, run_id=f"{wanted}-b")
        named = _run(store, experiment_id, 30, f"after {wanted}")
        found = store.runs.find(r.FindRuns(wanted)).runs
        assert [info.run_id for info in found] == [first, second, named]
        assert [info.run_id for info in store.runs.find(r.FindRuns(second)).runs] == [second]

    def test_finding_too_many_at_once_is_refused(self, store: Store) -> None:
        for most in (0, 101):
            with pytest.raises(InvalidParameter, match=f"Invalid max_results {most}"):
                store.runs.find(r.FindRuns("x", most))
