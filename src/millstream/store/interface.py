"""All that can be asked of a store, on one page.

Reads answer at once. Writes answer with a `Pending`: whoever needs the outcome waits for its
`result()`, which raises what went wrong; an answered write is committed. Every method may be called
from any thread. Each raises the classes of `millstream.errors` with MLflow's messages: `NotFound`
for what does not exist, `InvalidParameter` for a value that breaks a rule, and so on.

Requests and answers are the structs of `millstream.entities`; the endpoint table maps every
method here to exactly one row of the wire, and `rest.remote` turns them into requests again.

Some methods are told who asks, beside the request. Where that is a caller, whose access is
controlled, what it may not read is left out as if it did not exist: totals, counts and pages too;
and who creates an experiment or a registered model may manage it from then on. Whether somebody
may call a method at all is decided before it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from millstream.entities import experiments as e
from millstream.entities import gates as g
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.entities import stages as st
from millstream.entities import transition_requests as tr
from millstream.entities import views as v
from millstream.entities import webhooks as w
from millstream.entities.asking import Asking
from millstream.store.pending import Pending


class Experiments(Protocol):
    """Named groups of runs. Experiment "0", named Default, exists in every new store."""

    def create(
        self, request: e.CreateExperiment, asking: Asking | None = None
    ) -> Pending[e.ExperimentCreated]:
        """Create; a name that is taken, even by a deleted experiment, raises `AlreadyExists`."""

    def get(self, request: e.ExperimentId) -> e.Experiment:
        """Get by id, active or deleted."""

    def get_by_name(self, request: e.GetExperimentByName) -> e.Experiment:
        """Get by name, active or deleted."""

    def update(self, request: e.UpdateExperiment) -> Pending[None]:
        """Rename an active experiment."""

    def delete(self, request: e.ExperimentId) -> Pending[None]:
        """Mark it and its active runs deleted; of a deleted one raises `NotFound`."""

    def restore(self, request: e.ExperimentId) -> Pending[None]:
        """Undo `delete`, runs included; of an active one raises `NotFound`."""

    def set_tag(self, request: e.SetExperimentTag) -> Pending[None]:
        """Set a tag of an active experiment."""

    def delete_tag(self, request: e.DeleteExperimentTag) -> Pending[None]:
        """Remove a tag; an absent one raises `NotFound`."""

    def search(
        self, request: e.SearchExperiments, asking: Asking | None = None
    ) -> e.ExperimentPage:
        """Search; by default newest first."""

    def list_columns(self, request: rt.ListColumns) -> rt.ColumnSummaries:
        """The metrics, params and tags that the runs of an experiment have, by kind and key."""

    def list_values(self, request: rt.ListColumnValues) -> rt.ColumnTexts:
        """Different values of a column that begin with a text, in the order of characters."""

    def search_datasets(
        self, request: r.SearchDatasets, asking: Asking | None = None
    ) -> r.DatasetSummaryPage:
        """The distinct (experiment, dataset, context) triples of the given experiments."""


class Runs(Protocol):
    """Runs with their params, tags, inputs and outputs. A deleted run is readable only."""

    def create(self, request: r.CreateRun) -> Pending[r.Run]:
        """Create in an active experiment, with status RUNNING."""

    def get(self, request: r.RunId) -> r.Run:
        """Get, active or deleted."""

    def update(self, request: r.UpdateRun) -> Pending[r.RunInfo]:
        """Change status, end time or name; the tag mlflow.runName follows the name."""

    def delete(self, request: r.RunId) -> Pending[None]:
        """Mark deleted; twice is the same as once."""

    def restore(self, request: r.RunId) -> Pending[None]:
        """Mark active; twice is the same as once."""

    def move(self, request: r.MoveRuns) -> Pending[None]:
        """Move active runs to an active experiment, all or none.

        Their logged models and datasets go along, their files stay where they are.
        """

    def set_lifecycle_stage(self, request: r.SetLifecycleStage) -> Pending[None]:
        """Delete or restore many, all or none; an unknown one raises `NotFound`."""

    def tag(self, request: r.TagRuns) -> Pending[None]:
        """Set or remove one tag of many, all or none."""

    def search(self, request: r.SearchRuns, asking: Asking | None = None) -> r.RunPage:
        """Search; by default newest first, then by run id."""

    def find(self, request: r.FindRuns, asking: Asking | None = None) -> r.RunsFound:
        """Active runs of all experiments by their ID or name; names of the newest 100,000 only."""

    def get_table(self, request: rt.GetRunTable, asking: Asking | None = None) -> rt.RunTable:
        """Rows of the table of runs as columns, from any offset on, with the exact total."""

    def get_groups(self, request: rt.GetRunGroups, asking: Asking | None = None) -> rt.RunGroups:
        """Groups of runs that have the same values, with what their measures are like."""

    def log_param(self, request: r.LogParam) -> Pending[None]:
        """Log a param; the same value again is accepted, another one refused."""

    def set_tag(self, request: r.SetTag) -> Pending[None]:
        """Set a tag, replacing its value."""

    def delete_tag(self, request: r.DeleteTag) -> Pending[None]:
        """Remove a tag; an absent one raises `NotFound`."""

    def log_batch(self, request: r.LogBatch) -> Pending[None]:
        """Log metrics, params and tags, all or nothing; the same batch again changes nothing."""

    def log_inputs(self, request: r.LogInputs) -> Pending[None]:
        """Record inputs; a dataset's first description and a link's first tags are kept."""

    def log_outputs(self, request: r.LogOutputs) -> Pending[None]:
        """Record the models that a run produced."""

    def log_model_history(self, request: r.LogModelHistory) -> Pending[None]:
        """Append to the tag mlflow.log-model.history."""


class Metrics(Protocol):
    """Points are a set keyed by (run, key, step, timestamp, value): twice is the same as once.

    The latest point of a metric is the greatest by (step, timestamp, value), NaN counting as 0.
    """

    def log(self, request: m.LogMetric) -> Pending[None]:
        """Log one point of an active run."""

    def get_history(self, request: m.GetMetricHistory) -> m.MetricPage:
        """One page (of at most 25,000 points without `max_results`); unknown ones are empty."""

    def stream_history(self, request: m.GetMetricHistory) -> Iterator[list[m.Metric]]:
        """All points in slices of at most 10,000, in constant memory."""

    def get_history_bulk(self, request: m.GetMetricHistoryBulk) -> m.MetricPage:
        """The points of one metric of several runs; they carry `run_id`."""

    def get_history_bulk_interval(self, request: m.GetMetricHistoryBulkInterval) -> m.MetricPage:
        """The same at evenly spread steps; they carry `run_id`."""

    def get_series(self, request: m.GetSeries) -> m.SeriesPage:
        """Metrics as thinned columns."""


class Models(Protocol):
    """Logged models. A deleted one is as absent, but for `get` with `allow_deleted`."""

    def create(self, request: lm.CreateLoggedModel) -> Pending[lm.LoggedModel]:
        """Create in an active experiment, with status PENDING."""

    def get(self, request: lm.GetLoggedModel) -> lm.LoggedModel:
        """Get by id."""

    def finalize(self, request: lm.FinalizeLoggedModel) -> Pending[lm.LoggedModel]:
        """Set the status."""

    def delete(self, request: lm.LoggedModelId) -> Pending[None]:
        """Mark deleted; twice is the same as once."""

    def search(
        self, request: lm.SearchLoggedModels, asking: Asking | None = None
    ) -> lm.LoggedModelPage:
        """Search; by default newest first."""

    def set_tags(self, request: lm.SetLoggedModelTags) -> Pending[None]:
        """Set tags, replacing their values."""

    def delete_tag(self, request: lm.DeleteLoggedModelTag) -> Pending[None]:
        """Remove a tag; an absent one raises `NotFound`."""

    def log_params(self, request: lm.LogLoggedModelParams) -> Pending[None]:
        """Log params; the same value again is accepted, another one refused."""


class RegisteredModels(Protocol):
    """Names under which versions of a model are kept. Each change leaves events in the history."""

    def create(
        self, request: rm.CreateRegisteredModel, asking: Asking | None = None
    ) -> Pending[rm.RegisteredModel]:
        """Create without versions; a name that is taken raises `AlreadyExists`."""

    def get(self, request: rm.GetRegisteredModel) -> rm.RegisteredModel:
        """Get by name."""

    def rename(self, request: rm.RenameRegisteredModel) -> Pending[rm.RegisteredModel]:
        """Rename, versions included; a name that is taken raises `AlreadyExists`."""

    def update(self, request: rm.UpdateRegisteredModel) -> Pending[rm.RegisteredModel]:
        """Replace the description; an absent one clears it."""

    def delete(self, request: rm.DeleteRegisteredModel) -> Pending[None]:
        """Delete for good with all versions, which frees the name; the history stays."""

    def search(
        self, request: rm.SearchRegisteredModels, asking: Asking | None = None
    ) -> rm.RegisteredModelPage:
        """Search; by default by name."""

    def get_latest_versions(self, request: rm.GetLatestVersions) -> rm.LatestVersions:
        """The highest version in each of the stages, or in every stage."""

    def set_tag(self, request: rm.SetRegisteredModelTag) -> Pending[None]:
        """Set a tag, replacing its value."""

    def delete_tag(self, request: rm.DeleteRegisteredModelTag) -> Pending[None]:
        """Remove a tag; an absent one is no error."""

    def set_alias(self, request: rm.SetRegisteredModelAlias) -> Pending[None]:
        """Let an alias point to a version, wherever it pointed before."""

    def delete_alias(self, request: rm.DeleteRegisteredModelAlias) -> Pending[None]:
        """Remove an alias; an absent one is no error."""

    def get_by_alias(self, request: rm.GetModelVersionByAlias) -> mv.ModelVersion:
        """The version that an alias points to; `latest` points to the highest."""


class ModelVersions(Protocol):
    """Versions of registered models. Numbers are given without gaps and never twice."""

    def create(self, request: mv.CreateModelVersion) -> Pending[mv.ModelVersion]:
        """Register the files at a source as the next version, READY, in stage None."""

    def get(self, request: mv.GetModelVersion) -> mv.ModelVersion:
        """Get by name and number."""

    def update(self, request: mv.UpdateModelVersion) -> Pending[mv.ModelVersion]:
        """Replace the description; an absent one is kept."""

    def transition_stage(self, request: mv.TransitionModelVersionStage) -> Pending[mv.ModelVersion]:
        """Move to a stage, together with the archiving that was asked for."""

    def delete(self, request: mv.DeleteModelVersion) -> Pending[None]:
        """Delete for good, with the aliases that point to it; the history stays."""

    def search(
        self, request: mv.SearchModelVersions, asking: Asking | None = None
    ) -> mv.ModelVersionPage:
        """Search; by default the last updated first, then by name, the highest number first."""

    def get_download_uri(self, request: mv.GetModelVersion) -> mv.DownloadUri:
        """Where the files are; a source in the registry or of a logged model is followed."""

    def set_tag(self, request: mv.SetModelVersionTag) -> Pending[None]:
        """Set a tag, replacing its value."""

    def delete_tag(self, request: mv.DeleteModelVersionTag) -> Pending[None]:
        """Remove a tag; an absent one is no error."""


class RegistryEvents(Protocol):
    """The history of the registry: it only grows, and outlives what it is about."""

    def search(
        self, request: ev.SearchRegistryEvents, asking: Asking | None = None
    ) -> ev.RegistryEventPage:
        """The events of a model, under all names it had, or of all models."""

    def get_state(
        self, request: ev.GetRegistryState, asking: Asking | None = None
    ) -> ev.RegistryState:
        """Versions, stages and aliases as they were at a moment; told by the history alone."""

    def roll_back(self, request: ev.RollBack) -> Pending[ev.RolledBack]:
        """Undo the last change of a stage's versions or of an alias; nothing to undo raises."""


class Webhooks(Protocol):
    """Addresses that are told of the registry's events.

    What is told is written in the transaction of the event, and sent by a server on the store.
    """

    def create(self, request: w.CreateWebhook) -> Pending[w.Webhook]:
        """Create; an address that must not be called is refused."""

    def get(self, request: w.WebhookId) -> w.Webhook:
        """Get by id."""

    def list(self, request: w.ListWebhooks) -> w.WebhookPage:
        """All webhooks, in the order of their creation."""

    def update(self, request: w.UpdateWebhook) -> Pending[w.Webhook]:
        """Change what is given; an empty secret removes it."""

    def delete(self, request: w.WebhookId) -> Pending[None]:
        """Delete for good, with its deliveries, sent or not."""

    def test(self, request: w.TestWebhook) -> w.WebhookTestResult:
        """Send a sample from the store's side, and wait for the answer at most ten seconds."""

    def search_deliveries(self, request: w.SearchWebhookDeliveries) -> w.WebhookDeliveryPage:
        """The log of a webhook, newest first."""

    def replay(self, request: w.ReplayWebhookDeliveries) -> Pending[w.WebhookDeliveriesReplayed]:
        """Send the named delivery again, or all dead ones, under the ids they had."""


class Stages(Protocol):
    """The stages that versions of all registered models move through."""

    def get_policy(self, request: st.GetStagePolicy) -> st.StagePolicy:
        """The stages in their order; MLflow's four if nobody said otherwise."""

    def set_policy(self, request: st.SetStagePolicy) -> Pending[st.StagePolicy]:
        """Replace them; a stage that still holds versions cannot go."""


class TransitionRequests(Protocol):
    """Requests for moves, which others approve. What is protected moves in no other way."""

    def create(self, request: tr.CreateTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Ask for a move; the same one twice raises `AlreadyExists` while the first is pending."""

    def get(self, request: tr.TransitionRequestId) -> tr.TransitionRequest:
        """Get by id."""

    def approve(self, request: tr.ApproveTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Approve, which performs the move in the same transaction, gates included."""

    def reject(self, request: tr.RejectTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Refuse."""

    def cancel(self, request: tr.CancelTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Take back; those about what is deleted are cancelled with it."""

    def search(
        self, request: tr.SearchTransitionRequests, asking: Asking | None = None
    ) -> tr.TransitionRequestPage:
        """The requests of a model or of all, newest first."""


class Gates(Protocol):
    """Rules of a registered model, held against a version on whichever way it moves."""

    def set(self, request: g.SetGate) -> Pending[g.Gate]:
        """Give a model a gate, in the place of one of the same name."""

    def delete(self, request: g.DeleteGate) -> Pending[None]:
        """Take a gate away; an absent one raises `NotFound`."""

    def list(self, request: g.ListGates) -> g.GateList:
        """The gates of a model, by name."""

    def check(self, request: g.CheckGates) -> g.GateFindings:
        """What the gates say to a move that is not made; may read files."""


class Views(Protocol):
    """States of pages under a name, of an experiment or of none."""

    def create(self, request: v.CreateView) -> Pending[v.View]:
        """Save; a name that the experiment has already raises `AlreadyExists`."""

    def get(self, request: v.ViewId) -> v.View:
        """Get by id."""

    def list(self, request: v.ListViews) -> v.ViewList:
        """The views of an experiment, or of none, by name."""

    def update(self, request: v.UpdateView) -> Pending[v.View]:
        """Change what is given; a new default takes the place of the one before."""

    def delete(self, request: v.ViewId) -> Pending[None]:
        """Delete for good; an absent one raises `NotFound`."""


class ModelFiles(Protocol):
    """What gates have to know of the files of models. No model is loaded.

    A store that has gates is opened with it. Files that cannot be read raise a `MillstreamError`,
    which a gate counts as a fault of the model.
    """

    def size(self, uri: str) -> int:
        """The size of all files below, in bytes."""

    def damage(self, uri: str) -> list[str]:
        """What differs from the digests in MLmodel, a sentence each; empty if nothing does."""

    def mismatches(self, champion_uri: str, uri: str) -> list[str]:
        """Why a model cannot take the champion's place, a sentence each; empty if it can."""


class Store(Protocol):
    """All nouns together, and the end."""

    @property
    def experiments(self) -> Experiments:
        """The experiments."""

    @property
    def runs(self) -> Runs:
        """The runs."""

    @property
    def metrics(self) -> Metrics:
        """The metrics."""

    @property
    def models(self) -> Models:
        """The logged models."""

    @property
    def registered_models(self) -> RegisteredModels:
        """The registered models."""

    @property
    def model_versions(self) -> ModelVersions:
        """The versions of registered models."""

    @property
    def registry_events(self) -> RegistryEvents:
        """The history of the registry."""

    @property
    def webhooks(self) -> Webhooks:
        """The webhooks."""

    @property
    def stages(self) -> Stages:
        """The stages of the registry."""

    @property
    def transition_requests(self) -> TransitionRequests:
        """The requests for moves."""

    @property
    def gates(self) -> Gates:
        """The gates of registered models."""

    @property
    def views(self) -> Views:
        """The saved views."""

    def close(self) -> None:
        """Commit what was handed over, then release connections. Idempotent."""
