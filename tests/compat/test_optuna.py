"""Optuna's MLflow callback with the drop-in, on a folder and on our server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

STUDY = Path(__file__).parent / "optuna_study.py"


@pytest.mark.parametrize("place", ["folder", "server"])
def test_every_trial_is_a_run(
    environment: Callable[[str, str], Path],
    tmp_path: Path,
    place: str,
    request: pytest.FixtureRequest,
) -> None:
    python = environment("optuna", "MILLSTREAM_OPTUNA_PYTHON")
    uri = request.getfixturevalue("server") if place == "server" else str(tmp_path / "runs")
    done = subprocess.run(
        [str(python), "-W", "ignore", str(STUDY), uri],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "runs match trials" in done.stdout
