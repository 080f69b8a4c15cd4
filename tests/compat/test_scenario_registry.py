"""Step 7 of the walk-through by command: the model of the run is registered and put to use."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.compat.test_scenario import CHECK, MSE, SCENARIO, TEST_DATA, last_run_id, run

LOADING = """
import mlflow.sklearn
loaded_model = mlflow.sklearn.load_model("models:/linear_regression_model/Production")
new_predictions = loaded_model.predict(X_test)
"""


@pytest.mark.parametrize("place", ["folder", "server"])
def test_the_script_registers_and_the_commands_go_on(
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

    def shell(text: str) -> str:
        done = subprocess.run(
            ["bash", "-ec", text],
            env={**os.environ, **variables, "PATH": f"{python.parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(text: str) -> Any:
        return json.loads(shell(f"{text} --json"))

    run(python, SCENARIO / "train.py", folder, **variables)
    run_id = last_run_id(python, folder, **variables)
    registering = (SCENARIO / "register.sh").read_text()
    printed = shell(registering.replace("<run_id>", run_id))
    assert printed.startswith("Registered linear_regression_model (m-")
    assert printed.endswith(f" of run {run_id} as version 1 of linear_regression_model.\n")
    named = "--name linear_regression_model"
    moved = told(f"mlflow models promote {named} --version 1 --stage Production")
    assert (moved["current_stage"], moved["run_id"]) == ("Production", run_id)
    [listed] = told("mlflow models list")
    assert listed["latest_versions"][0]["current_stage"] == "Production"
    state = told(f"mlflow models history {named} --at 2100-01-01 --stage Production")
    assert [one["version"] for one in state["versions"]] == ["1"]
    script = folder / "load.py"
    script.write_text(TEST_DATA + LOADING + CHECK)
    again = run(python, script, folder, **variables).split("MSE again:")[1]
    assert float(again) == pytest.approx(MSE, rel=1e-12)
