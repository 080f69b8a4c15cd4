"""Metrics in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from millstream.entities import metrics as m
from millstream.entities import validation
from millstream.errors import InvalidParameter
from millstream.store.pending import Pending
from millstream.store.sql import history, points, sampling, series
from millstream.store.sql.database import Database
from millstream.store.sql.earlier_attempts import put_aside
from millstream.store.sql.lifecycle import logged_run
from millstream.store.sql.transaction import Transaction

_DEFAULT_PAGE = 25_000
_LARGEST_PAGE = 100_000
_MOST_RUNS = 100
_MOST_STEPS = 2_500
_MOST_BUCKETS = 5_000
_MOST_SERIES = 1_000


class SqlMetrics:
    """The metrics of the runs of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def log(self, request: m.LogMetric) -> Pending[None]:
        """Log one point of an active run."""
        validation.check_metric(request)
        return self._database.write(_log, request)

    def get_history(self, request: m.GetMetricHistory) -> m.MetricPage:
        """One page (of at most 25,000 points without `max_results`); unknown ones are empty."""
        most = _DEFAULT_PAGE if request.max_results is None else request.max_results
        validation.check_max_results(most)
        _check_attempt(request.attempt)
        return self._database.read(
            history.page,
            request.run_id,
            request.metric_key,
            min(most, _LARGEST_PAGE),
            request.page_token,
            request.attempt,
        )

    def stream_history(self, request: m.GetMetricHistory) -> Iterator[list[m.Metric]]:
        """All points in slices of at most 10,000, in constant memory."""
        _check_attempt(request.attempt)
        return history.stream(self._database, request)

    def get_history_bulk(self, request: m.GetMetricHistoryBulk) -> m.MetricPage:
        """The points of one metric of several runs; they carry `run_id`."""
        _check_runs("GetMetricHistoryBulk", "run_id", request.run_id)
        validation.check_max_results(request.max_results)
        most = min(request.max_results, _DEFAULT_PAGE)
        return self._database.read(history.of_several, request.run_id, request.metric_key, most)

    def get_history_bulk_interval(self, request: m.GetMetricHistoryBulkInterval) -> m.MetricPage:
        """The same at evenly spread steps; they carry `run_id`."""
        _check_runs("GetMetricHistoryBulkInterval", "run_ids", request.run_ids)
        span = _span(request.start_step, request.end_step)
        if not 1 <= request.max_results <= _MOST_STEPS:
            raise InvalidParameter(
                f"max_results must be between 1 and {_MOST_STEPS}. Got {request.max_results}."
            )
        arguments = (request.run_ids, request.metric_key, span, request.max_results)
        return self._database.read(sampling.at_even_steps, *arguments)

    def get_series(self, request: m.GetSeries) -> m.SeriesPage:
        """Metrics as thinned columns."""
        if not 1 <= request.buckets <= _MOST_BUCKETS:
            raise InvalidParameter(
                f"buckets must be between 1 and {_MOST_BUCKETS}. Got {request.buckets}."
            )
        _check_attempt(request.attempt)
        asked = len(request.run_ids) * len(request.metric_keys)
        if asked > _MOST_SERIES:
            raise InvalidParameter(
                f"A request can ask for at most {_MOST_SERIES} series (runs times metrics). "
                f"Got {asked}."
            )
        return self._database.read(series.series, request)


def _log(transaction: Transaction, request: m.LogMetric) -> None:
    run_key, experiment_key, is_resumed = logged_run(transaction, request.run_id)
    if is_resumed and not put_aside(transaction, run_key, [request]):
        return
    points.log_point(transaction, run_key, experiment_key, request)


def _check_attempt(attempt: int | None) -> None:
    if attempt is not None and not 1 <= attempt <= validation.GREATEST_LONG:
        raise InvalidParameter(
            f"Invalid value {attempt} for parameter 'attempt' supplied: the first attempt of a "
            "run has the number 1."
        )


def _check_runs(what: str, field: str, run_ids: Sequence[str]) -> None:
    if not run_ids:
        raise InvalidParameter(f"{what} request must specify at least one {field}.")
    if len(run_ids) > _MOST_RUNS:
        raise InvalidParameter(
            f"{what} request cannot specify more than {_MOST_RUNS} {field}. "
            f"Received {len(run_ids)} {field}."
        )


def _span(start: int | None, end: int | None) -> tuple[int, int]:
    if start is None and end is None:
        return validation.LEAST_LONG, validation.GREATEST_LONG
    if start is None or end is None:
        raise InvalidParameter(
            "If either start step or end step are specified, both must be specified."
        )
    if start > end:
        raise InvalidParameter(
            "end_step must be greater than start_step. "
            f"Found start_step={start} and end_step={end}."
        )
    return start, end
