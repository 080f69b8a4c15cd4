"""A Store made of requests, to our server or to MLflow's."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import run_leases as rl
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.entities.asking import Asking
from millstream.errors import EndpointNotFound
from millstream.rest.caller import Caller
from millstream.rest.remote_attempts import RemoteAttempts
from millstream.rest.remote_console import RemoteConsole
from millstream.rest.remote_deployments import RemoteDeployments
from millstream.rest.remote_registry import (
    RemoteModelVersions,
    RemoteRegisteredModels,
    RemoteRegistryEvents,
)
from millstream.rest.remote_stages import RemoteGates, RemoteStages, RemoteTransitionRequests
from millstream.rest.remote_views import RemoteViews
from millstream.rest.remote_webhooks import RemoteWebhooks
from millstream.rest.remote_workspaces import RemoteWorkspaces
from millstream.rest.series import thinned
from millstream.rest.transport import HttpTransport, Transport
from millstream.settings import Settings
from millstream.store.pending import Pending

_PAGE = 25_000
_SLICE = 10_000


class RemoteStore:
    """The store behind a server's base URL. Writes are answered when they return.

    `transport` replaces HTTP, for a caller who has the server at hand.
    """

    def __init__(
        self, base_url: str, settings: Settings | None = None, transport: Transport | None = None
    ) -> None:
        self.uri = base_url
        self._caller = Caller(transport or HttpTransport(base_url, settings or Settings()))
        self.experiments = _Experiments(self._caller)
        self.runs = _Runs(self._caller)
        self.run_leases = _RunLeases(self._caller)
        self.attempts = RemoteAttempts(self._caller)
        self.console = RemoteConsole(self._caller)
        self.metrics = _Metrics(self._caller)
        self.models = _Models(self._caller)
        self.registered_models = RemoteRegisteredModels(self._caller)
        self.model_versions = RemoteModelVersions(self._caller)
        self.registry_events = RemoteRegistryEvents(self._caller)
        self.webhooks = RemoteWebhooks(self._caller)
        self.stages = RemoteStages(self._caller)
        self.transition_requests = RemoteTransitionRequests(self._caller)
        self.gates = RemoteGates(self._caller)
        self.deployments = RemoteDeployments(self._caller)
        self.views = RemoteViews(self._caller)
        self.workspaces = RemoteWorkspaces(self._caller)

    @property
    def caller(self) -> Caller:
        """What sends its requests, for those about what is no store."""
        return self._caller

    def close(self) -> None:
        """Release connections. Idempotent."""
        self._caller.close()


class _Noun:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller


class _Experiments(_Noun):
    def create(
        self, request: e.CreateExperiment, asking: Asking | None = None
    ) -> Pending[e.ExperimentCreated]:
        return self._caller.write("experiments.create", request, e.ExperimentCreated, asking)

    def get(self, request: e.ExperimentId) -> e.Experiment:
        return self._caller.read("experiments.get", request, e.Experiment)

    def get_by_name(self, request: e.GetExperimentByName) -> e.Experiment:
        return self._caller.read("experiments.get_by_name", request, e.Experiment)

    def update(self, request: e.UpdateExperiment, asking: Asking | None = None) -> Pending[None]:
        return self._caller.command("experiments.update", request, asking)

    def delete(self, request: e.ExperimentId) -> Pending[None]:
        return self._caller.command("experiments.delete", request)

    def restore(self, request: e.ExperimentId) -> Pending[None]:
        return self._caller.command("experiments.restore", request)

    def set_tag(self, request: e.SetExperimentTag) -> Pending[None]:
        return self._caller.command("experiments.set_tag", request)

    def delete_tag(self, request: e.DeleteExperimentTag) -> Pending[None]:
        return self._caller.command("experiments.delete_tag", request)

    def search(
        self, request: e.SearchExperiments, asking: Asking | None = None
    ) -> e.ExperimentPage:
        return self._caller.read("experiments.search", request, e.ExperimentPage, asking)

    def list_columns(self, request: rt.ListColumns) -> rt.ColumnSummaries:
        return self._caller.read("experiments.list_columns", request, rt.ColumnSummaries)

    def list_values(self, request: rt.ListColumnValues) -> rt.ColumnTexts:
        return self._caller.read("experiments.list_values", request, rt.ColumnTexts)

    def search_datasets(
        self, request: r.SearchDatasets, asking: Asking | None = None
    ) -> r.DatasetSummaryPage:
        return self._caller.read(
            "experiments.search_datasets", request, r.DatasetSummaryPage, asking
        )


class _Runs(_Noun):
    def create(self, request: r.CreateRun) -> Pending[r.Run]:
        return self._caller.write("runs.create", request, r.Run)

    def get(self, request: r.RunId) -> r.Run:
        return self._caller.read("runs.get", request, r.Run)

    def update(self, request: r.UpdateRun) -> Pending[r.RunInfo]:
        return self._caller.write("runs.update", request, r.RunInfo)

    def delete(self, request: r.RunId) -> Pending[None]:
        return self._caller.command("runs.delete", request)

    def restore(self, request: r.RunId) -> Pending[None]:
        return self._caller.command("runs.restore", request)

    def move(self, request: r.MoveRuns) -> Pending[None]:
        return self._caller.command("runs.move", request)

    def set_lifecycle_stage(self, request: r.SetLifecycleStage) -> Pending[None]:
        return self._caller.command("runs.set_lifecycle_stage", request)

    def tag(self, request: r.TagRuns) -> Pending[None]:
        return self._caller.command("runs.tag", request)

    def search(self, request: r.SearchRuns, asking: Asking | None = None) -> r.RunPage:
        return self._caller.read("runs.search", request, r.RunPage, asking)

    def find(self, request: r.FindRuns, asking: Asking | None = None) -> r.RunsFound:
        return self._caller.read("runs.find", request, r.RunsFound, asking)

    def get_table(self, request: rt.GetRunTable, asking: Asking | None = None) -> rt.RunTable:
        return self._caller.read("runs.get_table", request, rt.RunTable, asking)

    def get_groups(self, request: rt.GetRunGroups, asking: Asking | None = None) -> rt.RunGroups:
        return self._caller.read("runs.get_groups", request, rt.RunGroups, asking)

    def log_param(self, request: r.LogParam) -> Pending[None]:
        return self._caller.command("runs.log_param", request)

    def set_tag(self, request: r.SetTag) -> Pending[None]:
        return self._caller.command("runs.set_tag", request)

    def delete_tag(self, request: r.DeleteTag) -> Pending[None]:
        return self._caller.command("runs.delete_tag", request)

    def log_batch(self, request: r.LogBatch) -> Pending[None]:
        return self._caller.command("runs.log_batch", request)

    def log_inputs(self, request: r.LogInputs) -> Pending[None]:
        return self._caller.command("runs.log_inputs", request)

    def log_outputs(self, request: r.LogOutputs) -> Pending[None]:
        return self._caller.command("runs.log_outputs", request)

    def log_model_history(self, request: r.LogModelHistory) -> Pending[None]:
        return self._caller.command("runs.log_model_history", request)


class _RunLeases(_Noun):
    def heartbeat(self, request: rl.HeartbeatRuns) -> Pending[None]:
        return self._caller.command("run_leases.heartbeat", request)


class _Metrics(_Noun):
    _serves_series = True

    def log(self, request: m.LogMetric) -> Pending[None]:
        return self._caller.command("metrics.log", request)

    def get_history(self, request: m.GetMetricHistory) -> m.MetricPage:
        if request.max_results is None:
            request = msgspec.structs.replace(request, max_results=_PAGE)
        return self._caller.read("metrics.get_history", request, m.MetricPage)

    def stream_history(self, request: m.GetMetricHistory) -> Iterator[list[m.Metric]]:
        while True:
            page = self.get_history(request)
            for start in range(0, len(page.metrics), _SLICE):
                yield page.metrics[start : start + _SLICE]
            if not page.next_page_token:
                return
            request = msgspec.structs.replace(request, page_token=page.next_page_token)

    def get_history_bulk(self, request: m.GetMetricHistoryBulk) -> m.MetricPage:
        return self._caller.read("metrics.get_history_bulk", request, m.MetricPage)

    def get_history_bulk_interval(self, request: m.GetMetricHistoryBulkInterval) -> m.MetricPage:
        return self._caller.read("metrics.get_history_bulk_interval", request, m.MetricPage)

    def get_series(self, request: m.GetSeries) -> m.SeriesPage:
        if self._serves_series:
            try:
                return self._caller.read("metrics.get_series", request, m.SeriesPage)
            except EndpointNotFound:
                self._serves_series = False
        return m.SeriesPage(series=list(self._thin_here(request)))

    def _thin_here(self, request: m.GetSeries) -> Iterator[m.Series]:
        if request.attempt is not None:  # MLflow's server has no attempts
            return
        for run_id in request.run_ids:
            for key in request.metric_keys:
                pages = self.stream_history(m.GetMetricHistory(run_id=run_id, metric_key=key))
                points = (point for page in pages for point in page)
                series = thinned(run_id, key, points, request)
                if series is not None:
                    yield series


class _Models(_Noun):
    def create(self, request: lm.CreateLoggedModel) -> Pending[lm.LoggedModel]:
        return self._caller.write("models.create", request, lm.LoggedModel)

    def get(self, request: lm.GetLoggedModel) -> lm.LoggedModel:
        return self._caller.read("models.get", request, lm.LoggedModel)

    def finalize(self, request: lm.FinalizeLoggedModel) -> Pending[lm.LoggedModel]:
        return self._caller.write("models.finalize", request, lm.LoggedModel)

    def delete(self, request: lm.LoggedModelId) -> Pending[None]:
        return self._caller.command("models.delete", request)

    def search(
        self, request: lm.SearchLoggedModels, asking: Asking | None = None
    ) -> lm.LoggedModelPage:
        return self._caller.read("models.search", request, lm.LoggedModelPage, asking)

    def set_tags(self, request: lm.SetLoggedModelTags) -> Pending[None]:
        return self._caller.command("models.set_tags", request)

    def delete_tag(self, request: lm.DeleteLoggedModelTag) -> Pending[None]:
        return self._caller.command("models.delete_tag", request)

    def log_params(self, request: lm.LogLoggedModelParams) -> Pending[None]:
        return self._caller.command("models.log_params", request)
