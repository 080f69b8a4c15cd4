"""What MLflow's own client is told at a server with protected stages and gates, as JSON.

Runs in the environment of MLflow: `python protected_client.py <address> <file>`. On the server, the
model "guarded" has a gate and two versions, the first of them in Production, which is protected.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from mlflow.exceptions import MlflowException

import mlflow


def attempts(client: mlflow.MlflowClient) -> dict[str, Callable[[], object]]:
    """What is tried, by name."""
    move = client.transition_model_version_stage
    return {
        "in": lambda: move("guarded", "2", "Production"),
        "out": lambda: move("guarded", "1", "Archived"),
        "archiving": lambda: move("guarded", "2", "Production", archive_existing_versions=True),
        "alias": lambda: client.set_registered_model_alias("guarded", "production", "2"),
        "delete version": lambda: client.delete_model_version("guarded", "1"),
        "delete model": lambda: client.delete_registered_model("guarded"),
        "rename": lambda: client.rename_registered_model("guarded", "free"),
        "gate": lambda: move("guarded", "2", "Staging"),
        "unknown": lambda: move("guarded", "2", "Moon"),
    }


def main(address: str, path: str) -> None:
    """Try everything and write down code, status and text of each refusal."""
    told: dict[str, list[object]] = {}
    client = mlflow.MlflowClient(address)
    for name, attempt in attempts(client).items():
        try:
            attempt()
        except MlflowException as error:
            told[name] = [error.error_code, error.get_http_status_code(), error.message]
    stages = [client.get_model_version("guarded", v).current_stage for v in ("1", "2")]
    Path(path).write_text(json.dumps({"told": told, "stages": stages}))


if __name__ == "__main__":
    main(*sys.argv[1:])
