"""An unmodified training script of 2022, with scikit-learn 1.1.3 and the drop-in."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SCENARIO = Path(__file__).parent / "scenario"

# What the same script prints with MLflow 3.17.2 and scikit-learn 1.1.3.
MSE = 24.291119474973552

# The walk-through takes the test data over from the training script.
TEST_DATA = """
from sklearn.datasets import load_boston
from sklearn.model_selection import train_test_split

data = load_boston()
_, X_test, _, y_test = train_test_split(data.data, data.target, test_size=0.2, random_state=42)
"""
CHECK = """
from sklearn.metrics import mean_squared_error
print("MSE again:", mean_squared_error(y_test, new_predictions))
"""


def run(python: Path, script: Path, folder: Path, **variables: str) -> str:
    done = subprocess.run(
        [str(python), "-W", "ignore::FutureWarning", str(script)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def last_run_id(python: Path, folder: Path, **variables: str) -> str:
    script = folder / "find.py"
    script.write_text("import mlflow\nprint(mlflow.search_runs().run_id[0])\n")
    return run(python, script, folder, **variables).strip()


@pytest.mark.parametrize("place", ["folder", "server"])
def test_the_script_runs_and_its_model_comes_back(
    environment: Callable[[str, str], Path],
    tmp_path: Path,
    place: str,
    request: pytest.FixtureRequest,
) -> None:
    python = environment("scenario", "MILLSTREAM_SCENARIO_PYTHON")
    variables = {}
    if place == "server":
        variables["MLFLOW_TRACKING_URI"] = request.getfixturevalue("server")
    folder = tmp_path / "work"
    folder.mkdir()
    printed = run(python, SCENARIO / "train.py", folder, **variables)
    found = re.search(r"Logged Model with MSE: (\S+)", printed)
    assert found is not None
    assert float(found[1]) == pytest.approx(MSE, rel=1e-12)
    loading = (SCENARIO / "load_and_predict.py").read_text()
    loading = loading.replace("<run_id>", last_run_id(python, folder, **variables))
    script = folder / "load_and_predict.py"
    script.write_text(TEST_DATA + loading + CHECK)
    again = re.search(r"MSE again: (\S+)", run(python, script, folder, **variables))
    assert again is not None
    assert float(again[1]) == pytest.approx(MSE, rel=1e-12)
