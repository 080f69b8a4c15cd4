"""Writes the runs of a large demo into a store, in large batches where it takes them."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar, cast

from millstream.cli.demo_runs import Recipe, runs
from millstream.entities.experiments import CreateExperiment, SetExperimentTag
from millstream.entities.metrics import Metric
from millstream.entities.runs import CreateRun, LogBatch, LogInputs, Run, RunStatusName, UpdateRun
from millstream.errors import AlreadyExists
from millstream.store.interface import Store
from millstream.store.pending import Pending
from millstream.store.sql.store import SqlStore

LONG_METRICS = 10
POINTS_OF_A_BATCH = 1_000
SPIKE = 5.0

_RUNS_OF_A_BATCH = 2_000
_MOST_PARAMS = 100
_MOST_BATCHES = 1
_MOST_WRITES = 64
_LONGEST_RUN = "long-training"

T = TypeVar("T")
Progress = Callable[[int], None]


def create_experiment(store: Store, name: str) -> str:
    """The id of a new experiment; `AlreadyExists` says how to choose another name."""
    try:
        created = store.experiments.create(CreateExperiment(name)).result()
    except AlreadyExists as error:
        raise AlreadyExists(
            f"There is an experiment '{name}' already, which is left as it is. "
            "Name another one with --experiment."
        ) from error
    note = "Synthetic runs of `millstream demo --runs`; no model was trained."
    tag = SetExperimentTag(created.experiment_id, "mlflow.note.content", note)
    store.experiments.set_tag(tag).result()
    return created.experiment_id


def fill(store: Store, experiment_id: str, recipe: Recipe, progress: Progress) -> str:
    """Write all runs and return the id of the last; `progress` is told how many were handed over.

    A database gets thousands at once, anything else one after the other, as from a script.
    """
    database = store if isinstance(store, SqlStore) else None
    waiting = _Waiting(_MOST_BATCHES if database else _MOST_WRITES)
    last = ""
    for batch in _slices(runs(recipe, experiment_id), _RUNS_OF_A_BATCH if database else 1):
        if database:
            waiting.add(database.runs.create_complete(experiment_id, batch))
        else:
            _log(store, batch[0], waiting)
        last = batch[-1].info.run_id
        progress(len(batch))
    waiting.finish()
    return last


def fill_long_run(
    store: Store, experiment_id: str, recipe: Recipe, count: int, progress: Progress
) -> str:
    """Write a run with ten metrics of `count` points, a second apart; a few of them are spikes."""
    start = recipe.until - count * 1_000
    create = CreateRun(experiment_id, "ada", _LONGEST_RUN, max(start, 0))
    run_id = store.runs.create(create).result().info.run_id
    waiting = _Waiting(_MOST_WRITES)
    for index in range(LONG_METRICS):
        series = long_series(recipe.seed, index, count, max(start, 0))
        for batch in _slices(series, POINTS_OF_A_BATCH):
            waiting.add(store.runs.log_batch(LogBatch(run_id, batch)))
            progress(len(batch))
    waiting.add(store.runs.update(UpdateRun(run_id, "FINISHED", recipe.until)))
    waiting.finish()
    return run_id


def long_series(seed: int, index: int, count: int, start: int) -> Iterator[Metric]:
    """One of the ten metrics: a noisy slope with ten spikes of one step each."""
    chance = random.Random(f"{seed}:long:{index}")  # noqa: S311 - synthetic data
    spikes = {int((number + 0.37) * count / 10) for number in range(10)}
    name = f"loss/part_{index}"
    for step in range(count):
        value = (1 + index / 5) * math.exp(-3 * step / count) + chance.gauss(0, 0.02)
        if step in spikes:
            value = SPIKE
        yield Metric(name, value, start + step * 1_000, step)


class _Waiting:
    """Writes under way: enough of them to keep the store busy, few enough to keep memory small."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pending: deque[Pending[Any]] = deque()

    def add(self, pending: Pending[Any]) -> None:
        self._pending.append(pending)
        if len(self._pending) > self._most:
            self._pending.popleft().result()

    def finish(self) -> None:
        while self._pending:
            self._pending.popleft().result()


def _log(store: Store, run: Run, waiting: _Waiting) -> None:
    info, data = run.info, run.data
    names = (info.user_id, info.run_name, info.start_time, data.tag_list, info.run_id)
    waiting.add(store.runs.create(CreateRun(info.experiment_id, *names)))
    for params in _slices(iter(data.param_list), _MOST_PARAMS):
        waiting.add(store.runs.log_batch(LogBatch(info.run_id, params=params)))
    for metrics in _slices(iter(data.metric_list), POINTS_OF_A_BATCH):
        waiting.add(store.runs.log_batch(LogBatch(info.run_id, metrics)))
    waiting.add(store.runs.log_inputs(LogInputs(info.run_id, run.inputs.dataset_inputs)))
    if info.end_time is not None:
        status = cast("RunStatusName", info.status)
        waiting.add(store.runs.update(UpdateRun(info.run_id, status, info.end_time)))


def _slices(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while found := list(islice(items, size)):
        yield found
