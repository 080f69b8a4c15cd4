"""What it costs to sample the machine's load: `python -m benchmarks.system_metrics`.

A process opens a run and does nothing else, with and without samples; what it takes of a processor
meanwhile is what the run costs, heartbeats and writing included. Both trackers run in the
environment of the framework tests, which has what they sample with.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
from pathlib import Path

from benchmarks.servers import VENVS
from benchmarks.table import write

PROGRAM = Path(__file__).parent / "peers" / "idle_run.py"
PYTHON = VENVS / "frameworks" / "bin" / "python"
WAYS = {
    "Millstream": ("millstream", "{folder}/runs"),
    "MLflow": ("mlflow", "sqlite:///{folder}/mlflow.db"),
}
INTERVALS = {"no samples": 0.0, "a sample every 10 s": 10.0, "a sample every second": 1.0}
TARGETS: dict[str, tuple[str, float] | None] = {
    f"{name} (% of a core)": ("<=", 1.0) if interval else None
    for name, interval in INTERVALS.items()
}


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.system_metrics", description=__doc__
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="to look at each run")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/system_metrics.md"))
    options = parser.parse_args()
    if not PYTHON.exists():
        parser.error(f"{PYTHON} is absent: call scripts/compat_environments.sh first")
    figures: dict[str, dict[str, float]] = {}
    for way, (module, place) in WAYS.items():
        figures[way] = {}
        for name, interval in INTERVALS.items():
            share = _share(module, place, interval, options.seconds)
            figures[way][f"{name} (% of a core)"] = share
            print(f"{way:12} {name:30} {share:8.3f}", flush=True)
    write(
        options.output,
        figures,
        TARGETS,
        f"{platform.machine()}, Python {platform.python_version()}",
        f" Each process was looked at for {options.seconds:.0f} s. The machine's {os.cpu_count()} "
        f"processors had a load of {os.getloadavg()[0]:.0f} at the end.",
    )


def _share(module: str, place: str, interval: float, seconds: float) -> float:
    """What the process takes of one processor, in percent."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        done = subprocess.run(
            [
                *(str(PYTHON), "-P", str(PROGRAM), module, place.format(folder=folder)),
                *(str(interval), str(seconds)),
            ],
            cwd=folder,
            env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    seen = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    return float(100 * seen["cpu"] / seen["seconds"])


if __name__ == "__main__":
    main()
