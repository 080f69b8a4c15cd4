"""The contract of leases: heartbeats of runs, whoever sends them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from millstream.entities import run_leases as rl
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, new_run, unique

HERE = "boot here"
"""The boot that the processes of `lease` are of."""


def lease(process_id: int = 7, seconds: float = 60.0, **holder: Any) -> rl.RunLease:
    """The lease of a process that began at tick 1,000 on this machine, unless said otherwise."""
    given: dict[str, Any] = {"boot_id": HERE, "process_start": 1_000} | holder
    return rl.RunLease(f"process-{process_id}", seconds, rl.Holder("gpu7", process_id, **given))


def beat(store: Store, *run_ids: str, of: rl.RunLease | None = None) -> None:
    """Let a process say that runs are alive."""
    store.run_leases.heartbeat(rl.HeartbeatRuns([*run_ids], of or lease())).result()


def run_with_lease(store: Store, experiment_id: str, of: rl.RunLease | None = None) -> str:
    """The id of a fresh run that began with a lease."""
    request = r.CreateRun(experiment_id, start_time=1, lease=of or lease())
    return store.runs.create(request).result().info.run_id


class RunLeasesContract(Contract):
    """What every store promises about heartbeats."""

    def test_a_heartbeat_leaves_the_run_as_it_is(self, store: Store, experiment_id: str) -> None:
        runs = [new_run(store, experiment_id) for _ in range(3)]
        before = [get_run(store, run_id) for run_id in runs]
        for _ in range(2):
            beat(store, *runs)
        beat(store, *runs, of=lease(8))
        assert [get_run(store, run_id) for run_id in runs] == before

    def test_a_run_that_began_with_a_lease_is_a_run(self, store: Store, experiment_id: str) -> None:
        run_id = run_with_lease(store, experiment_id)
        run = get_run(store, run_id)
        assert (run.info.status, run.info.end_time) == ("RUNNING", None)
        assert run.data.tags.keys() == {"mlflow.runName"}
        beat(store, run_id)
        store.runs.update(r.UpdateRun(run_id, "FINISHED", 5)).result()
        assert get_run(store, run_id).info.status == "FINISHED"

    @pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
    def test_what_has_ended_stays_so(
        self, store: Store, experiment_id: str, status: r.RunStatusName
    ) -> None:
        run_id = run_with_lease(store, experiment_id)
        store.runs.update(r.UpdateRun(run_id, status, 5)).result()
        beat(store, run_id)
        info = get_run(store, run_id).info
        assert (info.status, info.end_time) == (status, 5)

    def test_the_reason_goes_when_a_run_goes_on(self, store: Store, run_id: str) -> None:
        tags = [
            r.RunTag("millstream.end.reason", "ValueError: no"),
            r.RunTag("millstream.end.traceback", "Traceback"),
            r.RunTag("mine", "kept"),
        ]
        store.runs.log_batch(r.LogBatch(run_id, tags=tags)).result()
        store.runs.update(r.UpdateRun(run_id, "FAILED", 5)).result()
        assert get_run(store, run_id).data.tags["millstream.end.reason"] == "ValueError: no"
        store.runs.update(r.UpdateRun(run_id, run_name="other")).result()
        assert "millstream.end.reason" in get_run(store, run_id).data.tags
        store.runs.update(r.UpdateRun(run_id, "RUNNING")).result()
        left = get_run(store, run_id).data.tags
        assert left["mine"] == "kept"
        assert not [key for key in left if key.startswith("millstream.end.")]

    def test_a_deleted_run_is_refused(self, store: Store, experiment_id: str, run_id: str) -> None:
        gone = new_run(store, experiment_id)
        store.runs.delete(r.RunId(gone)).result()
        with pytest.raises(InvalidParameter, match=f"The run {gone} must be in the 'active' state"):
            beat(store, run_id, gone)

    def test_an_unknown_run_is_refused(self, store: Store, run_id: str) -> None:
        unknown = unique("run")
        with pytest.raises(NotFound, match=f"Run with id={unknown} not found"):
            beat(store, run_id, unknown)

    @pytest.mark.parametrize("seconds", [0, -1.0, 86_401.0])
    def test_the_length_of_a_lease_is_bounded(
        self, store: Store, experiment_id: str, run_id: str, seconds: float
    ) -> None:
        message = "parameter 'lease_seconds' supplied: it must be more than 0 and at most 86,400"
        with pytest.raises(InvalidParameter, match=message):
            beat(store, run_id, of=lease(seconds=seconds))
        with pytest.raises(InvalidParameter, match=message):
            run_with_lease(store, experiment_id, lease(seconds=seconds))

    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("process_id", 0),
            ("process_id", 1 << 63),
            ("process_start", -1),
            ("memory_kills", 1 << 63),
            ("host", "h" * 256),
            ("boot_id", "b" * 201),
            ("memory_counter", "c" * 4_097),
        ],
    )
    def test_what_a_holder_says_is_bounded(
        self, store: Store, run_id: str, part: str, value: object
    ) -> None:
        said = lease()
        setattr(said.holder, part, value)
        with pytest.raises(InvalidParameter, match=f"'holder.{part}'|{value}"):
            beat(store, run_id, of=said)

    @pytest.mark.parametrize("lease_id", ["", "l" * 65])
    def test_the_id_of_a_lease_is_bounded(self, store: Store, run_id: str, lease_id: str) -> None:
        said = msgspec.structs.replace(lease(), lease_id=lease_id)
        with pytest.raises(InvalidParameter, match="'lease_id' supplied: it must have 1 to 64"):
            beat(store, run_id, of=said)

    @pytest.mark.parametrize("count", [0, 1_001])
    def test_the_number_of_runs_is_bounded(self, store: Store, count: int) -> None:
        with pytest.raises(InvalidParameter, match=f"Invalid number of run_ids {count}: .* 1,000"):
            beat(store, *[str(number) for number in range(count)])

    def test_the_longest_texts_are_taken(self, store: Store, run_id: str) -> None:
        said = lease(boot_id="b" * 200, memory_counter="c" * 4_096, memory_kills=0)
        said.holder.host = "h" * 255
        said.lease_id = "l" * 64
        beat(store, run_id, of=said)
        assert get_run(store, run_id).info.status == "RUNNING"
