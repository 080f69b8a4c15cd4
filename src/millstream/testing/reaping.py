"""The contract of reaping: runs whose processes are gone end, once, and with a reason."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Protocol

import pytest

from millstream.entities import run_leases as rl
from millstream.entities import runs as r
from millstream.entities.metrics import Metric
from millstream.store.interface import Store
from millstream.store.reaping import Reaping
from millstream.testing.fixtures import Contract, get_run, new_run
from millstream.testing.run_leases import HERE, beat, lease, run_with_lease

ELSEWHERE = "boot elsewhere"
_SHORT = 0.001
_KILLED = "killed: process {} on gpu7 ended without a word, as after SIGKILL"
_LOST = "lost: nothing was heard of process {} on gpu7 any more"


class Reapable(Store, Protocol):
    """A store whose runs can be reaped."""

    @property
    def reaping(self) -> Reaping:
        """The reaping."""


class Seen:
    """A witness who sees that some processes are gone, and that memory ran out."""

    def __init__(
        self, *gone: int, boot_id: str | None = HERE, kills: dict[str, int] | None = None
    ) -> None:
        self.boot_id = boot_id
        self._gone = gone
        self._kills = kills or {}

    def is_gone(self, process_id: int, process_start: int) -> bool:
        """Whether the process is among those; all began at the same tick."""
        assert process_start == 1_000
        return process_id in self._gone

    def out_of_memory_kills(self, counter: str) -> int | None:
        """What the counter says."""
        return self._kills.get(counter)


def _ending(store: Store, run_id: str) -> tuple[str, str | None]:
    run = get_run(store, run_id)
    return run.info.status, run.data.tags.get("millstream.end.reason")


def _now() -> int:
    return time.time_ns() // 1_000_000


def _reap_until(store: Reapable, run_id: str, witness: Seen) -> None:
    """Reap as soon as the lease of a run is over."""
    ends = time.monotonic() + 30
    while run_id not in store.reaping.reap(witness):
        assert time.monotonic() < ends, "the lease never ended"


class ReapingContract(Contract):
    """What every store promises that can be reaped."""

    def test_a_run_whose_process_is_gone_is_killed_at_once(
        self, store: Reapable, experiment_id: str
    ) -> None:
        before = _now()
        run_id = run_with_lease(store, experiment_id, lease(7))
        assert run_id in store.reaping.reap(Seen(7))
        assert _ending(store, run_id) == ("KILLED", _KILLED.format(7))
        end_time = get_run(store, run_id).info.end_time
        assert end_time is not None
        assert before - 1_000 <= end_time <= _now() + 1_000
        assert run_id not in store.reaping.reap(Seen(7))

    @pytest.mark.parametrize("boot_id", [HERE, ELSEWHERE, None])
    def test_who_is_alive_or_unknown_and_in_time_goes_on(
        self, store: Reapable, experiment_id: str, boot_id: str | None
    ) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        gone = () if boot_id == HERE else (7,)
        assert run_id not in store.reaping.reap(Seen(*gone, boot_id=boot_id))
        assert _ending(store, run_id) == ("RUNNING", None)

    def test_a_lease_that_is_over_ends_what_nobody_sees(
        self, store: Reapable, experiment_id: str
    ) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7, _SHORT))
        _reap_until(store, run_id, Seen(boot_id=ELSEWHERE))
        assert _ending(store, run_id) == ("KILLED", _LOST.format(7))

    def test_who_is_seen_to_live_is_not_ended_by_the_clock(
        self, store: Reapable, experiment_id: str
    ) -> None:
        asleep = run_with_lease(store, experiment_id, lease(7, _SHORT))
        lost = run_with_lease(store, experiment_id, lease(8, _SHORT, boot_id=ELSEWHERE))
        _reap_until(store, lost, Seen())
        assert _ending(store, asleep) == ("RUNNING", None)

    def test_who_has_no_known_start_is_judged_by_the_clock(
        self, store: Reapable, experiment_id: str
    ) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7, _SHORT, process_start=None))
        _reap_until(store, run_id, Seen(7))
        assert _ending(store, run_id) == ("KILLED", _LOST.format(7))

    def test_a_run_without_a_lease_is_never_ended(
        self, store: Reapable, experiment_id: str
    ) -> None:
        run_id = new_run(store, experiment_id)
        assert run_id not in store.reaping.reap(Seen(7))
        assert _ending(store, run_id) == ("RUNNING", None)

    @pytest.mark.parametrize(
        ("kills", "ending"),
        [
            ({"group/memory.events": 3}, "FAILED"),
            ({"group/memory.events": 2}, "KILLED"),
            ({}, "KILLED"),
        ],
    )
    def test_memory_that_ran_out_is_a_failure(
        self, store: Reapable, experiment_id: str, kills: dict[str, int], ending: str
    ) -> None:
        said = lease(7, memory_counter="group/memory.events", memory_kills=2)
        run_id = run_with_lease(store, experiment_id, said)
        assert run_id in store.reaping.reap(Seen(7, kills=kills))
        status, reason = _ending(store, run_id)
        assert (status, str(reason).startswith("out of memory")) == (ending, ending == "FAILED")

    def test_it_ends_with_the_last_point_if_that_came_later(
        self, store: Reapable, experiment_id: str
    ) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        future = _now() + 3_600_000
        points = [Metric("loss", 1.0, 5, 1), Metric("later", 1.0, future, 1)]
        store.runs.log_batch(r.LogBatch(run_id, points)).result()
        store.reaping.reap(Seen(7))
        end_time = get_run(store, run_id).info.end_time
        assert end_time is not None
        assert 5 < end_time < future

    def test_a_heartbeat_revives(self, store: Reapable, experiment_id: str) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        store.reaping.reap(Seen(7))
        beat(store, run_id, of=lease(7))
        run = get_run(store, run_id)
        assert (_ending(store, run_id), run.info.end_time) == (("RUNNING", None), None)
        assert run_id in store.reaping.reap(Seen(7))

    def test_any_process_of_the_run_revives_it(self, store: Reapable, experiment_id: str) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        store.reaping.reap(Seen(7))
        beat(store, run_id, of=lease(8))
        assert run_id not in store.reaping.reap(Seen(7))
        assert _ending(store, run_id) == ("RUNNING", None)

    def test_the_true_end_takes_the_place_of_the_reapers(
        self, store: Reapable, experiment_id: str
    ) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        store.reaping.reap(Seen(7))
        store.runs.update(r.UpdateRun(run_id, "FINISHED", 99)).result()
        assert _ending(store, run_id) == ("FINISHED", None)
        beat(store, run_id, of=lease(7))
        assert _ending(store, run_id) == ("FINISHED", None)

    def test_a_reason_of_its_own_stays(self, store: Reapable, experiment_id: str) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        store.reaping.reap(Seen(7))
        store.runs.set_tag(r.SetTag(run_id, "millstream.end.reason", "ValueError: no")).result()
        store.runs.update(r.UpdateRun(run_id, "FAILED", 99)).result()
        assert _ending(store, run_id) == ("FAILED", "ValueError: no")

    def test_all_processes_of_a_run_have_to_be_gone(
        self, store: Reapable, experiment_id: str
    ) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        beat(store, run_id, of=lease(8))
        assert run_id not in store.reaping.reap(Seen(7))
        assert run_id in store.reaping.reap(Seen(7, 8))
        assert _ending(store, run_id) == ("KILLED", _KILLED.format(8))

    def test_who_asks_for_the_same_run_again_answers_for_it_too(
        self, store: Reapable, experiment_id: str
    ) -> None:
        run_id = uuid.uuid4().hex
        for process_id in (7, 8):
            request = r.CreateRun(experiment_id, run_id=run_id, lease=lease(process_id))
            assert store.runs.create(request).result().info.run_id == run_id
        assert run_id not in store.reaping.reap(Seen(7))
        assert run_id in store.reaping.reap(Seen(8))

    def test_what_has_ended_has_no_lease(self, store: Reapable, experiment_id: str) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        store.runs.update(r.UpdateRun(run_id, "FINISHED", 5)).result()
        assert run_id not in store.reaping.reap(Seen(7))
        assert _ending(store, run_id) == ("FINISHED", None)

    def test_a_deleted_run_ends_too(self, store: Reapable, experiment_id: str) -> None:
        run_id = run_with_lease(store, experiment_id, lease(7))
        store.runs.delete(r.RunId(run_id)).result()
        assert run_id in store.reaping.reap(Seen(7))
        assert _ending(store, run_id) == ("KILLED", _KILLED.format(7))

    def test_many_are_reaped(self, store: Reapable, experiment_id: str) -> None:
        runs = {run_with_lease(store, experiment_id, lease(7)) for _ in range(120)}
        assert runs <= set(store.reaping.reap(Seen(7)))
        found = store.runs.search(r.SearchRuns([experiment_id], "attributes.status = 'KILLED'"))
        assert {run.info.run_id for run in found.runs} == runs

    def test_reapers_heartbeats_and_ends_at_once(self, store: Reapable, experiment_id: str) -> None:
        """However they meet, each run ends as one of them says, and none is reaped twice."""
        ends = [run_with_lease(store, experiment_id, lease(7)) for _ in range(20)]
        reaps = [run_with_lease(store, experiment_id, lease(7)) for _ in range(20)]
        reaped: list[str] = []

        def end() -> None:
            for run_id in ends:
                store.runs.update(r.UpdateRun(run_id, "FINISHED", 5)).result()

        def say() -> None:
            for run_id in ends:
                beat(store, run_id, of=rl.RunLease("another", 60.0, lease(8).holder))

        def reap() -> None:
            reaped.extend(store.reaping.reap(Seen(7)))

        _together([end, say, reap, reap, reap])
        reap()
        assert {_ending(store, run_id) for run_id in ends} == {("FINISHED", None)}
        assert {_ending(store, run_id)[0] for run_id in reaps} == {"KILLED"}
        assert sorted(run_id for run_id in reaped if run_id in reaps) == sorted(reaps)


def _together(calls: list[Callable[[], None]]) -> None:
    failed: list[BaseException] = []
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], None]) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:  # noqa: BLE001  # told by the test
            failed.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
