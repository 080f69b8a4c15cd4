"""What a training leaves behind when it is logged automatically, by us and by the real MLflow.

Run as `python -m tests.frameworks.trainings FLAVOR MODULE FUNCTION...` it lets MLflow log
trainings, which are functions of a module of tests, into `logged_by_mlflow.json`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import millstream
from millstream.integrations.autologging.frameworks import turn_off


@contextmanager
def autologging(flavor: str, **options: Any) -> Iterator[None]:
    """Let a framework be logged, and leave it afterwards as if it had never been."""
    getattr(millstream, flavor).autolog(**options)
    try:
        yield
    finally:
        turn_off(flavor)


def logged_by_us(flavor: str, training: Callable[[], Any], **options: Any) -> dict[str, Any]:
    """What we log of a training that has a run of its own; there must be one run, not more."""
    before = {run.info.run_id for run in runs()}
    with autologging(flavor, **options):
        training()
    found = [run for run in runs() if run.info.run_id not in before]
    assert len(found) == 1, found
    return facts(millstream.MillstreamClient(), found[0].info.run_id)


def assert_as_mlflow(flavor: str, trainings: Sequence[Callable[[], Any]], **options: Any) -> None:
    """Whether params, metrics with their steps and values, and files are those of MLflow."""
    measured = json.loads(Path(__file__).with_name("logged_by_mlflow.json").read_text())
    for training in trainings:
        expected = measured[flavor][training.__name__]
        found = logged_by_us(flavor, training, log_models=False, **options)
        for part in ("status", "params", "files"):
            assert found[part] == expected[part], (training.__name__, part)
        assert points(found) == points(expected), training.__name__


def points(logged: dict[str, Any]) -> dict[str, Any]:
    """The steps and values of each metric; values that are nearly the same are the same."""
    return {
        name: [[step, pytest.approx(value, rel=1e-5, abs=1e-9)] for step, value in series]
        for name, series in logged["metrics"].items()
    }


def runs() -> list[Any]:
    """All runs of the active store."""
    return list(millstream.search_runs(search_all_experiments=True, output_format="list"))


def facts(client: Any, run_id: str) -> dict[str, Any]:
    """Params, metrics by step, tags, and the files that are not those of a logged model."""
    run = client.get_run(run_id)
    history = {
        name: [[point.step, point.value] for point in client.get_metric_history(run_id, name)]
        for name in run.data.metrics
    }
    return {
        "run_id": run_id,
        "status": run.info.status,
        "params": dict(run.data.params),
        "metrics": {name: sorted(points) for name, points in history.items()},
        "tags": dict(run.data.tags),
        "files": sorted(_files(client, run_id, None)),
        "inputs": [
            [{tag.key: tag.value for tag in one.tags}, one.dataset.name]
            for one in run.inputs.dataset_inputs
        ],
        "models": [one.model_id for one in run.outputs.model_outputs],
    }


def model_of(logged: dict[str, Any]) -> Any:
    """The one model that a run left."""
    assert len(logged["models"]) == 1
    return millstream.get_logged_model(logged["models"][0])


def info_of(model: Any) -> Any:
    """What the MLmodel of a logged model says."""
    return millstream.models.get_model_info(model.model_uri)


def _files(client: Any, run_id: str, folder: str | None) -> Iterator[str]:
    for file in client.list_artifacts(run_id, folder):
        if file.path == "model":  # both show the files of a logged model there
            continue
        if file.is_dir:
            yield from _files(client, run_id, file.path)
        else:
            yield file.path


def _measure(flavor: str, module: str, functions: Sequence[str]) -> dict[str, Any]:
    mlflow = importlib.import_module("mlflow")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.set_experiment("measured")
        trainings = importlib.import_module(module)
        importlib.import_module(f"mlflow.{flavor}").autolog(log_models=False)
        found = {}
        for function in functions:
            getattr(trainings, function)()
            run_id = mlflow.last_active_run().info.run_id
            logged = facts(mlflow.MlflowClient(), run_id)
            found[function] = {
                name: logged[name] for name in ("status", "params", "metrics", "files")
            }
    return found


def _main() -> None:
    flavor, module, *functions = sys.argv[1:]
    kept = Path(__file__).with_name("logged_by_mlflow.json")
    measured = json.loads(kept.read_text()) if kept.exists() else {}
    measured[flavor] = measured.get(flavor, {}) | _measure(flavor, module, functions)
    kept.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    _main()
