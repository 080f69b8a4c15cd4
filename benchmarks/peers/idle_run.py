"""Run by `benchmarks.system_metrics`: a run that is open while its process does nothing else.

Arguments: the module that logs, where to, the seconds between samples (0: none are taken), and for
how many seconds to look. Prints, as JSON, the processor time that the process took meanwhile, in s.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from typing import Any

SETTLING = 3.0


def main(module: str, place: str, interval: float, seconds: float) -> None:
    """Open the run, wait and look."""
    tracker: Any = import_module(module)
    tracker.set_tracking_uri(place)
    if interval:
        tracker.set_system_metrics_sampling_interval(interval)
    tracker.start_run(log_system_metrics=bool(interval))
    time.sleep(SETTLING)
    cpu, began = time.process_time(), time.perf_counter()
    time.sleep(seconds)
    took = time.process_time() - cpu
    print(json.dumps({"cpu": took, "seconds": time.perf_counter() - began}))
    tracker.end_run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
