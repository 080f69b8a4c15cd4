"""The current run: the one context variable around which the functions for scripts are built.

A run that was started in one thread (or asyncio task) is not the active run of another one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, NamedTuple

from millstream import connect
from millstream.address import parse, without_user
from millstream.client.context import USER, context_tags
from millstream.client.delivery import Lane, warn
from millstream.client.experiments import active_experiment_id
from millstream.client.session import SESSION
from millstream.entities.experiments import LifecycleStage
from millstream.entities.runs import (
    CreateRun,
    LogBatch,
    Run,
    RunId,
    RunStatus,
    RunStatusName,
    RunTag,
    UpdateRun,
)
from millstream.errors import InvalidParameter, MillstreamError

PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
RUN_NAME = "mlflow.runName"


class ActiveRun(Run):
    """A run that was started; as a context manager it ends with the block.

    It ends FINISHED, or FAILED if the block raises. What it shows is the run as it was started.
    """

    def __enter__(self) -> ActiveRun:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _end_through(self.info.run_id, "FINISHED" if kind is None else "FAILED")


class Current(NamedTuple):
    """A run on the stack, and the store it lives in whatever the tracking URI becomes."""

    run: ActiveRun
    run_id: str
    place: str


class Stack(NamedTuple):
    """The nested runs of a context, outermost first, and the last one started or ended.

    `model_id` is the model that what is logged is about, `last_model_id` the newest one made.
    """

    runs: tuple[Current, ...] = ()
    last: Current | None = None
    model_id: str | None = None
    last_model_id: str | None = None


_STACK: ContextVar[Stack] = ContextVar("millstream_runs", default=Stack())  # noqa: B039  # immutable


def active_run() -> ActiveRun | None:
    """The run that the functions without a run id log to, or None."""
    runs = _STACK.get().runs
    return runs[-1].run if runs else None


def last_active_run() -> Run | None:
    """The run that was last started or ended in this context, with what it holds now."""
    last = _STACK.get().last
    return None if last is None else SESSION.fresh(last.place).runs.get(RunId(last.run_id))


def current() -> Current:
    """The active run; one is started if there is none."""
    runs = _STACK.get().runs
    if not runs:
        start_run()
        runs = _STACK.get().runs
    return runs[-1]


def place_of(run_id: str) -> str:
    """The store that a run lives in: an active run's own, else that of the tracking URI."""
    places = {item.run_id: item.place for item in _STACK.get().runs}
    return places.get(run_id) or SESSION.place


def artifact_uri_of(run_id: str, place: str) -> str | None:
    """Where the artifacts of a run are, if it is an active run of that store."""
    for item in _STACK.get().runs:
        if item.run_id == run_id and item.place == place:
            return item.run.info.artifact_uri
    return None


def active_model_id() -> str | None:
    """The model that what is logged now is about."""
    return _STACK.get().model_id


def set_active_model_id(model_id: str | None) -> None:
    """Say which model what is logged from now on is about, in this context."""
    _STACK.set(_STACK.get()._replace(model_id=model_id))


def last_model_id() -> str | None:
    """The logged model that was last created in this context."""
    return _STACK.get().last_model_id


def set_last_model_id(model_id: str) -> None:
    """Note that a logged model was created in this context."""
    _STACK.set(_STACK.get()._replace(last_model_id=model_id))


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
) -> ActiveRun:
    """Start a run, or go on with the run `run_id`, and make it the active one.

    It goes below `parent_run_id`, or with `nested` below the active run. Without an id or name,
    the experiment is the one that `set_experiment` or the environment names, else Default.
    """
    stack = _STACK.get()
    if stack.runs and not nested:
        raise Exception(  # scripts written for MLflow catch exactly this
            f"Run with UUID {stack.runs[-1].run_id} is already active. To start a new run, first "
            "end the current run with mlflow.end_run(). To start a nested run, call start_run "
            "with nested=True"
        )
    if log_system_metrics:
        warn("system metrics are not collected yet; the run goes on without them")
    place = SESSION.place
    all_tags = _tags(tags, description)
    existing = run_id or _run_id_of_environment()
    if existing:
        run = _resume(place, existing, experiment_id, run_name, all_tags)
    else:
        parent = parent_run_id or (stack.runs[-1].run_id if stack.runs else None)
        if parent_run_id:
            _check_parent(place, parent_run_id)
        run = _create(place, experiment_id, run_name, parent, all_tags)
    active = ActiveRun(run.info, run.data, run.inputs, run.outputs)
    item = Current(active, run.info.run_id, place)
    _STACK.set(_STACK.get()._replace(runs=(*stack.runs, item), last=item))
    SESSION.open_runs[item.run_id] = lambda: _end_at_exit(item)
    return active


def end_run(status: str = "FINISHED") -> None:
    """End the active run, if there is one; what it logged has then arrived or is safe on disk."""
    RunStatus.from_string(status)
    runs = _STACK.get().runs
    if runs:
        _end_through(runs[-1].run_id, status)


def _end_through(run_id: str, status: str) -> None:
    """End a run of this context, and before it the runs nested in it that were left open."""
    if run_id not in [item.run_id for item in _STACK.get().runs]:
        return
    while True:
        stack = _STACK.get()
        *others, item = stack.runs
        _STACK.set(stack._replace(runs=tuple(others), last=item))
        _end(item, RunStatus.to_string(RunStatus.from_string(status)))
        if item.run_id == run_id:
            return


def _end(item: Current, status: RunStatusName) -> None:
    SESSION.open_runs.pop(item.run_id, None)
    lane = _journal_end(item, status)
    SESSION.flush(item.place)
    if lane is not None and lane.end_refusal is not None:
        raise lane.end_refusal
    _print_links(item)


def _end_at_exit(item: Current) -> None:
    SESSION.open_runs.pop(item.run_id, None)
    _journal_end(item, "FINISHED")
    _print_links(item)


def _journal_end(item: Current, status: RunStatusName) -> Lane | None:
    end = UpdateRun(item.run_id, status, _now())
    try:
        return SESSION.delivery.append_end(item.place, end)
    except OSError as error:
        warn(f"there is no journal ({error}); the end of the run is written through")
        SESSION.store(item.place).runs.update(end).result()
        return None


def _print_links(item: Current) -> None:
    if not connect.is_remote(item.place) or SESSION.settings().suppress_printing_url_to_stdout:
        return
    info = item.run.info
    experiment = f"{without_user(parse(item.place))}/#/experiments/{info.experiment_id}"
    lines = [
        f"🏃 View run {info.run_name or info.run_id} at: {experiment}/runs/{info.run_id}",
        f"🧪 View experiment at: {experiment}",
    ]
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    for line in lines:
        print(line.encode(encoding, "replace").decode(encoding))


def _create(
    place: str,
    experiment_id: str | None,
    run_name: str | None,
    parent: str | None,
    tags: dict[str, str],
) -> Run:
    found = SESSION.settings()
    all_tags = context_tags(found)
    if parent:
        all_tags[PARENT] = parent
    all_tags |= tags
    name = run_name or found.run_name
    if name:
        all_tags[RUN_NAME] = name
    request = CreateRun(
        experiment_id=experiment_id or active_experiment_id(place),
        user_id=all_tags[USER],
        run_name=name,
        start_time=_now(),
        tags=[RunTag(key, value) for key, value in all_tags.items()],
    )
    return SESSION.store(place).runs.create(request).result()


def _resume(
    place: str,
    run_id: str,
    experiment_id: str | None,
    run_name: str | None,
    tags: dict[str, str],
) -> Run:
    store = SESSION.fresh(place)
    info = store.runs.get(RunId(run_id)).info
    if info.lifecycle_stage == LifecycleStage.DELETED:
        raise MillstreamError(
            f"Cannot start run with ID {run_id} because it is in the deleted state."
        )
    chosen = experiment_id or SESSION.experiment(place)
    if chosen and chosen != info.experiment_id:
        raise MillstreamError(
            f"Cannot start run with ID {run_id}: it belongs to experiment {info.experiment_id}, "
            f"but experiment {chosen} is the active one. Choose the run's experiment with "
            "set_experiment, or none at all."
        )
    store.runs.update(UpdateRun(run_id, "RUNNING", run_name=run_name)).result()
    if tags:
        batch = [RunTag(key, value) for key, value in tags.items()]
        store.runs.log_batch(LogBatch(run_id, tags=batch)).result()
    return store.runs.get(RunId(run_id))


def _check_parent(place: str, parent_run_id: str) -> None:
    parent = SESSION.store(place).runs.get(RunId(parent_run_id))
    if parent.info.lifecycle_stage == LifecycleStage.DELETED:
        raise MillstreamError(
            f"Cannot start run under parent run with ID {parent_run_id} because it is in the "
            "deleted state."
        )


def _run_id_of_environment() -> str | None:
    """The run that the environment says to go on with; said once, so it is taken away."""
    found = SESSION.settings().run_id
    for name in ("MILLSTREAM_RUN_ID", "MLFLOW_RUN_ID"):
        os.environ.pop(name, None)
    return found


def _tags(tags: Mapping[str, Any] | None, description: str | None) -> dict[str, str]:
    found = {str(key): str(value) for key, value in (tags or {}).items()}
    if description:
        if NOTE in found:
            raise InvalidParameter(
                f"the description is given twice: as `description` ('{description}') and as the "
                f"tag '{NOTE}' ('{found[NOTE]}'); give one of them"
            )
        found[NOTE] = description
    return found


def _now() -> int:
    return time.time_ns() // 1_000_000
