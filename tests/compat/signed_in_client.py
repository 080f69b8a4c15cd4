"""What MLflow's own client does as whoever the environment says, as JSON.

Runs in the environment of MLflow, with MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or
MLFLOW_TRACKING_TOKEN: `python signed_in_client.py <address> <experiment> <file>`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

import mlflow


def main(address: str, experiment: str, answers: str) -> None:
    """Try each step and write down how it went."""
    mlflow.set_tracking_uri(address)
    client = mlflow.MlflowClient()
    outcomes: dict[str, str] = {}
    state: dict[str, str] = {}

    def step(name: str, call: Callable[[], object]) -> None:
        try:
            outcomes[name] = str(call())
        except MlflowException as error:
            outcomes[name] = f"{error.get_http_status_code()} {error.error_code}"

    def log() -> str:
        with mlflow.start_run() as run:
            state["run"] = run.info.run_id
            mlflow.log_params({"width": 3})
            mlflow.log_metrics({"loss": 0.5})
            mlflow.log_text("content", "notes/a.txt")
        return "logged"

    def read_file() -> str:
        runs = mlflow.search_runs(run_view_type=ViewType.ALL, output_format="list")
        run_id = runs[0].info.run_id
        with tempfile.TemporaryDirectory() as folder:
            path = mlflow.artifacts.download_artifacts(
                run_id=run_id, artifact_path="notes/a.txt", dst_path=folder
            )
            return Path(path).read_text()

    def register() -> str:
        run_id = state.get("run", "f" * 32)
        client.create_registered_model(f"{experiment}-model")
        source = f"runs:/{run_id}/notes"
        return str(client.create_model_version(f"{experiment}-model", source, run_id).version)

    step("set_experiment", lambda: mlflow.set_experiment(experiment).name)
    step("log", log)
    step("read_file", read_file)
    step("register", register)
    step("delete", lambda: client.delete_run(state.get("run", "f" * 32)))
    step("experiments", lambda: sorted(e.name for e in client.search_experiments()))
    Path(answers).write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main(*sys.argv[1:])
