"""Metrics, as scripts and the client see them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from millstream.client.active import active_model_id, current, place_of
from millstream.client.checks import point
from millstream.client.datasets import describe, link
from millstream.client.operations import RunOperations
from millstream.client.session import SESSION, Connection
from millstream.entities.metrics import GetMetricHistory, LogMetric, Metric
from millstream.entities.runs import LogBatch
from millstream.errors import Unavailable

PAGE = 25_000


class MetricMethods(Connection):
    """What a client can do with metrics."""

    def log_metric(
        self,
        run_id: str,
        key: str,
        value: float,
        timestamp: int | None = None,
        step: int | None = None,
        synchronous: bool | None = None,
        dataset_name: str | None = None,
        dataset_digest: str | None = None,
        model_id: str | None = None,
    ) -> RunOperations | None:
        """Log one point of a run; `timestamp` is in ms. What the store refuses is raised."""
        metric = point(key, value, timestamp, step)
        request = LogMetric(
            run_id,
            metric.key,
            metric.value,
            metric.timestamp,
            metric.step,
            model_id,
            dataset_name,
            dataset_digest,
        )
        pending = self._store.metrics.log(request)
        if synchronous is False:
            SESSION.remember(pending)
            return RunOperations([pending.result])
        pending.result()
        return None

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """All points of a metric, ordered by timestamp, step and value."""
        metrics = self._fresh.metrics
        found: list[Metric] = []
        token: str | None = None
        while True:
            page = metrics.get_history(GetMetricHistory(run_id, key, PAGE, token))
            found += page.metrics
            token = page.next_page_token
            if not token:
                return found


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: Any | None = None,
) -> RunOperations | None:
    """Log one point of the active run, or of the run `run_id`; `timestamp` is in ms.

    It is on disk when the call returns, and in the store soon after, even if the store is away
    now. With `synchronous=True` it is in the store, or an error is raised.
    """
    metric = point(key, value, timestamp, step)
    return _log([metric], synchronous, run_id, model_id, dataset)


def log_metrics(
    metrics: Mapping[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: Any | None = None,
) -> RunOperations | None:
    """Log a point of each of several metrics; see `log_metric`."""
    when = timestamp if timestamp is not None else time.time_ns() // 1_000_000
    points = [
        point(key, value, when, step, where=f"metrics[{index}].")
        for index, (key, value) in enumerate(metrics.items())
    ]
    return _log(points, synchronous, run_id, model_id, dataset)


def flush_async_logging() -> None:
    """Wait until all that was logged has arrived, or the store turns out to be away."""
    SESSION.flush()


def _log(
    points: Sequence[Metric],
    synchronous: bool | None,
    run_id: str | None,
    model_id: str | None,
    dataset: Any | None,
) -> RunOperations | None:
    if run_id is None:
        _, run_id, place = current()
    else:
        place = place_of(run_id)
    model_id = model_id or active_model_id()
    if model_id is not None or dataset is not None:
        _attach(points, run_id, place, model_id, dataset)
    try:
        SESSION.delivery.append(place, run_id, points)
    except OSError:  # no journal can be written: the store is asked at once
        SESSION.store(place).runs.log_batch(LogBatch(run_id, list(points))).result()
    if synchronous is None:
        return None
    arrival = _Arrival(run_id, place)
    if synchronous:
        arrival.wait()
        return None
    return RunOperations([arrival.wait])


class _Arrival:
    """Waits for the journal of a run to have been delivered."""

    def __init__(self, run_id: str, place: str) -> None:
        self._run_id = run_id
        self._place = place

    def wait(self) -> None:
        """Wait; raises what the store refused, or `Unavailable` if it is away."""
        for lane in SESSION.flush(self._place):
            if lane.run_id == self._run_id:
                raise lane.refusal or Unavailable(
                    f"{self._place} did not take what run {self._run_id} logged "
                    f"({lane.away or 'it is slow'}); it is safe in {lane.journal.path}"
                )


def _attach(
    points: Sequence[Metric], run_id: str, place: str, model_id: str | None, dataset: Any | None
) -> None:
    """Say which model and dataset the points are about, and that the run reads them."""
    data = None if dataset is None else describe(dataset)
    for metric in points:
        metric.model_id = model_id
        if data is not None:
            metric.dataset_name = data.name
            metric.dataset_digest = data.digest
    link(run_id, place, model_id, data)
