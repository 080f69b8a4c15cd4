"""Run by the test of races: many processes choose an experiment that none of them has made yet.

Arguments: tracking URI, name of the experiment, number of processes, modules to load before. Each
process prints the id it got.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module

import millstream
from millstream.client.session import SESSION


def main(uri: str, name: str, count: int, modules: list[str]) -> None:
    for module in modules:  # once, and not in each of the processes
        import_module(module)
    go, gate = os.pipe()
    children = [_start(uri, name, go, gate) for _ in range(count)]
    os.close(gate)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(sum(code != 0 for code in codes))


def _start(uri: str, name: str, go: int, gate: int) -> int:
    child = os.fork()
    if child:
        return child
    os.close(gate)
    os.read(go, 1)  # until all are there, and the parent opens the gate
    code = 0
    try:
        millstream.set_tracking_uri(uri)
        experiment = millstream.set_experiment(name)
        os.write(1, f"{experiment.experiment_id}\n".encode())
        SESSION.finish()
    except Exception:  # noqa: BLE001  # whatever leaks out is the finding
        traceback.print_exc()
        code = 1
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
