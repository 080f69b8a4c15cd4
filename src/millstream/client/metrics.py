"""Metrics, as scripts and the client see them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

from millstream.client.active import active_model_id, current, current_and_model, place_of, rank_in
from millstream.client.applying import pieces
from millstream.client.away import warn
from millstream.client.checks import plain_point, point
from millstream.client.columns import columns, is_column
from millstream.client.datasets import describe, link
from millstream.client.operations import RunOperations
from millstream.client.ranks import name_metrics
from millstream.client.records import Points
from millstream.client.session import SESSION, Connection
from millstream.client.spool import PATIENCE, attempt, write
from millstream.entities.metrics import GetMetricHistory, LogMetric, Metric
from millstream.entities.runs import LogBatch
from millstream.errors import MillstreamError, Unavailable
from millstream.store.interface import Metrics

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
        under_way = write(self._place, run_id, request)
        if synchronous is False:
            SESSION.remember(under_way)
            return RunOperations([under_way.result])
        under_way.result()
        return None

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        """All points of a metric, ordered by timestamp, step and value."""
        metrics = self._fresh.metrics
        return whole_history(metrics, SESSION.delivery.target(self._place, run_id), key)


def whole_history(
    metrics: Metrics, run_id: str, key: str, attempt: int | None = None
) -> list[Metric]:
    """All points of a metric, or all that was left behind of an attempt, page by page."""
    found: list[Metric] = []
    token: str | None = None
    while True:
        page = metrics.get_history(GetMetricHistory(run_id, key, PAGE, token, attempt))
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
    found = plain_point(key, value, timestamp, step)
    if run_id is None and synchronous is None and dataset is None and model_id is None:
        item, model_id = current_and_model()
        if model_id is None and not item.rank:
            try:
                SESSION.delivery.append_point(item.place, item.run_id, found)
            except OSError:
                _log_without_journal([Metric(*found)], item.run_id, item.place)
            return None
    return _log([Metric(*found)], synchronous, run_id, model_id, dataset)


def log_metrics(
    metrics: Mapping[str, Any],
    step: Any | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: Any | None = None,
    model_id: str | None = None,
    dataset: Any | None = None,
) -> RunOperations | None:
    """Log a point of each of several metrics; see `log_metric`.

    A value may be several: a list, or an array or tensor of one dimension. `step` is then as many
    whole numbers, or the first of them (0 if not said), and `timestamp` one or as many.
    """
    when = timestamp if timestamp is not None else time.time_ns() // 1_000_000
    points: list[Metric | Points] = []
    for index, (key, value) in enumerate(metrics.items()):
        where = f"metrics[{index}]."
        if is_column(value):
            points += columns(key, value, step, when, where)
        else:
            points.append(point(key, value, when, step, where))
    return _log(points, synchronous, run_id, model_id, dataset)


def flush_async_logging() -> None:
    """Wait until all that was logged has arrived, or the store turns out to be away."""
    SESSION.flush()


def _log(
    points: Sequence[Metric | Points],
    synchronous: bool | None,
    run_id: str | None,
    model_id: str | None,
    dataset: Any | None,
) -> RunOperations | None:
    if run_id is None:
        _, run_id, place, rank = current()
    else:
        place, rank = place_of(run_id), rank_in(run_id)
    if rank:
        name_metrics(rank, points)
    model_id = model_id or active_model_id()
    if model_id is not None or dataset is not None:
        _attach(points, run_id, place, model_id, dataset)
    try:
        SESSION.delivery.append(place, run_id, points)
    except OSError:
        _log_without_journal(points, run_id, place)
    if synchronous is None:
        return None
    arrival = _Arrival(run_id, place)
    if synchronous:
        arrival.wait()
        return None
    return RunOperations([arrival.wait])


def _log_without_journal(points: Sequence[Metric | Points], run_id: str, place: str) -> None:
    """Where no journal can be written, ask the store at once; without one, tell what is lost."""
    target = SESSION.delivery.target(place, run_id)

    def log() -> None:
        for piece in pieces(points):
            request = LogBatch(target, cast("list[Metric]", piece))
            SESSION.stores.prompt(place).runs.log_batch(request).result(PATIENCE)

    def tell(error: MillstreamError) -> None:
        warn(
            f"there is no journal, and {error.message} What run {run_id} logs is lost until one "
            "of them is back; training goes on"
        )

    attempt(place, log, tell)


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
    points: Sequence[Metric | Points],
    run_id: str,
    place: str,
    model_id: str | None,
    dataset: Any | None,
) -> None:
    """Say which model and dataset the points are about, and that the run reads them."""
    data = None if dataset is None else describe(dataset)
    for metric in points:
        metric.model_id = model_id
        if data is not None:
            metric.dataset_name = data.name
            metric.dataset_digest = data.digest
    link(run_id, place, model_id, data)
