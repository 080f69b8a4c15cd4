"""The current run: the one context variable around which the functions for scripts are built.

A run that was started in one thread (or asyncio task) is not the active run of another one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any, NamedTuple

from millstream import connect
from millstream.address import parse, without_user
from millstream.client import ranks
from millstream.client.away import warn
from millstream.client.capturing import CAPTURING, parts_of
from millstream.client.context import USER, context_tags
from millstream.client.delivery import Lane
from millstream.client.endings import Ending, of_exception
from millstream.client.experiments import active_experiment_id
from millstream.client.left_behind import take_beside_training, take_of_run
from millstream.client.offline import begin_run, resume_run, unseen_run
from millstream.client.open_runs import OPEN_RUNS
from millstream.client.ranks import Part
from millstream.client.resumption import start_attempt
from millstream.client.session import SESSION
from millstream.client.spool import PATIENCE, attempt, write
from millstream.entities.experiments import LifecycleStage
from millstream.entities.runs import (
    CreateRun,
    LogBatch,
    Run,
    RunId,
    RunInfo,
    RunStatus,
    RunTag,
    UpdateRun,
)
from millstream.errors import AlreadyExists, InvalidParameter, MillstreamError, NotSupported
from millstream.masking import shown

PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
RUN_NAME = "mlflow.runName"


class ActiveRun(Run):
    """A run that was started; as a context manager it ends with the block.

    It ends FINISHED, or FAILED if the block raises: KILLED by an interrupt, and as the code says by
    a `sys.exit`. What it shows is the run as it was started.
    """

    def __enter__(self) -> ActiveRun:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        told = error is not None or kind is None
        _end_through(self.info.run_id, of_exception(error) if told else Ending("FAILED"))


class Current(NamedTuple):
    """A run on the stack, and the store it lives in whatever the tracking URI becomes.

    `rank` is the number of this process among those that share the run.
    """

    run: ActiveRun
    run_id: str
    place: str
    rank: int = 0


class Stack(NamedTuple):
    """The nested runs of a context, outermost first, and the last one started or ended.

    `model_id` is the model that what is logged is about, `last_model_id` the newest one made.
    Below the runs `lending`, which automatic logging began, scripts start theirs as if alone.
    """

    runs: tuple[Current, ...] = ()
    last: Current | None = None
    model_id: str | None = None
    last_model_id: str | None = None
    lending: frozenset[str] = frozenset()


_STACK: ContextVar[Stack] = ContextVar("millstream_runs", default=Stack())  # noqa: B039  # immutable


def active_run() -> ActiveRun | None:
    """The run that the functions without a run id log to, or None."""
    runs = _STACK.get().runs
    return runs[-1].run if runs else None


def last_active_run() -> Run | None:
    """The run that was last started or ended in this context, with what it holds now."""
    last = _STACK.get().last
    if last is None:
        return None
    run_id = SESSION.delivery.target(last.place, last.run_id)
    return SESSION.fresh(last.place).runs.get(RunId(run_id))


def lend_active_run() -> None:
    """Let scripts start runs below the active one as if there were none; they know of none."""
    stack = _STACK.get()
    if stack.runs:
        _STACK.set(stack._replace(lending=stack.lending | {stack.runs[-1].run_id}))


def current() -> Current:
    """The active run; one is started if there is none."""
    runs = _STACK.get().runs
    if not runs:
        start_run()
        runs = _STACK.get().runs
    return runs[-1]


def current_and_model() -> tuple[Current, str | None]:
    """The active run, and the model that what is logged now is about, in one look."""
    stack = _STACK.get()
    if stack.runs:
        return stack.runs[-1], stack.model_id
    return current(), stack.model_id


def place_of(run_id: str) -> str:
    """The store that a run lives in: an active run's own, else that of the tracking URI."""
    places = {item.run_id: item.place for item in _STACK.get().runs}
    return places.get(run_id) or SESSION.place


def rank_in(run_id: str) -> int:
    """The number of this process among those that share an active run; 0 elsewhere."""
    return next((item.rank for item in _STACK.get().runs if item.run_id == run_id), 0)


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
    from_step: int | None = None,
    capture: str | Iterable[str] | None = None,
) -> ActiveRun:
    """Start a run, or go on with the run `run_id`, and make it the active one.

    It goes below `parent_run_id`, or with `nested` below the active run. Without an id or name,
    the experiment is the one that `set_experiment` or the environment names, else Default. With
    `from_step`, what the run logged after that step stays with its earlier attempt. `capture` says
    what is recorded unasked, where that is not what the setting of this name says.
    """
    parts = parts_of(SESSION.settings(), capture, log_system_metrics)
    stack = check_may_start(nested)
    place = SESSION.place
    all_tags = _tags(tags, description)
    part = _part(place, run_id, experiment_id, is_nested=bool(stack.runs))
    if part.is_met:
        _meet(place, part.run_id or "", experiment_id, run_name)
    if part.run_id and part.rank:
        run = _attend(place, part.run_id, part.rank, all_tags)
    elif part.run_id:
        run = _resume(place, part.run_id, experiment_id, run_name, all_tags, from_step)
    else:
        if from_step is not None:
            raise InvalidParameter(
                f"from_step={from_step} says where to go on with a run, and no run is named; give "
                "`run_id` too. `fork_run` begins a new run from a step."
            )
        parent = parent_run_id or (stack.runs[-1].run_id if stack.runs else None)
        if parent_run_id:
            _check_parent(place, parent_run_id)
        run = _create(place, experiment_id, run_name, parent, all_tags)
    active = ActiveRun(run.info, run.data, run.inputs, run.outputs)
    item = Current(active, run.info.run_id, place, part.rank)
    _STACK.set(_STACK.get()._replace(runs=(*stack.runs, item), last=item))
    OPEN_RUNS.begin(
        place, item.run_id, lambda ending: _end_at_exit(item, ending), has_lease=not part.run_id
    )
    CAPTURING.begin(active, place, parts, part.rank, is_outermost=not stack.runs)
    take_beside_training(place)
    return active


def check_may_start(nested: bool) -> Stack:
    """Refuse a run beside the active one; gives the runs that it would be nested in."""
    stack = _STACK.get()
    if stack.runs and not nested and stack.runs[-1].run_id not in stack.lending:
        raise Exception(  # scripts written for MLflow catch exactly this
            f"Run with UUID {stack.runs[-1].run_id} is already active. To start a new run, first "
            "end the current run with mlflow.end_run(). To start a nested run, call start_run "
            "with nested=True"
        )
    return stack


def end_run(status: str = "FINISHED") -> None:
    """End the active run, if there is one; what it logged has then arrived or is safe on disk."""
    known = RunStatus.to_string(RunStatus.from_string(status))
    runs = _STACK.get().runs
    if runs:
        _end_through(runs[-1].run_id, Ending(known))


def _end_through(run_id: str, ending: Ending) -> None:
    """End a run of this context, and before it the runs nested in it that were left open."""
    if run_id not in [item.run_id for item in _STACK.get().runs]:
        return
    while True:
        stack = _STACK.get()
        *others, item = stack.runs
        _STACK.set(stack._replace(runs=tuple(others), last=item))
        _end(item, ending)
        if item.run_id == run_id:
            return


def _end(item: Current, ending: Ending) -> None:
    CAPTURING.end(item.run_id)
    if item.rank:
        _leave(item, item.rank, ending)
        return
    lane = _journal_end(item, ending)
    SESSION.flush(item.place)
    if lane is not None and lane.end_refusal is not None:
        raise lane.end_refusal
    _print_links(item)


def _end_at_exit(item: Current, ending: Ending) -> None:
    CAPTURING.end(item.run_id)
    if item.rank:
        _leave(item, item.rank, ending)
        return
    _journal_end(item, ending)
    _print_links(item)


def _leave(item: Current, rank: int, ending: Ending) -> None:
    """End this process's part in a run that another one owns."""
    OPEN_RUNS.end(item.place, item.run_id)
    SESSION.flush(item.place)
    ranks.leave(rank, item.run_id, item.place, ending)


def _journal_end(item: Current, ending: Ending) -> Lane | None:
    OPEN_RUNS.end(item.place, item.run_id)
    end = UpdateRun(item.run_id, ending.status, _now())
    why = LogBatch(item.run_id, tags=ending.tags)
    try:
        if why.tags:
            SESSION.delivery.record(item.place, item.run_id, why)
        return SESSION.delivery.append_end(item.place, end)
    except OSError as error:
        warn(f"there is no journal ({error}); the end of the run is written through")
        runs = SESSION.stores.prompt(item.place).runs
        if why.tags:
            told = runs.log_batch(why)
            attempt(item.place, lambda: told.result(PATIENCE), lambda _: None)
        update = runs.update(end)
        attempt(item.place, lambda: update.result(PATIENCE), lambda _: None)
        return None


def _print_links(item: Current) -> None:
    if not connect.is_remote(item.place) or SESSION.settings().suppress_printing_url_to_stdout:
        return
    info = item.run.info
    if info.artifact_uri is None:  # it began while the server was away, and is not there yet
        return
    experiment = f"{without_user(parse(item.place))}/#/experiments/{info.experiment_id}"
    lines = [
        f"🏃 View run {info.run_name or info.run_id} at: {experiment}/runs/{info.run_id}",
        f"🧪 View experiment at: {experiment}",
    ]
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    with suppress(OSError, ValueError):  # nobody reads the output any more, or it is closed
        for line in lines:
            print(line.encode(encoding, "replace").decode(encoding))


def _create(
    place: str,
    experiment_id: str | None,
    run_name: str | None,
    parent: str | None,
    tags: dict[str, str],
    run_id: str | None = None,
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
        run_id=run_id,
        lease=OPEN_RUNS.heartbeats.lease(),
    )
    return begin_run(place, request)


def _resume(
    place: str,
    run_id: str,
    experiment_id: str | None,
    run_name: str | None,
    tags: dict[str, str],
    from_step: int | None = None,
) -> Run:
    take_of_run(place, run_id)
    asked = RunId(SESSION.delivery.target(place, run_id))
    found = attempt(place, lambda: _fresh_run(place, asked).info, lambda _: None)
    if found is None:
        if from_step is not None:
            start_attempt(place, run_id, from_step)
        return resume_run(place, run_id, experiment_id, run_name, tags)
    info: RunInfo = found
    _check_not_deleted(info)
    chosen = experiment_id or SESSION.experiment(place)
    if chosen and chosen != info.experiment_id:
        raise MillstreamError(
            f"Cannot start run with ID {run_id}: it belongs to experiment {info.experiment_id}, "
            f"but experiment {chosen} is the active one. Choose the run's experiment with "
            "set_experiment, or none at all."
        )
    if from_step is not None:
        start_attempt(place, run_id, from_step)
    write(place, run_id, UpdateRun(run_id, "RUNNING", run_name=run_name)).result()
    if tags:
        batch = [RunTag(key, value) for key, value in tags.items()]
        write(place, run_id, LogBatch(run_id, tags=batch)).result()
    return attempt(place, lambda: _fresh_run(place, asked), lambda _: Run(info))


def _fresh_run(place: str, asked: RunId) -> Run:
    return SESSION.fresh(place, "prompt").runs.get(asked)


def _meet(place: str, run_id: str, experiment_id: str | None, run_name: str | None) -> None:
    """See to it that the run of a job exists; of its processes, whichever is first creates it."""
    try:
        made = _create(place, experiment_id, run_name, None, {}, run_id)
    except AlreadyExists:
        return
    if made.info.run_id != run_id:
        raise NotSupported(
            f"The server at {shown(place)} gave a new run the id {made.info.run_id} instead of "
            f"{run_id} (MLflow's server does), so processes cannot meet in it. Start a run before "
            "them, and give its id to all as MILLSTREAM_RUN_ID, without MILLSTREAM_SHARE_RUN."
        )


def _attend(place: str, run_id: str, rank: int, tags: dict[str, str]) -> Run:
    """Take part in a run that another process owns, whose status and name stay as they are."""
    asked = RunId(run_id)
    run = attempt(
        place,
        lambda: _fresh_run(place, asked),
        lambda _: unseen_run(place, run_id, None, None, {}),
    )
    _check_not_deleted(run.info)
    if tags:
        named = ranks.name_tags(rank, run_id, place, tags)
        batch = [RunTag(key, value) for key, value in named.items()]
        write(place, run_id, LogBatch(run_id, tags=batch)).result()
    return run


def _check_not_deleted(info: RunInfo) -> None:
    if info.lifecycle_stage == LifecycleStage.DELETED:
        raise MillstreamError(
            f"Cannot start run with ID {info.run_id} because it is in the deleted state."
        )


def _part(place: str, run_id: str | None, experiment_id: str | None, *, is_nested: bool) -> Part:
    named = None if run_id else _run_id_of_environment()
    if is_nested:  # it is the process's own
        return Part(run_id or named)
    found = SESSION.settings()
    home = (experiment_id or active_experiment_id(place)) if found.share_run else ""
    return ranks.part_of(found, run_id, named, home)


def _check_parent(place: str, parent_run_id: str) -> None:
    asked = RunId(SESSION.delivery.target(place, parent_run_id))
    parent = attempt(place, lambda: SESSION.stores.prompt(place).runs.get(asked), lambda _: None)
    if parent is not None and parent.info.lifecycle_stage == LifecycleStage.DELETED:
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
