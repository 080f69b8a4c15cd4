"""Whole processes: a training script, and the import alone."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.servers import OURS, Product

TRAIN = """
import {module} as tracker
{setup}
with tracker.start_run():
    for i in range(10):
        tracker.log_param(f"p{{i}}", i)
    for step in range(1000):
        tracker.log_metric("loss", 1 / (step + 1), step=step)
"""
CLOCKED = """
import time
began = time.perf_counter()
import {module}
print(time.perf_counter() - began)
"""
RUNS = 7


def measure(product: Product, url: str) -> dict[str, float]:
    """Seconds of whole processes, and ms of the import, as medians."""
    module = "millstream" if product is OURS else "mlflow"
    remote = TRAIN.format(module=module, setup=f"tracker.set_tracking_uri({url!r})")
    figures = {"the script against the server (s)": _median(product, remote, RUNS)}
    if product.proxy:
        local = TRAIN.format(module=module, setup="")
        figures["the script, local default (s)"] = _median(product, local, RUNS)
        clocked = CLOCKED.format(module=module)
        times = [float(_once(product, clocked).printed) for _ in range(RUNS)]
        figures["import of the package (ms)"] = statistics.median(times) * 1e3
    return figures


def _median(product: Product, program: str, runs: int) -> float:
    return statistics.median(_once(product, program).seconds for _ in range(runs))


class Ended(NamedTuple):
    """A process that came to its end."""

    seconds: float
    printed: str


def _once(product: Product, program: str) -> Ended:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLFLOW_", "MILLSTREAM_", "PYTHONDONTWRITE"))
    }
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "train.py")
        script.write_text(program)
        began = time.perf_counter()
        done = subprocess.run(
            [str(product.python), str(script)],
            cwd=folder,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return Ended(time.perf_counter() - began, done.stdout)
