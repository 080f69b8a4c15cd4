"""The files of a bundled version in the store that they arrive in: a logged model, or a run's.

A logged model keeps its id where the store lets it. It is READY when all has arrived; until then
what is missing is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from millstream.bundles.contents import (
    MODEL,
    ORIGIN_MODEL_ID,
    PREFIX,
    Bundle,
    Contents,
)
from millstream.bundles.side import Folder, Side
from millstream.bundles.uploads import upload
from millstream.entities.models import (
    CreateLoggedModel,
    FinalizeLoggedModel,
    GetLoggedModel,
    LoggedModel,
    LoggedModelTag,
    ModelStatusName,
    SearchLoggedModels,
)
from millstream.entities.runs import LogBatch, LoggedModelOutput, LogOutputs, Run
from millstream.errors import AlreadyExists, NotFound
from millstream.store.interface import Store

_VERSIONS_TAG = "mlflow.modelVersions"
_READY: ModelStatusName = "LOGGED_MODEL_READY"
_PENDING = "LOGGED_MODEL_PENDING"
_MOST_METRICS = 1_000


class Home(NamedTuple):
    """Where the files of the version are now, and what the registry is to say of that."""

    folder: Folder
    source: str
    model_id: str | None
    digests: dict[str, str]


def bring_model(side: Side, bundle: Bundle, runs: Mapping[str, Run], experiment_id: str) -> Home:
    """The model in the store of this side; `runs` are those that arrived, by their id before."""
    contents = bundle.contents
    files = contents.below(MODEL)
    run = runs.get(contents.version.run_id or "")
    if contents.model_path is not None and run is not None and run.info.artifact_uri:
        folder = Folder(side.artifacts(run.info.artifact_uri), contents.model_path)
        source = f"{run.info.artifact_uri.rstrip('/')}/{contents.model_path}"
        return Home(folder, source, None, upload(bundle, files, folder))
    origin = contents.model or _made_up(contents)
    model = _present(side.tracking, origin, experiment_id) or _create(
        side.tracking, origin, runs, experiment_id
    )
    folder = Folder(side.artifacts(model.artifact_location))
    digests = upload(bundle, files, folder)
    if model.info.status == _PENDING:
        _fill(side.tracking, origin, model, runs)
    return Home(folder, f"models:/{model.model_id}", model.model_id, digests)


def _made_up(contents: Contents) -> LoggedModel:
    """A logged model for files that belonged to none, with the same id at every arrival."""
    version = contents.version
    return LoggedModel.of(
        experiment_id="",
        model_id=f"m-{contents.origin.identity[:32]}",
        name=f"{version.name} {version.version}".translate(_NOT_IN_NAMES),
        artifact_location="",
        creation_timestamp=version.creation_timestamp,
        last_updated_timestamp=version.creation_timestamp,
        source_run_id=version.run_id or None,
    )


_NOT_IN_NAMES = str.maketrans(dict.fromkeys("/:.%\"'", "_"))


def _present(store: Store, origin: LoggedModel, experiment_id: str) -> LoggedModel | None:
    """The same model: by its id, if it came from there or is the origin itself, or by the tag."""
    try:
        model = store.models.get(GetLoggedModel(origin.model_id))
        came = model.tags.get(ORIGIN_MODEL_ID) == origin.model_id
        if came or model.creation_timestamp == origin.creation_timestamp:
            return model
    except NotFound:
        pass  # then it may be there under another id
    request = SearchLoggedModels(
        [experiment_id], f"tags.`{ORIGIN_MODEL_ID}` = '{origin.model_id}'", max_results=1
    )
    found = store.models.search(request).models
    return found[0] if found else None


def _create(
    store: Store, origin: LoggedModel, runs: Mapping[str, Run], experiment_id: str
) -> LoggedModel:
    source = runs.get(origin.source_run_id or "")
    tags = [
        tag
        for tag in origin.info.tags
        if tag.key != _VERSIONS_TAG and not tag.key.startswith(PREFIX)
    ]
    request = CreateLoggedModel(
        experiment_id,
        origin.name,
        origin.model_type,
        source.info.run_id if source else None,
        origin.data.params,
        [*tags, LoggedModelTag(ORIGIN_MODEL_ID, origin.model_id)],
        origin.model_id,
    )
    try:
        return store.models.create(request).result()
    except AlreadyExists:
        arriving = _present(store, origin, experiment_id)  # it came by another import just now
        if arriving is not None:
            return arriving
        request.model_id = None  # the id is somebody else's, or of a deleted model
        return store.models.create(request).result()


def _fill(store: Store, origin: LoggedModel, model: LoggedModel, runs: Mapping[str, Run]) -> None:
    for run_id, run in runs.items():
        metrics = [
            msgspec.structs.replace(metric, model_id=model.model_id, run_id=run.info.run_id)
            for metric in origin.metrics
            if metric.run_id == run_id
        ]
        for start in range(0, len(metrics), _MOST_METRICS):
            part = metrics[start : start + _MOST_METRICS]
            store.runs.log_batch(LogBatch(run.info.run_id, part)).result()
    source = runs.get(origin.source_run_id or "")
    if source is not None:
        output = LoggedModelOutput(model.model_id)
        store.runs.log_outputs(LogOutputs(source.info.run_id, [output])).result()
    # A version was made of it, so its files were all there.
    store.models.finalize(FinalizeLoggedModel(model.model_id, _READY)).result()
