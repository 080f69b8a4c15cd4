"""MLflow's own client works in the workspaces of our server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.compat.conftest import ROOT, Environment, serving


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path, "--enable-workspaces") as found:
        yield found


def test_the_client_of_mlflow_works_in_two_workspaces(
    environment: Environment, address: str, tmp_path: Path
) -> None:
    python = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON")
    script = ROOT / "tests" / "compat" / "drive_workspaces.py"
    done = subprocess.run(
        [str(python), str(script), address],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    run_ids = {found[name].pop("run_id") for name in ("red", "blue")}
    assert len(run_ids) == 2
    assert found == {
        "made": {"name": "red", "description": "the red team", "default_artifact_root": None},
        "red": seen("red"),
        "blue": seen("blue"),
        "foreign": "RESOURCE_DOES_NOT_EXIST",
        "mine": {"team": "red"},
        "updated": {"name": "red", "description": "red", "default_artifact_root": None},
        "taken": "RESOURCE_ALREADY_EXISTS",
        "invalid": "INVALID_PARAMETER_VALUE",
        "restricted": "INVALID_PARAMETER_VALUE",
        "left": ["default", "red"],
        "gone": "RESOURCE_DOES_NOT_EXIST",
    }


def seen(name: str) -> dict[str, object]:
    """What is seen in a workspace: its own things, and no more."""
    return {
        "experiment": name,
        "model": name,
        "version": "1",
        "note": name,
        "names": ["same"],
        "models": 1,
    }
