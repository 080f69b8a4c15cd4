"""Runs of a bundle in the store that they arrive in.

A run keeps its id where the store lets it (MLflow's gives a new one), and names its origin in tags.
Filling it twice changes nothing, and it is marked as arrived last: so a run that was cut off is
filled again, and one that has arrived is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar, cast

from millstream.bundles import points
from millstream.bundles.contents import (
    ARRIVED,
    ARRIVING,
    ORIGIN_RUN_ID,
    ORIGIN_STATE,
    PREFIX,
    RUN,
    Bundle,
    BundledRun,
    metrics_path,
)
from millstream.bundles.side import Folder, Side
from millstream.bundles.uploads import upload
from millstream.entities.experiments import CreateExperiment, GetExperimentByName
from millstream.entities.runs import (
    CreateRun,
    LogBatch,
    LogInputs,
    Run,
    RunId,
    RunInfo,
    RunStatusName,
    RunTag,
    SearchRuns,
    SetTag,
    UpdateRun,
)
from millstream.errors import AlreadyExists, InvalidState, NotFound
from millstream.store.interface import Store

MOST_METRICS = 1_000
MOST_OTHERS = 100
_ACTIVE = "active"

T = TypeVar("T")


def experiment_id_of(store: Store, name: str) -> str:
    """The experiment of that name, created if there is none; a deleted one raises."""
    try:
        return store.experiments.create(CreateExperiment(name)).result().experiment_id
    except AlreadyExists:
        found = store.experiments.get_by_name(GetExperimentByName(name))
    if found.lifecycle_stage != _ACTIVE:
        raise InvalidState(
            f"The experiment '{name}' is deleted: `millstream experiments restore "
            f"--experiment-id {found.experiment_id}` brings it back, or name another one with "
            "--experiment-name."
        )
    return found.experiment_id


def bring_run(side: Side, bundle: Bundle, item: BundledRun, experiment_id: str) -> Run:
    """The run in the store of this side, with all that the bundle has of it."""
    info = item.run.info
    store = side.tracking
    run = _present(store, info, experiment_id) or _create(store, item.run, experiment_id)
    if run.data.tags.get(ORIGIN_STATE) == ARRIVING:
        _fill(side, bundle, item.run, run)
    return run


def _present(store: Store, info: RunInfo, experiment_id: str) -> Run | None:
    """The same run: by its id and time of start, or by the tag that names its origin."""
    try:
        run = store.runs.get(RunId(info.run_id))
        same = run.info.start_time == info.start_time
        if same and run.info.lifecycle_stage == _ACTIVE:
            return run
    except NotFound:
        pass  # then it may be there under another id
    request = SearchRuns(
        [experiment_id], filter=f"tags.`{ORIGIN_RUN_ID}` = '{info.run_id}'", max_results=1
    )
    found = store.runs.search(request).runs
    return found[0] if found else None


def _create(store: Store, run: Run, experiment_id: str) -> Run:
    info = run.info
    request = CreateRun(
        experiment_id,
        info.user_id,
        info.run_name,
        info.start_time,
        [RunTag(ORIGIN_RUN_ID, info.run_id), RunTag(ORIGIN_STATE, ARRIVING)],
        info.run_id,
    )
    try:
        return store.runs.create(request).result()
    except AlreadyExists:
        arriving = _present(store, info, experiment_id)  # it came by another import just now
        if arriving is not None:
            return arriving
        request.run_id = None  # the id is somebody else's, or of a deleted run
        return store.runs.create(request).result()


def _fill(side: Side, bundle: Bundle, origin: Run, run: Run) -> None:
    store, run_id = side.tracking, run.info.run_id
    for params in _parts(origin.data.param_list, MOST_OTHERS):
        store.runs.log_batch(LogBatch(run_id, params=params)).result()
    tags = [tag for tag in origin.data.tag_list if not tag.key.startswith(PREFIX)]
    for part in _parts(tags, MOST_OTHERS):
        store.runs.log_batch(LogBatch(run_id, tags=part)).result()
    path = metrics_path(origin.info.run_id)
    for found in points.parse(bundle.read(path), path):
        for metrics in _parts(found, MOST_METRICS):
            store.runs.log_batch(LogBatch(run_id, metrics)).result()
    if origin.inputs.dataset_inputs:
        store.runs.log_inputs(LogInputs(run_id, origin.inputs.dataset_inputs)).result()
    if origin.info.run_id == bundle.contents.version.run_id:
        folder = Folder(side.artifacts(run.info.artifact_uri or ""))
        upload(bundle, bundle.contents.below(RUN), folder)
    status = cast("RunStatusName", origin.info.status)
    store.runs.update(UpdateRun(run_id, status, origin.info.end_time)).result()
    store.runs.set_tag(SetTag(run_id, ORIGIN_STATE, ARRIVED)).result()


def _parts(items: Sequence[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
