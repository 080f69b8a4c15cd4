"""Models go both ways: MLflow loads ours, and we load MLflow's, with the same predictions."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from millstream.integrations import pyfunc, sklearn
from millstream.model_format.manifest import Manifest

FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
SCRIPT = Path(__file__).parent / "models_in_mlflow.py"
LINEAR = [1.0, 2.0, 3.0]
TWICE = [2.0, 4.0, 6.0]


def save_ours(folder: Path) -> None:
    # Defined here, so that they travel with the model instead of being imported there.
    class Twice(pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002 - the interface
            return [value * 2 for value in model_input["a"]]

    def twice(model_input: Any) -> Any:
        return [value * 2 for value in model_input["a"]]

    model = LinearRegression().fit(FRAME, LINEAR)
    sklearn.save_model(model, folder / "skops", input_example=FRAME[:2])
    sklearn.save_model(model, folder / "pickle", serialization_format="pickle")
    sklearn.save_model(model, folder / "cloudpickle", serialization_format="cloudpickle")
    pyfunc.save_model(folder / "class", python_model=Twice(), input_example=FRAME[:2])
    pyfunc.save_model(folder / "function", python_model=twice)


@pytest.mark.timeout(600)
def test_models_go_both_ways(environment: Callable[[str, str], Path], tmp_path: Path) -> None:
    python = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON")
    ours, theirs, answers = tmp_path / "ours", tmp_path / "theirs", tmp_path / "answers.json"
    ours.mkdir()
    theirs.mkdir()
    save_ours(ours)
    done = subprocess.run(
        [str(python), str(SCRIPT), str(ours), str(theirs), str(answers)],
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(answers.read_text())
    for name in ("skops", "pickle", "cloudpickle"):
        assert seen[name]["predictions"] == pytest.approx(LINEAR)
    for name in ("class", "function"):
        assert seen[name]["predictions"] == TWICE
    for name in ("skops", "class"):
        signature = Manifest.read(ours / name).signature
        assert signature is not None
        assert seen[name]["signature"] == signature.to_dict()
        assert (seen[name]["example"], seen[name]["served"]) == (2, 2)
    for name in ("skops", "pickle"):
        assert list(sklearn.load_model(theirs / name).predict(FRAME)) == pytest.approx(LINEAR)
        assert list(pyfunc.load_model(theirs / name).predict(FRAME)) == pytest.approx(LINEAR)
    for name in ("class", "function"):
        assert pyfunc.load_model(theirs / name).predict(FRAME) == TWICE
