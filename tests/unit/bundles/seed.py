"""Versions for the tests of bundles to carry, and what is to be seen of them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from millstream import connect
from millstream.bundles.side import Side, folder_of_version, list_files
from millstream.client.tracking import MillstreamClient
from millstream.entities.metrics import Metric
from millstream.entities.model_versions import (
    CreateModelVersion,
    ModelVersion,
    ModelVersionTag,
    SearchModelVersions,
)
from millstream.entities.registered_models import (
    CreateRegisteredModel,
    RegisteredModelTag,
)
from millstream.entities.runs import Dataset, DatasetInput, InputTag, LoggedModelOutput
from millstream.settings import Settings

MLMODEL = """\
flavors:
  python_function:
    loader_module: nowhere
model_uuid: 0123456789abcdef0123456789abcdef
signature:
  inputs: '[{"name": "age", "type": "long", "required": true}]'
  outputs: '[{"type": "double", "required": true}]'
  params: null
"""
FILES = {"MLmodel": MLMODEL, "model.skops": "\0bytes" * 100, "deep/down/data.txt": "x"}


def open_folder(folder: Path) -> Side:
    store = connect.open_store(str(folder), Settings())
    return Side(str(folder), str(folder), store, store)


def log_run(client: MillstreamClient, experiment: str = "houses") -> str:
    """A finished run with everything a run can have."""
    found = client.get_experiment_by_name(experiment)
    experiment_id = found.experiment_id if found else client.create_experiment(experiment)
    run_id = client.create_run(experiment_id, tags={"t": "1"}, run_name="by hand").info.run_id
    client.log_batch(
        run_id,
        [
            *(Metric("loss", 1 / (step + 1), 1_000 + step, step) for step in range(2_500)),
            Metric("nan", math.nan, 1, 0),
            Metric("up", math.inf, 1, 0),
        ],
    )
    for number in range(150):
        client.log_param(run_id, f"p{number}", number)
    dataset = Dataset("houses", "abc", "local", "{}", '{"s": 1}', '{"rows": 3}')
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("context", "training")])])
    client.log_text(run_id, "a plot", "plots/plot.txt")
    return run_id


def log_model(client: MillstreamClient, run_id: str, folder: Path, **files: str) -> str:
    """A logged model of the run, with a metric on a dataset."""
    for name, content in {**FILES, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    experiment_id = client.get_run(run_id).info.experiment_id
    model = client.create_logged_model(
        experiment_id, "forest", run_id, {"mt": "1"}, {"mp": "1"}, "regressor"
    )
    client.log_model_artifacts(model.model_id, folder)
    metric = Metric("rmse", 3.5, 5, 0, model.model_id, "houses", "abc", run_id)
    client.log_batch(run_id, [metric])
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
    client.finalize_logged_model(model.model_id, "READY")
    return model.model_id


def register(side: Side, name: str, source: str, run_id: str | None, model_id: str | None) -> None:
    registry = side.registry
    if not registry.model_versions.search(SearchModelVersions(f"name = '{name}'")).model_versions:
        registry.registered_models.create(
            CreateRegisteredModel(name, [RegisteredModelTag("team", "blue")], "prices")
        ).result()
    registry.model_versions.create(
        CreateModelVersion(
            name=name,
            source=source,
            run_id=run_id,
            model_id=model_id,
            tags=[ModelVersionTag("vt", "1")],
            description="the first",
        )
    ).result()


def the_version(side: Side, name: str = "prices") -> ModelVersion:
    """The only version of a model."""
    found = side.registry.model_versions.search(SearchModelVersions(f"name = '{name}'"))
    [one] = found.model_versions
    return one


def bytes_of(side: Side, version: ModelVersion) -> dict[str, bytes]:
    """The files of a version but for those about its origin."""
    folder = folder_of_version(side, version)
    return {
        path: b"".join(folder.store.read(folder.join(path)))
        for path, _ in list_files(folder)
        if not path.startswith("millstream_origin/")
    }


def evidence_of(side: Side, version: ModelVersion) -> Any:
    """What the version's files say of where it came from."""
    folder = folder_of_version(side, version)
    path = folder.join(version.tags["millstream.origin.evidence"])
    return json.loads(b"".join(folder.store.read(path)))
