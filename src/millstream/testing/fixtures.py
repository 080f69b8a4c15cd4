"""What the contracts share: an experiment and a run of their own for each test."""

from __future__ import annotations

import uuid

import pytest

from millstream.entities.experiments import CreateExperiment
from millstream.entities.metrics import Metric
from millstream.entities.runs import CreateRun, LogBatch, Param, Run, RunId, RunTag
from millstream.store.interface import Store


def unique(prefix: str) -> str:
    """A name that nobody used before."""
    return f"{prefix}-{uuid.uuid4().hex}"


def new_experiment(store: Store) -> str:
    """The id of a fresh experiment."""
    return store.experiments.create(CreateExperiment(unique("experiment"))).result().experiment_id


def new_run(store: Store, experiment_id: str, run_id: str | None = None) -> str:
    """The id of a fresh run."""
    tags = [RunTag("origin", "contract")]
    request = CreateRun(experiment_id, start_time=1, tags=tags, run_id=run_id)
    return store.runs.create(request).result().info.run_id


def get_run(store: Store, run_id: str) -> Run:
    """The run as it is now."""
    return store.runs.get(RunId(run_id))


class Contract:
    """The fixtures of every contract; `store` comes from whoever keeps the contract."""

    @pytest.fixture
    def experiment_id(self, store: Store) -> str:
        """A fresh experiment."""
        return new_experiment(store)

    @pytest.fixture
    def run_id(self, store: Store, experiment_id: str) -> str:
        """A fresh run in it."""
        return new_run(store, experiment_id)


def logged_run(
    store: Store,
    experiment_id: str,
    name: str,
    params: dict[str, str] | None = None,
    metrics: dict[str, list[float]] | None = None,
    tags: dict[str, str] | None = None,
    start_time: int = 1,
) -> str:
    """The id of a run that logged all this, one point a step."""
    given = [RunTag(key, value) for key, value in (tags or {}).items()]
    request = CreateRun(experiment_id, "ada", name, start_time, given)
    run_id = store.runs.create(request).result().info.run_id
    points = [
        Metric(key, value, 5, step)
        for key, values in (metrics or {}).items()
        for step, value in enumerate(values)
    ]
    logged = [Param(key, value) for key, value in (params or {}).items()]
    store.runs.log_batch(LogBatch(run_id, points, logged)).result()
    return run_id
