"""MLflow's own client makes webhooks on our server, and they tell what MLflow's server tells.

`recorded/` holds what happened with MLflow's own server. To record it again, start `mlflow server`
of the environment `.venvs/mlflow` on a new database, with the settings that `drive_webhooks.py`
names, and run there `drive_webhooks.py <address> recorded/webhooks-mlflow-<version>.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from millstream.client.tracking import MillstreamClient

HERE = Path(__file__).parent
RECORDED = HERE / "recorded" / "webhooks-mlflow-3.17.2.json"
SETTINGS = {"MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}


@pytest.fixture
def allowing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server that a test starts call this machine, by MLflow's own settings."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.timeout(600)
def test_what_happens_is_what_happens_with_mlflows_server(
    environment: Callable[[str, str], Path], allowing: None, server: str, tmp_path: Path
) -> None:
    python = environment("mlflow", "MILLSTREAM_COMPAT_PYTHON")
    answers = tmp_path / "answers.json"
    ours = MillstreamClient(server)
    url = "http://receiver.invalid/hook"
    ours.create_webhook("not for MLflow's client", url, ["model_version_stage.updated"])
    done = subprocess.run(
        [str(python), str(HERE / "drive_webhooks.py"), server, str(answers)],
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(answers.read_text()) == json.loads(RECORDED.read_text())
