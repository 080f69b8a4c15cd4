"""Run by `benchmarks.logging_call`, also in the environments of peers: a loop that logs a metric.

Arguments: the way to log (a name in `WAYS`), where to (a folder or an address), the number of
points. Prints, as JSON, what the loop saw of each call (in us), and the memory (in MB).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

_BITS = 10
"""Of the time of a call that are kept: it is told to a thousandth."""


class Logger(NamedTuple):
    """How to log the loss of a step, and how to end."""

    log: Callable[[int, float], Any]
    end: Callable[[], Any]


def _as_mlflow(module: str) -> Callable[[str], Logger]:
    def begin(place: str) -> Logger:
        tracker: Any = import_module(module)
        tracker.set_tracking_uri(place)
        tracker.start_run()
        log = tracker.log_metric
        return Logger(lambda step, loss: log("loss", loss, step=step), tracker.end_run)

    return begin


def _wandb(place: str) -> Logger:
    run: Any = import_module("wandb").init(mode="offline", project="loop", dir=place)
    return Logger(lambda step, loss: run.log({"loss": loss}, step=step), run.finish)


def _aim(place: str) -> Logger:
    run: Any = import_module("aim").Run(repo=place, system_tracking_interval=None)
    return Logger(lambda step, loss: run.track(loss, name="loss", step=step), run.close)


def _trackio(place: str) -> Logger:  # noqa: ARG001  # told by TRACKIO_DIR
    trackio: Any = import_module("trackio")
    trackio.init(project="loop")
    return Logger(lambda step, loss: trackio.log({"loss": loss}, step=step), trackio.finish)


WAYS: dict[str, Callable[[str], Logger]] = {
    "millstream": _as_mlflow("millstream"),
    "mlflow": _as_mlflow("mlflow"),
    "wandb": _wandb,
    "aim": _aim,
    "trackio": _trackio,
}


class Times:
    """How often a call took how long, in a space that does not grow with the number of calls."""

    def __init__(self) -> None:
        self._counts = [0] * (64 << _BITS)
        self.calls = 0

    def add(self, nanoseconds: int) -> None:
        """Count one call."""
        shift = max(0, nanoseconds.bit_length() - _BITS)
        self._counts[(shift << _BITS) | (nanoseconds >> shift)] += 1
        self.calls += 1

    def share(self, share: float) -> float:
        """The time, in us, that this share of the calls stayed below."""
        left = share * self.calls
        for place, count in enumerate(self._counts):
            left -= count
            if left <= 0 and count:
                shift, mantissa = divmod(place, 1 << _BITS)
                return (mantissa << shift) / 1e3
        return 0.0


def memory() -> float:
    """What of this process is in memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(way: str, place: str, points: int) -> None:
    logger = WAYS[way](place)
    log, clock, times = logger.log, time.perf_counter_ns, Times()
    add = times.add
    log(0, 1.0)
    at = {points // 20: "start", points // 2: "middle", points - 1: "end"}
    memories: dict[str, float] = {}
    began = clock()
    for step in range(1, points):
        loss = 1 / step
        before = clock()
        log(step, loss)
        add(clock() - before)
        if step in at:
            memories[at[step]] = memory()
    looped = clock() - began
    logger.end()
    print(
        json.dumps(
            {
                "median": times.share(0.5),
                "p99": times.share(0.99),
                "longest": times.share(1.0),
                "loop": looped / 1e9,
                "whole": (clock() - began) / 1e9,
                "memory": memories,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
