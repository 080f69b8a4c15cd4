"""What automatic logging adds to a fit of each framework: `python -m benchmarks.autologging`.

The same small training several times in a process of its own: with nobody who logs, with us and
with MLflow, in the environment of the framework tests (`scripts/compat_environments.sh`), which
has all of them. The first fit also pays for what is loaded late and for the store that is opened.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers.autologged_fits import TRAININGS
from benchmarks.servers import VENVS
from benchmarks.table import write

PROGRAM = Path(__file__).parent / "peers" / "autologged_fits.py"
PYTHON = VENVS / "frameworks" / "bin" / "python"
NOBODY = "nobody"
MOST_SECONDS = 1.0
ABSENT = {("mlflow", "catboost"), ("mlflow", "optuna")}
"""What has no automatic logging."""


class Fits(NamedTuple):
    """What the first fit of a process took, and a later one, in s and in s of processor time."""

    first: float
    later: float
    first_processor: float
    later_processor: float

    def beyond(self, other: Fits) -> Fits:
        """What these took more than others."""
        return Fits(*(own - its for own, its in zip(self, other, strict=True)))


WAYS = {
    "the fit itself": (NOBODY, ""),
    "Millstream": ("millstream", "{folder}/runs"),
    "MLflow": ("mlflow", "sqlite:///{folder}/mlflow.db"),
}
FIGURES = ("first fit (s)", "later fit (s)", "first fit (s of CPU)", "later fit (s of CPU)")
TARGETS: dict[str, tuple[str, float] | None] = {
    f"{name}, {figure}": ("<=", MOST_SECONDS) for name in TRAININGS for figure in FIGURES
}


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.autologging", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="processes for each figure")
    parser.add_argument("--fits", type=int, default=5, help="in each process, at least 2")
    parser.add_argument("--only", nargs="*", help="flavors, such as sklearn")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/autologging.md"))
    options = parser.parse_args()
    if not PYTHON.exists():
        parser.error(f"{PYTHON} is absent: call scripts/compat_environments.sh first")
    figures: dict[str, dict[str, float | None]] = {way: {} for way in WAYS}
    for name, training in TRAININGS.items():
        if options.only and training.flavor not in options.only:
            continue
        measured = _measured(name, options.rounds, options.fits)
        for way, fits in measured.items():
            for figure, seconds in zip(FIGURES, fits, strict=True):
                figures[way][f"{name}, {figure}"] = seconds
                print(f"{way:16} {name:35} {figure:25} {seconds:8.2f}", flush=True)
    write(
        options.output,
        figures,
        TARGETS,
        f"{platform.machine()}, Python {platform.python_version()}",
        " The columns of the trackers tell what they add to the fit itself, models included; a "
        f"figure is the median of {options.rounds} processes, in each of which the later fit is "
        f"the median of {options.fits - 1}. What was added less than nothing is noise. The "
        f"machine's {os.cpu_count()} processors had a load of {os.getloadavg()[0]:.0f} at the end.",
    )


def _measured(name: str, rounds: int, fits: int) -> dict[str, Fits]:
    """The fit itself, and what each tracker adds; the ways take turns, since machines get busy."""
    seen: dict[str, list[Fits]] = {
        way: []
        for way, (tracker, _) in WAYS.items()
        if (tracker, TRAININGS[name].flavor) not in ABSENT
    }
    for way in seen if rounds > 1 else ():
        _fits(way, name, 2)  # which leaves the compiled modules behind
    for _ in range(rounds):
        for way, found in seen.items():
            found.append(_fits(way, name, fits))
    medians = {
        way: Fits(*(statistics.median(column) for column in zip(*found, strict=True)))
        for way, found in seen.items()
    }
    alone = medians["the fit itself"]
    return {way: found if found is alone else found.beyond(alone) for way, found in medians.items()}


def _fits(way: str, name: str, fits: int) -> Fits:
    tracker, place = WAYS[way]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        done = subprocess.run(
            [
                str(PYTHON),
                "-P",
                str(PROGRAM),
                tracker,
                place.format(folder=folder),
                name,
                str(fits),
            ],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONDONTWRITEBYTECODE": "",
                "XDG_STATE_HOME": str(Path(folder) / "state"),
            },
            check=False,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(f"{way} could not fit {name}: {done.stderr[-2000:]}")
    seen = json.loads(done.stdout.splitlines()[-1])
    if tracker != NOBODY and seen["runs"] < fits:
        raise RuntimeError(f"{way} logged {seen['runs']} runs of {fits} fits of {name}")
    taken, worked = zip(*seen["times"], strict=True)
    return Fits(taken[0], statistics.median(taken[1:]), worked[0], statistics.median(worked[1:]))


if __name__ == "__main__":
    main()
