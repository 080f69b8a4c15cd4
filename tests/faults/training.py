"""Run by the fault tests and benchmarks: a training script that waits where a fault is to begin.

Arguments: the module to log with (`millstream` or `mlflow`), the moment to wait at (`begin`: before
the run, `middle`: amid its points, `late`: after them, `never`), the number of steps (0: until
killed). It says what it did in lines of a word and a value, each after the call had returned, and
goes on from its moment when it reads a line.
"""

from __future__ import annotations

import itertools
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

SEVERAL = 100
"""After so many steps, several metrics are logged at once."""


def main(module: str, moment: str, steps: int) -> None:
    tracker: Any = import_module(module)

    def reach(place: str) -> None:
        if place == moment:
            say("reached", place)
            sys.stdin.readline()

    reach("begin")
    with tracker.start_run(run_name="in trouble", tags={"early": "yes"}) as run:
        say("run", run.info.run_id)
        tracker.log_params({"rate": 0.1, "layers": 3})
        tracker.log_table({"row": [1, 2]}, "table.json")
        for step in range(steps) if steps else itertools.count():
            if step == steps // 2:
                reach("middle")
            tracker.log_metric("loss", 1 / (step + 1), step=step)
            if step % SEVERAL == 0:
                tracker.log_metrics({"accuracy": step / 7, "recall": step / 9}, step=step)
            say("step", step)
        reach("late")
        tracker.log_param("seed", 7)
        tracker.set_tag("late", "yes")
        tracker.set_experiment_tag("last", "yes")
        for row in (3, 4):
            tracker.log_table({"row": [row]}, "table.json")
        tracker.log_text("it went on\n", "notes.txt")
        Path("weights.bin").write_bytes(bytes(range(256)) * 16)
        tracker.log_artifact("weights.bin", "model")
    say("ended", "yes")


def say(word: str, value: object) -> None:
    print(word, value, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
