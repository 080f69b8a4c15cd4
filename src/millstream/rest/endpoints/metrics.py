"""The rows about metrics."""

from __future__ import annotations

from millstream.entities import metrics as m
from millstream.rest.endpoints.row import MLFLOW, OWN, Effort, Endpoint, Permission

METRICS = (
    Endpoint(
        methods=("POST",),
        path=f"{MLFLOW}/runs/log-metric",
        request=m.LogMetric,
        operation="metrics.log",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("edit", "run", "run_id"),
        summary="Log one point of a metric",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/metrics/get-history",
        request=m.GetMetricHistory,
        operation="metrics.get_history",
        answer=m.MetricPage,
        effort=Effort.SCAN,
        permission=Permission("read", "run", "run_id"),
        streams=True,
        summary="Get the points of a metric of a run; without max_results all of them",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/metrics/get-history-bulk",
        request=m.GetMetricHistoryBulk,
        operation="metrics.get_history_bulk",
        answer=m.MetricPage,
        effort=Effort.SCAN,
        permission=Permission("read", "run", "run_id"),
        ajax_only=True,
        bare=True,
        summary="Get the points of a metric of several runs",
        missing={
            "run_id": "GetMetricHistoryBulk request must specify at least one run_id.",
            "metric_key": "GetMetricHistoryBulk request must specify a metric_key.",
        },
    ),
    Endpoint(
        methods=("GET",),
        path=f"{MLFLOW}/metrics/get-history-bulk-interval",
        request=m.GetMetricHistoryBulkInterval,
        operation="metrics.get_history_bulk_interval",
        answer=m.MetricPage,
        effort=Effort.SCAN,
        permission=Permission("read", "run", "run_ids"),
        summary="Get the points of a metric of several runs at evenly spread steps",
    ),
    Endpoint(
        methods=("POST", "GET"),
        path=f"{OWN}/metrics/series",
        request=m.GetSeries,
        operation="metrics.get_series",
        answer=m.SeriesPage,
        effort=Effort.SCAN,
        permission=Permission("read", "run", "run_ids"),
        summary="Get metrics of runs as columns, thinned so that no spike is lost",
    ),
)
