"""Threads that meet a type for the first time, all at once."""

from __future__ import annotations

import subprocess
import sys

# With `msgspec.json.decode(..., type=Run)` in the place of the decoder, this crashes now and then.
PROGRAM = """
import sys, threading
sys.setswitchinterval(1e-6)
from millstream.entities.decoding import json_decoder
from millstream.entities.runs import Run
TEXT = b'{"info":{"run_id":"r","experiment_id":"1","user_id":"u","status":"FINISHED"}}'
start, found = threading.Barrier(8), []

def work():
    start.wait()
    found.append(json_decoder(Run).decode(TEXT).info.run_id)

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert found == ["r"] * 8, found
"""


def test_threads_may_meet_a_type_at_the_same_time() -> None:
    for _ in range(6):
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
