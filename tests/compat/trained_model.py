"""The model that the walk-through's script trains, and what scikit-learn predicts with it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

SCENARIO = Path(__file__).parent / "scenario"

FIRST_ROWS = """
import json, warnings
warnings.simplefilter("ignore")
import mlflow, mlflow.sklearn
from sklearn.datasets import load_boston
rows = load_boston().data[:3]
run_id = mlflow.search_runs().run_id[0]
model = mlflow.sklearn.load_model(f"runs:/{run_id}/linear_regression_model")
alone = model.predict(rows[:1]).tolist()  # some processors round otherwise than for three
print(json.dumps([run_id, rows.tolist(), model.predict(rows).tolist(), alone]))
"""


class Trained(NamedTuple):
    """The run of the training script, three rows, and what scikit-learn predicts for them."""

    python: Path
    folder: Path
    run_id: str
    rows: list[list[float]]
    predictions: list[float]
    first_alone: list[float]


def train(python: Path, folder: Path) -> Trained:
    """Run the script in a folder, whose store keeps the run."""
    run(python, folder, str(SCENARIO / "train.py"))
    return Trained(python, folder, *json.loads(run(python, folder, "-c", FIRST_ROWS)))


def run(python: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(python), "-W", "ignore", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
