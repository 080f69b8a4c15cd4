"""Writing and point reads: the requests of training scripts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

from benchmarks.load import Outcome, Script, drive, get, post
from benchmarks.servers import Running

API = "/api/2.0/mlflow"
TIME = 1_795_000_000_000


def create_run(index: int = 0) -> bytes:
    """A request that creates a run."""
    body = {"experiment_id": "0", "start_time": TIME + index, "run_name": f"run-{index}"}
    return post(f"{API}/runs/create", json.dumps(body).encode())


def run_id_of(body: bytes) -> str:
    """The id in the answer to `create_run`."""
    return str(json.loads(body)["run"]["info"]["run_id"])


def log_metric(index: int) -> Script:
    """One point a request, for ever."""
    run_id = run_id_of((yield create_run(index)))
    for step in itertools.count():
        body = (
            f'{{"run_id":"{run_id}","key":"loss","value":{1 / (step + 1)},'
            f'"timestamp":{TIME + step},"step":{step}}}'
        )
        yield post(f"{API}/runs/log-metric", body.encode())


def log_batch(index: int) -> Script:
    """A hundred points a request, for ever."""
    run_id = run_id_of((yield create_run(index)))
    for batch in itertools.count():
        metrics = [
            {
                "key": f"m{i % 10}",
                "value": 0.5 * i,
                "timestamp": TIME + i,
                "step": batch * 10 + i // 10,
            }
            for i in range(100)
        ]
        body = json.dumps({"run_id": run_id, "metrics": metrics}).encode()
        yield post(f"{API}/runs/log-batch", body)


def whole_run(index: int) -> Script:
    """Create a run, log ten params and five metrics, finish it; for ever."""
    for count in itertools.count():
        run_id = run_id_of((yield create_run(index * 100_000 + count)))
        params = [{"key": f"p{i}", "value": str(i)} for i in range(10)]
        yield post(
            f"{API}/runs/log-batch", json.dumps({"run_id": run_id, "params": params}).encode()
        )
        metrics = [{"key": f"m{i}", "value": i, "timestamp": TIME, "step": 0} for i in range(5)]
        yield post(
            f"{API}/runs/log-batch", json.dumps({"run_id": run_id, "metrics": metrics}).encode()
        )
        finish = {"run_id": run_id, "status": "FINISHED", "end_time": TIME + 5}
        yield post(f"{API}/runs/update", json.dumps(finish).encode())


def get_run(index: int) -> Script:
    """Read one run with params and metrics, for ever."""
    run_id = run_id_of((yield create_run(index)))
    batch = {
        "run_id": run_id,
        "params": [{"key": f"p{i}", "value": str(i)} for i in range(10)],
        "metrics": [{"key": f"m{i}", "value": i, "timestamp": TIME, "step": 0} for i in range(5)],
    }
    yield post(f"{API}/runs/log-batch", json.dumps(batch).encode())
    while True:
        yield get(f"{API}/runs/get?run_id={run_id}")


WORK: dict[str, tuple[Callable[[int], Script], int, float]] = {
    "log-metric, 32 connections (req/s)": (log_metric, 32, 1.0),
    "log-metric, 1 connection (req/s)": (log_metric, 1, 1.0),
    "log-batch of 100 metrics, 8 connections (req/s)": (log_batch, 8, 1.0),
    "create run + 10 params + 5 metrics + finish, 8 connections (runs/s)": (whole_run, 8, 0.25),
    "runs/get, 32 connections (req/s)": (get_run, 32, 1.0),
}
"""Name: the script, the number of connections, what a request counts."""


def measure(server: Running, seconds: float) -> dict[str, float]:
    """Rates of all the work, and the processor time per log-metric in ms."""
    figures: dict[str, float] = {}
    for name, (script, connections, weight) in WORK.items():
        cpu = server.cpu()
        outcome = drive(server.address, connections, script, seconds)
        complain(name, outcome)
        figures[name] = outcome.rate * weight
        if name.startswith("log-metric, 32"):
            figures["server CPU per log-metric (ms)"] = (
                (server.cpu() - cpu) / outcome.requests * 1e3
            )
    figures["memory of the process tree after the load (MB)"] = server.memory()
    return figures


def complain(name: str, outcome: Outcome) -> None:
    """A figure that contains errors is none."""
    if outcome.errors:
        raise RuntimeError(f"{name}: {len(outcome.errors)} errors, such as {outcome.errors[0]}")
