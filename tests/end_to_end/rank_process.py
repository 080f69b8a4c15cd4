"""Run by the tests of distributed jobs: one process of a job, which shares a run with the others.

Arguments: how many steps it logs, and "fail" if it ends by an exception.
"""

from __future__ import annotations

import os
import sys

import millstream


def main(steps: int, *, fails: bool) -> None:
    rank = int(os.environ["RANK"])
    millstream.set_experiment("distributed")
    with millstream.start_run(tags={"team": "blue", "seed": str(rank)}) as run:
        millstream.log_param("lr", 0.1)
        for step in range(steps):
            millstream.log_metric("loss", rank + step / steps, step)
        if fails:
            raise ValueError(f"loss of rank {rank} is not a number")
    print(run.info.run_id)


if __name__ == "__main__":
    main(int(sys.argv[1]), fails="fail" in sys.argv[2:])
