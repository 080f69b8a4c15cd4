"""A model becomes a logged model: created, linked, uploaded, declared ready, and registered."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from millstream.client.active import active_run, place_of
from millstream.client.away import is_away, warn
from millstream.client.model_versions import AWAIT_SECONDS
from millstream.client.models import initialize_logged_model
from millstream.client.registration import register_model
from millstream.client.session import SESSION
from millstream.client.spool import attempt, is_kept
from millstream.client.tracking import MillstreamClient
from millstream.entities.metrics import Metric
from millstream.entities.model_versions import ModelVersion
from millstream.entities.models import LoggedModel
from millstream.entities.registry_validation import check_name
from millstream.entities.runs import LoggedModelOutput, Run, RunId
from millstream.errors import InvalidParameter, MillstreamError

Save = Callable[[Path], None]
KEPT_NAME = "model"


class Logging(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model goes and what is said about it; the options that every `log_model` has."""

    name: str | None = None
    run_id: str | None = None
    model_id: str | None = None
    model_type: str | None = None
    params: Mapping[str, Any] | None = None
    tags: Mapping[str, Any] | None = None
    step: int = 0
    registered_model_name: str | None = None
    await_registration_for: float | None = AWAIT_SECONDS

    def __post_init__(self) -> None:
        if self.registered_model_name is not None:
            check_name(self.registered_model_name)
        if self.name is not None and not isinstance(self.name, str):
            raise InvalidParameter(f"the name of a model is a text, not {self.name!r}")


def create(options: Logging) -> LoggedModel:
    """The logged model to fill: a new one, or the one that the options name.

    It belongs to the run that the options name or that is active, and to its experiment; without
    a run, to the active experiment. No run is started for it.
    """
    client = MillstreamClient()
    if options.model_id is not None:
        return client.get_logged_model(options.model_id)
    run = _run(client, options)
    given = {str(key): str(value) for key, value in (options.params or {}).items()}
    return initialize_logged_model(
        name=options.name,
        source_run_id=run.info.run_id if run else None,
        tags=options.tags,
        params={**(run.data.params if run else {}), **given},
        model_type=options.model_type,
        experiment_id=run.info.experiment_id if run else None,
    )


def fill(logged: LoggedModel, options: Logging, save: Save) -> LoggedModel:
    """Link the model to its run, let `save` write its directory, upload it, declare it ready.

    If anything of that fails, the model is declared failed and the error raised.
    """
    client = MillstreamClient()
    try:
        run = _run(client, options)
        if run is not None:
            _link(client, run, logged, options.step)
        with tempfile.TemporaryDirectory(prefix="millstream-model-") as folder:
            directory = Path(folder, "model")
            save(directory)
            client.log_model_artifacts(logged.model_id, str(directory))
    except BaseException:
        client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    ready = client.finalize_logged_model(logged.model_id, "READY")
    if ready.artifact_location:
        return ready
    # The store went away meanwhile: what is known of the model is what it began with.
    return LoggedModel(msgspec.structs.replace(logged.info, status=ready.info.status), logged.data)


def register(logged: LoggedModel, options: Logging) -> ModelVersion | None:
    """Register a model that is ready, if the options name a registered model.

    If the registry is away, that is told, and the model stays unregistered.
    """
    name = options.registered_model_name
    if name is None:
        return None
    try:
        return register_model(logged.model_uri, name, options.await_registration_for)
    except MillstreamError as error:
        if not is_kept() or not is_away(error):
            raise
        warn(
            f"the model {logged.model_id} could not be registered as '{name}' ({error.message}); "
            f"later, register_model('{logged.model_uri}', '{name}') does it"
        )
        return None


def run_to_keep_in(options: Logging) -> str | None:
    """The run whose journal takes a model because its store is away; None if that answers."""
    run_id = _run_id(options)
    if run_id is None or options.model_id is not None or not is_kept():
        return None
    place = place_of(run_id)
    answers = attempt(
        place,
        lambda: bool(SESSION.stores.prompt(place).runs.get(RunId(run_id))),
        lambda _: False,
    )
    return None if answers else run_id


def keep_with_run(run_id: str, options: Logging, save: Save) -> str:
    """Keep a model among the files of its run, which wait for their store; gives its URI.

    There is no logged model then: `runs:/<run>/<name>` finds the files, as with models that MLflow
    logged before there were any.
    """
    name = options.name or KEPT_NAME
    uri = f"runs:/{run_id}/{name}"
    with tempfile.TemporaryDirectory(prefix="millstream-model-") as folder:
        directory = Path(folder, "model")
        save(directory)
        MillstreamClient(place_of(run_id)).log_artifacts(run_id, str(directory), name)
    later = options.registered_model_name
    registered = f", and is not registered: register_model('{uri}', '{later}')" if later else ""
    warn(f"the store is away, so the model is kept among the files of its run as {uri}{registered}")
    return uri


def _run_id(options: Logging) -> str | None:
    active = active_run()
    return options.run_id or (active.info.run_id if active else None)


def _run(client: MillstreamClient, options: Logging) -> Run | None:
    run_id = _run_id(options)
    return client.get_run(run_id) if run_id else None


def _link(client: MillstreamClient, run: Run, logged: LoggedModel, step: int) -> None:
    """Make the model an output of the run; what was measured at the same step is its too."""
    client.log_outputs(run.info.run_id, [LoggedModelOutput(logged.model_id, step)])
    measured: Sequence[Metric] = [
        msgspec.structs.replace(metric, model_id=logged.model_id)
        for metric in run.data.metric_list
        if metric.step == step and metric.model_id is None
    ]
    if measured:
        client.log_batch(run.info.run_id, metrics=measured)
