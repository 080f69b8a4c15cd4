"""Projects as jobs of a Ray cluster; runs where Ray is, and prints what came of them as JSON.

Its arguments are the address of the cluster, a folder of a project that ends with what its
parameter says, and a folder of one that lasts.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from millstream.client.runs import RunMethods
from millstream.errors import ExecutionException
from millstream.projects.running import run

address, ending, lasting = sys.argv[1:]
CONFIG: dict[str, Any] = {
    "address": address,
    "python": sys.executable,
    "shared-store": True,
    "poll-interval": 0.5,
    "variables": ["ASKED_FOR"],
    "entrypoint-num-cpus": 1,
}


def told(submitted: Any, lines: list[str]) -> dict[str, Any]:
    """What there is to know of a run."""
    found = RunMethods().get_run(submitted.run_id)
    return {
        "lines": lines,
        "succeeded": submitted.wait(),
        "status": submitted.get_status(),
        "stored": found.info.status,
        "tags": dict(found.data.tags),
        "later": list(submitted.logs()),
    }


def ended(code: str) -> dict[str, Any]:
    """A run that ends with a code."""
    data = Path("data.txt")
    data.write_text("rows")
    submitted = run(
        ending,
        parameters={"code": code, "data": str(data)},
        backend="ray",
        backend_config=CONFIG,
        synchronous=False,
    )
    lines = list(submitted.logs(follow=True))
    submitted.wait()
    return told(submitted, lines)


def cancelled() -> dict[str, Any]:
    """A run that is cancelled once it has begun, while another waits for its place."""
    submitted = run(lasting, backend="ray", backend_config=CONFIG, synchronous=False)
    lines = submitted.logs(follow=True)
    seen = [next(line for line in lines if line.startswith("begun"))]
    waiting = run(lasting, backend="ray", backend_config=CONFIG, synchronous=False)
    queued = waiting.get_status()
    waiting.cancel()
    submitted.cancel()
    return {**told(submitted, seen), "queued": queued, "waiting": waiting.get_status()}


def unreachable() -> str:
    """What is said of a cluster that is not there."""
    try:
        run(ending, parameters={"code": "0", "data": "data.txt"}, backend="ray",
            backend_config={**CONFIG, "address": "http://127.0.0.1:9"})  # fmt: skip
    except ExecutionException:
        raise
    except Exception as error:  # noqa: BLE001  # it is printed, and the test says which it has to be
        return f"{type(error).__name__}: {error}"
    return ""


os.environ["ASKED_FOR"] = "42"
found = {
    "good": ended("0"),
    "bad": ended("3"),
    "cancelled": cancelled(),
    "unreachable": unreachable(),
}
print(json.dumps(found))
