"""The machine's load, sampled."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.capture.test_machine import Nvml

from millstream.capture.system_metrics import Machine, Sampler

NAMES = {
    "cpu_utilization_percentage",
    "system_memory_usage_megabytes",
    "system_memory_usage_percentage",
    "disk_usage_percentage",
    "disk_usage_megabytes",
    "disk_available_megabytes",
    "network_receive_megabytes",
    "network_transmit_megabytes",
}
GPU_NAMES = {
    "memory_usage_percentage",
    "memory_usage_megabytes",
    "utilization_percentage",
    "power_usage_watts",
    "power_usage_percentage",
}


class Counting:
    """Sensors whose samples are 1, 2, 3, …"""

    def __init__(self) -> None:
        self.taken = 0
        self.closed = threading.Event()

    def sample(self) -> dict[str, float]:
        self.taken += 1
        return {"x": float(self.taken)}

    def close(self) -> None:
        self.closed.set()


class Told:
    """What a run was told, and a way to wait for so many points."""

    def __init__(self) -> None:
        self.points: list[tuple[dict[str, float], int]] = []
        self._changed = threading.Condition()

    def __call__(self, values: Mapping[str, float], step: int) -> None:
        with self._changed:
            self.points.append((dict(values), step))
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.points) >= count, 30)


def _never(error: Exception) -> None:
    raise AssertionError(error)


def test_a_run_is_told_means_step_by_step() -> None:
    sensors, told = Counting(), Told()
    sampler = Sampler(_never, lambda: sensors)
    sampler.watch("r", told, interval=0.001, samples=2, prefix="system/n1/", step=5)
    told.wait_for(2)
    sampler.leave("r")
    assert told.points[:2] == [({"system/n1/x": 1.5}, 5), ({"system/n1/x": 3.5}, 6)]
    assert sensors.closed.wait(30)


def test_what_was_sampled_is_told_when_a_run_ends() -> None:
    sensors, told, every = Counting(), Told(), Told()
    sampler = Sampler(_never, lambda: sensors)
    sampler.watch("r", told, interval=0.001, samples=1_000_000)
    sampler.watch("s", every, interval=0.001)
    every.wait_for(3)
    sampler.leave("r")
    assert [step for _, step in told.points] == [0]
    assert list(told.points[0][0]) == ["system/x"]
    sampler.leave("s")
    sampler.leave("s")  # twice is the same as once


def test_one_thread_serves_all_runs_and_ends_with_the_last() -> None:
    made: list[Counting] = []

    def sensors() -> Counting:
        made.append(Counting())
        return made[-1]

    sampler = Sampler(_never, sensors)
    one, two = Told(), Told()
    sampler.watch("a", one, interval=0.001)
    sampler.watch("b", two, interval=0.001)
    one.wait_for(2)
    two.wait_for(2)
    sampler.leave("a")
    sampler.leave("b")
    assert made[0].closed.wait(30)
    sampler.watch("c", one, interval=0.001)
    one.wait_for(len(one.points) + 1)
    sampler.leave("c")
    assert len(made) == 2


def test_what_goes_wrong_is_told_once_and_ends_it() -> None:
    errors: list[Exception] = []
    failed = threading.Event()

    class Broken(Counting):
        def sample(self) -> dict[str, float]:
            raise OSError("no sensors")

    def note(error: Exception) -> None:
        errors.append(error)
        failed.set()

    sensors, told = Broken(), Told()
    sampler = Sampler(note, lambda: sensors)
    sampler.watch("r", told, interval=0.001)
    assert failed.wait(30)
    sampler.leave("r")
    assert [str(error) for error in errors] == ["no sensors"]
    assert sensors.closed.wait(30)
    assert told.points == []


def test_a_short_interval_that_comes_later_counts_at_once() -> None:
    told = Told()
    sampler = Sampler(_never, Counting)
    sampler.watch("slow", Told(), interval=3_600)
    sampler.watch("fast", told, interval=0.001)
    told.wait_for(1)
    sampler.leave("slow")
    sampler.leave("fast")


def test_this_machine_is_measured_as_in_mlflow() -> None:
    machine = Machine()
    found = machine.sample()
    machine.close()
    assert {name for name in found if not name.startswith("gpu_")} == NAMES
    assert all(0 <= found[name] <= 100 for name in NAMES if name.endswith("percentage"))
    assert all(found[name] >= 0 for name in NAMES)


class Measuring(Nvml):
    def nvmlDeviceGetUtilizationRates(self, device: int) -> Any:
        if device:
            raise self.NVMLError
        return type("Rates", (), {"gpu": 50})

    def nvmlDeviceGetPowerUsage(self, _device: int) -> int:
        return 100_000

    def nvmlDeviceGetEnforcedPowerLimit(self, _device: int) -> int:
        return 400_000


def test_graphics_processors_tell_what_they_can(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Measuring()
    monkeypatch.setitem(sys.modules, "pynvml", library)
    machine = Machine()
    found = {name: value for name, value in machine.sample().items() if name.startswith("gpu_")}
    machine.close()
    assert set(found) == {f"gpu_0_{name}" for name in GPU_NAMES} | {
        f"gpu_1_{name}" for name in GPU_NAMES - {"utilization_percentage"}
    }
    assert found["gpu_0_power_usage_watts"] == 100
    assert found["gpu_1_power_usage_percentage"] == 25
    assert found["gpu_0_memory_usage_percentage"] == 10
    assert library.begun == 0


def test_a_sample_costs_little() -> None:
    """At one sample in ten seconds, 1 % of a core is 100 ms of processor time."""
    machine = Machine()
    before = os.times()
    for _ in range(20):
        machine.sample()
    after = os.times()
    machine.close()
    used = after.user + after.system - before.user - before.system
    assert used / 20 < 0.1
