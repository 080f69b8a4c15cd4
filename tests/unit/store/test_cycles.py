"""Which runs are on a cycle of parents."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream.store.sql.table.cycles import cycles_among

_RUNS = st.sampled_from("abcdefgh")


def comes_back(parents: dict[str, str], run_id: str) -> bool:
    above = parents.get(run_id)
    for _ in parents:
        if above is None or above == run_id:
            break
        above = parents.get(above)
    return above == run_id


@given(st.dictionaries(_RUNS, _RUNS))
def test_those_are_on_a_cycle_that_are_above_themselves(parents: dict[str, str]) -> None:
    cycles = cycles_among(parents)
    found = [run_id for cycle in cycles for run_id in cycle]
    assert sorted(found) == sorted(run_id for run_id in parents if comes_back(parents, run_id))
    for cycle in cycles:
        assert [parents[run_id] for run_id in cycle] == [*cycle[1:], cycle[0]]
