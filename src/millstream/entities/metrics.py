"""Metrics: numbers over steps, and the requests about them."""

from __future__ import annotations

import msgspec

from millstream.entities.entity import Entity


class Metric(Entity):
    """One point of a metric. `timestamp` is in ms; value may be NaN or infinite."""

    key: str
    value: float
    timestamp: int
    step: int = msgspec.field(default_factory=int)
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None


class LogMetric(Entity):
    """Log one point of one run."""

    run_id: str
    key: str
    value: float
    timestamp: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class GetMetricHistory(Entity):
    """The points of one metric of one run, ordered by (timestamp, step, value).

    Without `max_results` all of them. With `attempt`, by number, those that were left behind when
    a later attempt went on from an earlier step.
    """

    run_id: str
    metric_key: str
    max_results: int | None = None
    page_token: str | None = None
    attempt: int | None = None


class MetricPage(Entity):
    """Points of metrics; the token is absent on the last page."""

    metrics: list[Metric] = []
    next_page_token: str | None = None


class GetMetricHistoryBulk(Entity):
    """The points of one metric of up to 100 runs, ordered by (run, timestamp, step, value)."""

    run_id: list[str]
    metric_key: str
    max_results: int = 25_000


class GetMetricHistoryBulkInterval(Entity):
    """The points of one metric of up to 100 runs at up to `max_results` steps spread evenly.

    Each run's first and last step are always among them. Ordered by (run, step).
    """

    run_ids: list[str]
    metric_key: str
    start_step: int | None = None
    end_step: int | None = None
    max_results: int = 2_500


class GetSeries(Entity):
    """Metrics of runs as columns, thinned to `buckets` ranges of steps (1 to 5,000).

    Each bucket keeps its first, last, lowest and highest point, so that no spike is lost. With
    `attempt`, by number, what was left behind of it when a later attempt of the run went on from
    an earlier step.
    """

    run_ids: list[str]
    metric_keys: list[str]
    start_step: int | None = None
    end_step: int | None = None
    buckets: int = 500
    attempt: int | None = None


class Series(Entity):
    """One metric of one run as columns of equal length, ordered by step.

    `total` counts the points in the range before thinning. Values that are no finite number
    travel as the words NaN, Infinity and -Infinity.
    """

    run_id: str
    metric_key: str
    total: int
    steps: list[int]
    timestamps: list[int]
    values: list[float]


class SeriesPage(Entity):
    """The series asked for, in the order of runs, then keys; absent where nothing was logged."""

    series: list[Series] = msgspec.field(default_factory=list)
