"""MLflow's own client, driving our server, gets the answers that MLflow's own server gave it.

`recorded/` holds those answers. To record them again, start `mlflow server` of the environment
`.venvs/mlflow` on a new database and run there `drive.py <address> recorded/mlflow-<version>.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RECORDED = HERE / "recorded" / "mlflow-3.17.2.json"


@pytest.mark.timeout(600)
def test_the_answers_are_those_of_mlflows_server(
    environment: Callable[[str, str], Path], server: str, tmp_path: Path
) -> None:
    python = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON")
    answers = tmp_path / "answers.json"
    done = subprocess.run(
        [str(python), str(HERE / "drive.py"), server, str(answers)],
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ours, theirs = json.loads(answers.read_text()), json.loads(RECORDED.read_text())
    assert list(ours) == list(theirs)
    assert {step: ours[step] for step in ours} == theirs
