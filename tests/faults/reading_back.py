"""Run by the fault tests and benchmarks: prints, as JSON, what a store holds of a run.

Arguments: the module to read with (`millstream` or `mlflow`), the tracking URI, the id of the run.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

CLIENTS = {"millstream": "MillstreamClient", "mlflow": "MlflowClient"}
TAGS = ("early", "late")
METRICS = ("loss", "accuracy", "recall")
"""Of tags and metrics, those of the script: products add their own."""


def main(module: str, uri: str, run_id: str) -> None:
    client: Any = getattr(import_module(module), CLIENTS[module])(uri)
    run = client.get_run(run_id)
    points = {
        key: [[point.step, point.value] for point in client.get_metric_history(run_id, key)]
        for key in METRICS
        if key in run.data.metrics
    }
    found = {
        "status": run.info.status,
        "params": run.data.params,
        "tags": {name: value for name, value in run.data.tags.items() if name in TAGS},
        "points": points,
        "files": {
            file.path: file.file_size
            for folder in ("", "model")
            for file in client.list_artifacts(run_id, folder)
            if not file.is_dir
        },
        "rows": {"table.json": rows(client, run_id)},
        "experiment": dict(client.get_experiment(run.info.experiment_id).tags),
    }
    print(json.dumps(found))


def rows(client: Any, run_id: str) -> list[Any]:
    """The rows of the table that the script logs, as far as they are there."""
    if not any(file.path == "table.json" for file in client.list_artifacts(run_id)):
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = client.download_artifacts(run_id, "table.json", folder)
        found: list[Any] = json.loads(Path(path).read_text())["data"]
    return found


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
