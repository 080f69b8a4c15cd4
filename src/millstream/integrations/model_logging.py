"""A model becomes a logged model: created, linked, uploaded, declared ready, and registered."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from millstream.client.active import active_run
from millstream.client.away import is_away, warn
from millstream.client.model_versions import AWAIT_SECONDS
from millstream.client.models import (
    find_logged_model,
    finished,
    initialize_logged_model,
    link_model,
)
from millstream.client.offline import find_run
from millstream.client.registration import register_model
from millstream.client.session import SESSION
from millstream.client.spool import is_kept
from millstream.client.tracking import MillstreamClient
from millstream.entities.model_versions import ModelVersion
from millstream.entities.models import LoggedModel
from millstream.entities.registry_validation import check_name
from millstream.entities.runs import Run
from millstream.errors import InvalidParameter, MillstreamError

Save = Callable[[Path], None]


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
    if options.model_id is not None:
        return find_logged_model(SESSION.place, options.model_id)
    run_id = _run_id(options)
    run = find_run(SESSION.place, run_id) if run_id else None
    given = {str(key): str(value) for key, value in (options.params or {}).items()}
    return initialize_logged_model(
        name=options.name,
        source_run_id=run_id,
        tags=options.tags,
        params={**(run.data.params if run else {}), **given},
        model_type=options.model_type,
        experiment_id=_experiment_id(run) if run_id else None,
    )


def fill(logged: LoggedModel, options: Logging, save: Save) -> LoggedModel:
    """Link the model to its run, let `save` write its directory, upload it, declare it ready.

    If anything of that fails, the model is declared failed and the error raised.
    """
    client = MillstreamClient()
    try:
        run_id = _run_id(options)
        if run_id is not None:
            link_model(SESSION.place, run_id, logged.model_id, options.step)
        with tempfile.TemporaryDirectory(prefix="millstream-model-") as folder:
            directory = Path(folder, "model")
            save(directory)
            client.log_model_artifacts(logged.model_id, str(directory))
    except BaseException:
        client.finalize_logged_model(logged.model_id, "FAILED")
        raise
    return finished(logged, client.finalize_logged_model(logged.model_id, "READY"))


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


def _run_id(options: Logging) -> str | None:
    active = active_run()
    return options.run_id or (active.info.run_id if active else None)


def _experiment_id(run: Run | None) -> str:
    """The experiment of a run; empty, to be found later, while nothing is known of the run."""
    return "" if run is None else run.info.experiment_id
