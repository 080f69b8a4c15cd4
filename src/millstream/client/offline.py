"""Runs, models and experiments that begin while their store is away, and are made later."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping

import msgspec

from millstream.client.applying import (
    OFFLINE,
    experiment_of,
    lane_of_experiment,
    tag_experiment,
)
from millstream.client.other_ids import MODEL
from millstream.client.records import BeginModel, BeginRun, TagExperiment
from millstream.client.session import SESSION
from millstream.client.spool import PATIENCE, attempt, is_kept, keep, must_queue
from millstream.entities.experiments import (
    CreateExperiment,
    Experiment,
    ExperimentId,
    LifecycleStage,
)
from millstream.entities.models import (
    CreateLoggedModel,
    LoggedModel,
    LoggedModelData,
    LoggedModelInfo,
)
from millstream.entities.runs import (
    CreateRun,
    LogBatch,
    Run,
    RunData,
    RunId,
    RunInfo,
    RunTag,
    UpdateRun,
)
from millstream.entities.validation import check_model_name
from millstream.errors import MillstreamError, Unavailable
from millstream.store.interface import Store


def begin_run(place: str, request: CreateRun) -> Run:
    """Create a run in its store or, while that is away, in a journal."""
    if not is_kept():
        return SESSION.stores.patient(place).runs.create(request).result()
    asked = msgspec.structs.replace(request, run_id=request.run_id or os.urandom(16).hex())

    def created() -> Run:
        store = SESSION.stores.prompt(place)
        found = msgspec.structs.replace(
            asked, experiment_id=made_meanwhile(store, place, asked.experiment_id)
        )
        return store.runs.create(found).result(PATIENCE)

    return attempt(place, created, lambda error: _begin_here(place, asked, error))


def begin_model(place: str, request: CreateLoggedModel) -> LoggedModel:
    """Create a logged model in its store or, while that is away, in journals."""
    if not is_kept():
        return SESSION.stores.patient(place).models.create(request).result()
    run_id = request.source_run_id
    asked = msgspec.structs.replace(request, model_id=f"{MODEL}{os.urandom(16).hex()}")

    def created() -> LoggedModel:
        store = SESSION.stores.prompt(place)
        home = asked.experiment_id
        target = run_id and SESSION.delivery.target(place, run_id)
        if target and not home:  # nothing was known of the run when it was resumed
            home = store.runs.get(RunId(target)).info.experiment_id
        found = msgspec.structs.replace(
            asked, experiment_id=made_meanwhile(store, place, home), source_run_id=target
        )
        return store.models.create(found).result(PATIENCE)

    def later(error: MillstreamError) -> LoggedModel:
        return _begin_model_here(place, asked, error)

    if run_id and must_queue(place, run_id):
        waits = Unavailable(f"run {run_id} waits to be sent, and there is no journal for its model")
        return later(waits)
    return attempt(place, created, later)


def resume_run(
    place: str,
    run_id: str,
    experiment_id: str | None,
    run_name: str | None,
    tags: Mapping[str, str],
) -> Run:
    """Go on with a run of which nothing can be known now."""
    keep(place, run_id, UpdateRun(run_id, "RUNNING", run_name=run_name), None)
    labels = [RunTag(key, value) for key, value in tags.items()]
    if labels:
        keep(place, run_id, LogBatch(run_id, tags=labels), None)
    return unseen_run(place, run_id, experiment_id, run_name, tags)


def find_run(place: str, run_id: str) -> Run | None:
    """A run with all that was logged for it; None while its store is away."""
    return attempt(
        place,
        lambda: SESSION.fresh(place, "prompt").runs.get(
            RunId(SESSION.delivery.target(place, run_id))
        ),
        lambda _: None,
    )


def unseen_run(
    place: str,
    run_id: str,
    experiment_id: str | None,
    run_name: str | None,
    tags: Mapping[str, str],
) -> Run:
    """What can be said of a run whose store is away."""
    experiment = experiment_id or SESSION.experiment(place) or ""
    info = RunInfo(run_id, experiment, "", "RUNNING", run_name=run_name, run_uuid=run_id)
    return Run(info, RunData(tag_list=[RunTag(key, value) for key, value in tags.items()]))


def experiment_to_make(place: str, request: CreateExperiment) -> Experiment:
    """An experiment under a provisional id, which stands for its name until the store is back."""
    name = hashlib.sha256(request.name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    experiment_id = f"{OFFLINE}{name}"
    SESSION.experiments_to_make[place, experiment_id] = request
    return Experiment(
        experiment_id, request.name, request.artifact_location or "", LifecycleStage.ACTIVE
    )


def create_experiment_at(place: str, request: CreateExperiment) -> str:
    """Create an experiment, or see to it that it is created when its store is back."""

    def created() -> str:
        made = SESSION.stores.prompt(place).experiments.create(request)
        return made.result(PATIENCE).experiment_id

    def later(error: MillstreamError) -> str:
        experiment_id = experiment_to_make(place, request).experiment_id
        try:
            SESSION.delivery.record(place, experiment_id, request)
        except OSError:
            raise error from None
        return experiment_id

    return attempt(place, created, later)


def tag_experiment_at(place: str, experiment_id: str, key: str, value: str | None) -> None:
    """Set a tag of an experiment, or remove it, now or when its store is back."""

    def later() -> None:
        named = _named_experiment(place, experiment_id)
        keep(place, lane, TagExperiment(experiment_id, key, value, named), None)

    def tagged() -> None:
        store = SESSION.stores.prompt(place)
        known = made_meanwhile(store, place, experiment_id)
        tag_experiment(store, known, key, value).result(PATIENCE if is_kept() else None)

    lane = lane_of_experiment(experiment_id)
    if must_queue(place, lane):
        later()
    else:
        attempt(place, tagged, lambda _: later())


def get_experiment_at(place: str, experiment_id: str) -> Experiment:
    """Get an experiment; while its store is away, all that is known is its id."""
    to_make = SESSION.experiments_to_make.get((place, experiment_id))
    if to_make is not None:
        return experiment_to_make(place, to_make)
    return attempt(
        place,
        lambda: SESSION.stores.prompt(place).experiments.get(ExperimentId(experiment_id)),
        lambda _: Experiment(experiment_id, "", "", LifecycleStage.ACTIVE),
    )


def made_meanwhile(store: Store, place: str, experiment_id: str) -> str:
    """The id of an experiment in a store that is back; most have it already."""
    request = SESSION.experiments_to_make.get((place, experiment_id))
    if request is None:
        return experiment_id
    made = experiment_of(store, request)
    if SESSION.experiment(place) == experiment_id:
        SESSION.set_experiment(place, made, request.name)
    return made


def _begin_here(place: str, request: CreateRun, error: MillstreamError) -> Run:
    run_id = str(request.run_id)
    experiment = _named_experiment(place, request.experiment_id)
    try:
        SESSION.delivery.record(place, run_id, BeginRun(request, experiment))
    except OSError:
        raise error from None
    info = RunInfo(
        run_id,
        request.experiment_id,
        request.user_id or "",
        "RUNNING",
        request.start_time,
        run_name=request.run_name,
        run_uuid=run_id,
    )
    return Run(info, RunData(tag_list=request.tags))


def _begin_model_here(
    place: str, request: CreateLoggedModel, error: MillstreamError
) -> LoggedModel:
    """Note the model in its own journal, and before that in the journal of its run."""
    model_id, run_id = str(request.model_id), request.source_run_id
    if request.name:
        check_model_name(request.name)
    record = BeginModel(request, _named_experiment(place, request.experiment_id))
    try:
        if run_id:
            SESSION.delivery.record(place, run_id, record)
        SESSION.delivery.record(place, model_id, record)
    except OSError:
        raise error from None
    now = time.time_ns() // 1_000_000
    info = LoggedModelInfo(
        model_id,
        request.experiment_id,
        request.name or "",
        now,
        now,
        "",
        "LOGGED_MODEL_PENDING",
        request.model_type,
        run_id,
        tags=request.tags,
    )
    return LoggedModel(info, LoggedModelData(request.params))


def _named_experiment(place: str, experiment_id: str) -> CreateExperiment | None:
    """What is to be created, by its name, where an experiment's id means nothing."""
    made = SESSION.experiments_to_make.get((place, experiment_id))
    if made is None and SESSION.experiment(place) == experiment_id and SESSION.experiment_name:
        made = CreateExperiment(SESSION.experiment_name)
    return made
