"""`millstream run --optuna` with the real Optuna: it learns from run to run, and after a kill."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

POINTS = 10
MANIFEST = """
name: parabola
entry_points:
  main:
    parameters:
      x: {type: float, default: 0}
    command: "python train.py {x}"
"""
TRAIN = """
import pathlib, sys, time
import millstream

x = float(sys.argv[1])
begun = pathlib.Path(sys.argv[0]).parent / "begun"
with begun.open("a") as file:
    file.write(f"{x}\\n")
if len(begun.read_text().splitlines()) == 4 and not begun.with_name("goes-on").exists():
    time.sleep(600)
with millstream.start_run():
    millstream.log_metric("distance", (x - 2) ** 2)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "parabola"
    folder.mkdir()
    (folder / "MLproject").write_text(MANIFEST)
    (folder / "train.py").write_text(TRAIN)
    return folder


def test_a_sweep_by_optuna_is_killed_and_goes_on(
    environment: Callable[[str, str], Path], project: Path, tmp_path: Path
) -> None:
    python = environment("optuna", "MILLSTREAM_OPTUNA_PYTHON")
    variables = {
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "MILLSTREAM_TRACKING_URI": str(tmp_path / "mlruns"),
    }
    run = [str(python), "-m", "millstream.cli.main", "run"]
    words = ["--optuna", str(POINTS), "--space", "x=-10..10", "--metric", "distance", "--seed", "3"]
    first = subprocess.Popen(
        [*run, str(project), "--env-manager", "local", *words],
        env=variables,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert first.stderr is not None
    parent = re.search(r"below run '(\w+)'", first.stderr.readline())
    assert parent is not None
    deadline = time.monotonic() + 120
    while len(values(project)) != 4:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    (project / "goes-on").touch()
    done = subprocess.run(
        [*run, "--resume", parent[1], "--env-manager", "local", "--json"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    assert (outcome["points"], outcome["finished"]) == (POINTS, POINTS)
    tried = values(project)
    finished = [*tried[:3], *tried[4:]]
    assert len(finished) == len(set(finished)) == POINTS
    assert outcome["best_value"] == pytest.approx(min((x - 2) ** 2 for x in finished))
    assert float(outcome["best_point"]["x"]) in finished


def values(project: Path) -> list[float]:
    begun = project / "begun"
    return [float(line) for line in begun.read_text().splitlines()] if begun.exists() else []
