"""Sweeps as `millstream run` makes them, of a project that needs nothing but us, and a long one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.browser.seed import Wire, point
from tests.browser.seed_files import put

EXPERIMENT = "valley"
MANY_TRIALS = 3_000
CONNECTIONS = 8
PROJECT = """name: valley
entry_points:
  main:
    parameters:
      x: {type: float, range: [-2, 2], default: 0}
      kind: {type: choice, choices: [round, steep], default: round}
      held_in: {type: string, default: nowhere}
    command: "python train.py {x} {kind} {held_in}"
"""
TRAIN = """import sys, time
from pathlib import Path

import millstream

x, kind, held_in = float(sys.argv[1]), sys.argv[2], sys.argv[3]
while held_in != "nowhere" and not Path(held_in, f"{x:g}").exists():
    time.sleep(0.05)
if x == 1.5:
    raise ValueError("x = 1.5 is not in the valley")
with millstream.start_run():
    millstream.log_metric("depth", x * x * (4 if kind == "steep" else 1))
"""


class SeededSweeps(NamedTuple):
    """A server, its experiment, and the ids of the parent runs of sweeps."""

    address: str
    project: Path
    experiment_id: str
    whole: str
    """All combinations of five values and two kinds, of which two trials failed."""
    bare: str
    """Two trials without a metric."""
    long: str
    """Some thousand of trials, ended before it was through."""


def fill_sweeps(address: str, folder: Path) -> SeededSweeps:
    project = write_project(folder)
    xs = "x=-1,0.5,0,1,1.5"
    words = ("--grid", xs, "--grid", "kind=round,steep", "--metric", "depth", "--parallel", "2")
    with closing(Wire(address)) as wire:
        experiment_id = wire.create_experiment(EXPERIMENT)
    whole = sweep(address, project, *words)
    bare = sweep(address, project, "--grid", "x=0,1")
    long = fill_long(address, experiment_id)
    return SeededSweeps(address, project, experiment_id, whole, bare, long)


def write_project(folder: Path) -> Path:
    project = folder / "valley"
    project.mkdir()
    (project / "MLproject").write_text(PROJECT)
    (project / "train.py").write_text(TRAIN)
    return project


def sweep(address: str, project: Path, *words: str) -> str:
    """Carry out a sweep to its end; the id of its parent run."""
    done = begin_sweep(address, project, *words)
    told, problems = done.communicate(timeout=120)
    assert told, problems
    return str(json.loads(told)["run_id"])


def begin_sweep(address: str, project: Path, *words: str) -> subprocess.Popen[str]:
    return begin(address, "run", str(project), *words)


def begin(address: str, *words: str) -> subprocess.Popen[str]:
    """Start one of our commands that runs a project in the present environment."""
    command = [sys.executable, "-m", "millstream.cli.main", *words, "--json"]
    where = {
        "MILLSTREAM_TRACKING_URI": address,
        "MILLSTREAM_EXPERIMENT_NAME": EXPERIMENT,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return subprocess.Popen(
        [*command, "--env-manager", "local"],
        env={**os.environ, **where},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fill_long(address: str, experiment_id: str) -> str:
    plan = {
        "uri": "/projects/valley",
        "entry_point": "main",
        "dimensions": [{"name": "x", "low": -2.0, "high": 2.0}, {"name": "kind", "values": ["a"]}],
        "strategy": "random",
        "count": MANY_TRIALS + 500,
        "metric": "depth",
        "goal": "maximize",
    }
    with closing(Wire(address)) as wire:
        tags = {"millstream.sweep": "random"}
        parent = wire.create_run(experiment_id, "long valley", 0, **tags)
        put(wire, experiment_id, parent, "sweep/sweep.json", json.dumps(plan).encode())
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        parts = (range(first, MANY_TRIALS, CONNECTIONS) for first in range(CONNECTIONS))
        list(pool.map(lambda part: fill_trials(address, experiment_id, parent, part), parts))
    with closing(Wire(address)) as wire:  # the other one would be closed by now
        wire.finish(parent, 0, "KILLED")
    return parent


def fill_trials(address: str, experiment_id: str, parent: str, numbers: Iterable[int]) -> None:
    with closing(Wire(address)) as wire:
        for number in numbers:
            x = (number * 7919 % MANY_TRIALS) / MANY_TRIALS * 4 - 2
            tags = {"mlflow.parentRunId": parent, "millstream.sweep.point": str(number)}
            run_id = wire.create_run(experiment_id, f"x={x:.4g} kind=a", number, **tags)
            wire.log(run_id, {"x": f"{x:.4g}", "kind": "a"}, [point("depth", x, at=number)])
            wire.finish(run_id, number, "FAILED" if number % 100 == 99 else "FINISHED")
