"""Large answers come one at a time, and leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from millstream.asgi import memory
from millstream.entities import runs as r
from millstream.entities.asking import Asking
from millstream.server import endpoints

if TYPE_CHECKING:
    from tests.unit.server.conftest import Backend, Caller

SEARCH = "/api/2.0/mlflow/runs/search"


class Searches:
    """Answers with runs, and counts how many were asked for at once."""

    def __init__(self, together: bool) -> None:
        self._changed = threading.Condition()
        self._seconds = 60 if together else 0.05  # for the other one to come
        self._now = 0
        self.most = 0

    def search(self, request: r.SearchRuns, _asking: Asking) -> r.RunPage:
        with self._changed:
            self._now += 1
            self.most = max(self.most, self._now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most == 2, self._seconds)
            self._now -= 1
        info = r.RunInfo("a" * 32, "0", "u", "RUNNING", 1)
        return r.RunPage([r.Run(info)] * request.max_results)

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda _: None


@pytest.mark.parametrize(("rows", "at_once"), [(10_000, 1), (10, 2)])
def test_large_pages_come_one_at_a_time(
    build: Callable[..., Caller],
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    at_once: int,
) -> None:
    backend.runs = searches = Searches(at_once == 2)  # type: ignore[assignment]  # as much of it as is asked
    tidied: list[str] = []
    monkeypatch.setattr(endpoints, "_TIDY_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(memory, "give_back", lambda: tidied.append("tidied"))
    call = build()
    body = json.dumps({"experiment_ids": ["0"], "max_results": rows}).encode()
    assert asyncio.run(ask_twice(call, body, lambda: bool(tidied) or rows == 10)) == [200, 200]
    assert searches.most == at_once
    assert bool(tidied) == (rows > 10)


async def ask_twice(call: Caller, body: bytes, done: Callable[[], bool]) -> list[int]:
    async def ask() -> int:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": SEARCH,
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        }
        await call.application(scope, receive, send)
        return int(sent[0]["status"])

    statuses = await asyncio.gather(ask(), ask())
    async with asyncio.timeout(60):
        while not done():
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)  # what should not come would have come by then
    return list(statuses)


def test_memory_may_be_given_back_at_any_time() -> None:
    kept = [bytes(1_000) for _ in range(1_000)]
    memory.give_back()
    assert all(block == bytes(1_000) for block in kept)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's reserve is in question")
def test_a_body_of_usual_size_takes_no_new_pages_each_time() -> None:
    program = """
import resource
from millstream.asgi import memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

memory.bound()
bodies = [bytes(200_000) for _ in range(4)]
del bodies
before = faults()
for _ in range(100):
    bodies = [bytes(200_000) for _ in range(4)]
    del bodies
print(faults() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    pages_of_all = 100 * 4 * 200_000 // 4096
    assert int(done.stdout) < pages_of_all / 10
