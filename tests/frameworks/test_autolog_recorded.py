"""The same script under MLflow 3.17.2's `autolog`, as recorded, and under ours: the same runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

COMPAT = Path(__file__).parents[1] / "compat"
RECORDED = json.loads((COMPAT / "recorded" / "autologging-mlflow-3.17.2.json").read_text())

# Ours logs a few more; this one of MLflow's is the name of a parameter, with no value.
NO_PARAM = "kwargs"


def test_runs_hold_what_they_hold_with_mlflow(tmp_path: Path) -> None:
    script = [sys.executable, "-W", "ignore", str(COMPAT / "autologged_script.py")]
    done = subprocess.run(
        [*script, "millstream", str(tmp_path)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wrong = [
        f"{case} {kind}: {difference}"
        for case, expected in RECORDED.items()
        for kind in ("runs", "children")
        for difference in differences(expected[kind], found[case][kind])
    ]
    assert wrong == []


def differences(expected: list[Any], found: list[Any]) -> list[str]:
    if len(expected) != len(found):
        return [f"{len(found)} instead of {len(expected)}"]
    wrong = []
    for theirs, own in zip(expected, found, strict=True):
        for kind in ("params", "metrics", "tags"):
            for name, value in theirs[kind].items():
                if name != NO_PARAM and not same(value, own[kind].get(name, "absent")):
                    wrong.append(f"{kind} {name} is {own[kind].get(name)!r}, not {value!r}")
        wrong += [
            f"{kind} are {own[kind]}, not {theirs[kind]}"
            for kind in ("files", "datasets")
            if not set(theirs[kind]) <= set(own[kind])
        ]
        if theirs["status"] != own["status"]:
            wrong.append(own["status"])
    return wrong


def same(expected: Any, found: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        return abs(expected - found) < 1e-6
    return bool(expected == found)
