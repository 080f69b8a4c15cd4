"""Under load for a while: memory stays flat, and no request fails."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.unit.serving.test_process import Running

if TYPE_CHECKING:
    from tests.unit.serving.conftest import Save

WARM_SECONDS = 20.0
SECONDS = 600.0
CLIENTS = 8
MOST_GROWTH_MB = 15.0
BODIES = [
    b'{"inputs": [[1.0, 1.0, 1.0], [0.0, 0.0, 2.0]]}',
    json.dumps({"inputs": [[n, 0.5, 0.25] for n in range(2_000)]}).encode(),
    b'{"inputs": [[1.0, 1.0]]}',
    b'{"inputs": ',
]
STATUSES = [200, 200, 400, 400]


def load(server: Running, seconds: float) -> list[str]:
    """Ask from several threads; what was not answered as it should be."""
    wrong: list[str] = []
    until = time.monotonic() + seconds

    def ask(turn: int) -> None:
        while time.monotonic() < until:
            turn = (turn + 1) % len(BODIES)
            got = server.ask(BODIES[turn])
            if got.status != STATUSES[turn]:
                wrong.append(f"{got.status} {got.data[:200]!r}")
            if turn == 0:
                server.get("/metrics")

    threads = [threading.Thread(target=ask, args=[number]) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.soak
@pytest.mark.timeout(WARM_SECONDS + SECONDS + 120)
@pytest.mark.parametrize("max_batch", [0, 64])
def test_memory_stays_flat_under_load(linear: Path, max_batch: int) -> None:
    server = Running(linear, max_batch=max_batch)
    try:
        server.until_ready()
        process = psutil.Process(server.process.pid)
        assert load(server, WARM_SECONDS) == []
        before = process.memory_info().rss
        assert load(server, SECONDS) == []
        grown = (process.memory_info().rss - before) / 1e6
        assert grown < MOST_GROWTH_MB
    finally:
        server.end()


@pytest.mark.soak
def test_memory_stays_flat_when_requests_are_given_up(save: Save) -> None:
    def slow(self: object, context: object, model_input: object, params: object = None) -> object:
        import time  # noqa: PLC0415  # the model is pickled

        time.sleep(0.02)
        return ["late"]

    server = Running(save(slow), timeout=0.01, max_queue=4)
    try:
        server.until_ready()
        process = psutil.Process(server.process.pid)
        seen = []
        for _ in range(3):
            until = time.monotonic() + WARM_SECONDS
            while time.monotonic() < until:
                assert server.ask().status in (503, 504)
            seen.append(process.memory_info().rss / 1e6)
        assert seen[-1] - seen[0] < MOST_GROWTH_MB
    finally:
        server.end()
