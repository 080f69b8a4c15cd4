"""The load of the machine while runs run, sampled in one thread; names and units are MLflow's."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

from millstream.capture import nvidia

PREFIX = "system/"
_MEGABYTE = 1_000_000.0

Log = Callable[[Mapping[str, float], int], None]
"""Takes the values of metrics by their full names, and the step they are of."""


class Sensors(Protocol):
    """Where samples come from. All of its methods are called by one thread."""

    def sample(self) -> dict[str, float]:
        """What is measured now, by names without prefix."""

    def close(self) -> None:
        """Measure no more."""


class Machine:
    """Processor, memory, disk, network and NVIDIA's graphics processors of this machine.

    Percentages are from 0 to 100, megabytes are of a million bytes; the network counts from the
    first sample on. Libraries load when it is built, which is therefore for a thread of its own.
    """

    def __init__(self) -> None:
        self._psutil = import_module("psutil")
        self._nvml = nvidia.load()
        self._devices = self._find_devices()
        self._psutil.cpu_percent()  # the first answer is 0, and those after it are since the last
        self._network = self._counted()

    def sample(self) -> dict[str, float]:
        """All at once; about 0.3 ms without graphics processors."""
        memory = self._psutil.virtual_memory()
        disk = self._psutil.disk_usage(os.sep)
        received, sent = self._counted()
        found = {
            "cpu_utilization_percentage": float(self._psutil.cpu_percent()),
            "system_memory_usage_megabytes": memory.used / _MEGABYTE,
            "system_memory_usage_percentage": memory.used / memory.total * 100,
            "disk_usage_percentage": float(disk.percent),
            "disk_usage_megabytes": disk.used / _MEGABYTE,
            "disk_available_megabytes": disk.free / _MEGABYTE,
            "network_receive_megabytes": (received - self._network[0]) / _MEGABYTE,
            "network_transmit_megabytes": (sent - self._network[1]) / _MEGABYTE,
        }
        for index, device in enumerate(self._devices):
            found.update(self._of_device(index, device))
        return found

    def close(self) -> None:
        """Let NVIDIA's library go."""
        if self._nvml is not None:
            self._nvml.nvmlShutdown()

    def _counted(self) -> tuple[int, int]:
        counters = self._psutil.net_io_counters()  # None where there is no network at all
        return (counters.bytes_recv, counters.bytes_sent) if counters else (0, 0)

    def _find_devices(self) -> list[Any]:
        if self._nvml is None:
            return []
        count = self._nvml.nvmlDeviceGetCount()
        return [self._nvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]

    def _of_device(self, index: int, device: Any) -> dict[str, float]:
        nvml = self._nvml
        assert nvml is not None  # noqa: S101  # or there were no devices
        found: dict[str, float] = {}
        for measure in (_device_memory, _device_utilization, _device_power):
            try:
                values = measure(nvml, device)
            except nvml.NVMLError:
                continue  # some devices measure less than others
            found.update({f"gpu_{index}_{name}": value for name, value in values.items()})
        return found


def _device_memory(nvml: Any, device: Any) -> dict[str, float]:
    memory = nvml.nvmlDeviceGetMemoryInfo(device)
    return {
        "memory_usage_percentage": round(memory.used / memory.total * 100, 1),
        "memory_usage_megabytes": memory.used / _MEGABYTE,
    }


def _device_utilization(nvml: Any, device: Any) -> dict[str, float]:
    return {"utilization_percentage": float(nvml.nvmlDeviceGetUtilizationRates(device).gpu)}


def _device_power(nvml: Any, device: Any) -> dict[str, float]:
    """Both are in thousandths of a watt."""
    power, limit = (
        nvml.nvmlDeviceGetPowerUsage(device),
        nvml.nvmlDeviceGetEnforcedPowerLimit(device),
    )
    return {"power_usage_watts": power / 1000, "power_usage_percentage": power / limit * 100}


class _Watch:
    """What one run was told, and the samples that it was not told yet."""

    def __init__(self, log: Log, prefix: str, step: int, samples: int) -> None:
        self._log = log
        self._prefix = prefix
        self._step = step
        self._samples = samples
        self._waiting: list[dict[str, float]] = []

    def add(self, sample: dict[str, float]) -> None:
        self._waiting.append(sample)
        if len(self._waiting) >= self._samples:
            self.tell()

    def tell(self) -> None:
        """The mean of each metric over the samples that have it."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        names = dict.fromkeys(name for sample in waiting for name in sample)
        means = {}
        for name in names:
            values = [sample[name] for sample in waiting if name in sample]
            means[self._prefix + name] = sum(values) / len(values)
        self._log(means, self._step)
        self._step += 1


class Sampler:
    """One thread that samples while any run is watched, every `interval` seconds.

    `failed` is told once what went wrong, after which nothing is sampled any more.
    """

    def __init__(
        self,
        failed: Callable[[Exception], None],
        sensors: Callable[[], Sensors] = Machine,
    ) -> None:
        self._failed = failed
        self._sensors = sensors
        self._watches: dict[str, _Watch] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._interval = 10.0

    def watch(
        self,
        run_id: str,
        log: Log,
        *,
        interval: float = 10.0,
        samples: int = 1,
        prefix: str = PREFIX,
        step: int = 0,
    ) -> None:
        """Tell a run, from the step on, the mean of each number of samples.

        `prefix` begins the names, and so tells machines or processes of one run apart.
        """
        with self._changed:
            if self._thread is None:
                thread = threading.Thread(
                    target=self._run, name="millstream-system-metrics", daemon=True
                )
                thread.start()
                self._thread = thread
            self._watches[run_id] = _Watch(log, prefix, step, samples)
            self._interval = interval
            self._changed.notify_all()

    def leave(self, run_id: str) -> None:
        """Tell a run what it was not told yet, and nothing more."""
        with self._changed:
            watch = self._watches.pop(run_id, None)
            self._changed.notify_all()
            if watch is not None:
                watch.tell()

    def _run(self) -> None:
        sensors: Sensors | None = None
        try:
            sensors = self._sensors()
            self._sample(sensors)
        except Exception as error:  # noqa: BLE001  # training goes on without being measured
            with self._changed:
                self._watches.clear()
                self._thread = None
            self._failed(error)
        finally:
            if sensors is not None:
                sensors.close()

    def _sample(self, sensors: Sensors) -> None:
        last = time.monotonic()
        while True:
            with self._changed:
                while self._watches and (left := last + self._interval - time.monotonic()) > 0:
                    self._changed.wait(left)
                if not self._watches:
                    self._thread = None
                    return
            sample = sensors.sample()
            with self._changed:
                for watch in self._watches.values():
                    watch.add(sample)
            last = max(last + self._interval, time.monotonic() - self._interval)
