"""All that can be asked of a store, but for the registry (`store.registry`), on one page.

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

from millstream.entities import attempts as a
from millstream.entities import console as c
from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import run_leases as rl
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.entities import views as v
from millstream.entities.asking import Asker
from millstream.store.pending import Pending
from millstream.store.registry import (
    Deployments,
    Gates,
    ModelVersions,
    RegisteredModels,
    RegistryEvents,
    Stages,
    TransitionRequests,
    Webhooks,
)


class Experiments(Protocol):
    """Named groups of runs. Experiment "0", named Default, exists in every new store."""

    def create(
        self, request: e.CreateExperiment, asking: Asker = None
    ) -> Pending[e.ExperimentCreated]:
        """Create; a name that is taken, even by a deleted experiment, raises `AlreadyExists`."""

    def get(self, request: e.ExperimentId) -> e.Experiment:
        """Get by id, active or deleted."""

    def get_by_name(self, request: e.GetExperimentByName) -> e.Experiment:
        """Get by name, active or deleted."""

    def update(self, request: e.UpdateExperiment, asking: Asker = None) -> Pending[None]:
        """Rename an active experiment; a name that is taken raises `AlreadyExists`."""

    def delete(self, request: e.ExperimentId) -> Pending[None]:
        """Mark it and its active runs deleted; of a deleted one raises `NotFound`."""

    def restore(self, request: e.ExperimentId) -> Pending[None]:
        """Undo `delete`, runs included; of an active one raises `NotFound`."""

    def set_tag(self, request: e.SetExperimentTag) -> Pending[None]:
        """Set a tag of an active experiment."""

    def delete_tag(self, request: e.DeleteExperimentTag) -> Pending[None]:
        """Remove a tag; an absent one raises `NotFound`."""

    def search(self, request: e.SearchExperiments, asking: Asker = None) -> e.ExperimentPage:
        """Search; by default newest first."""

    def list_columns(self, request: rt.ListColumns) -> rt.ColumnSummaries:
        """The metrics, params and tags that the runs of an experiment have, by kind and key."""

    def list_values(self, request: rt.ListColumnValues) -> rt.ColumnTexts:
        """Different values of a column that begin with a text, in the order of characters."""

    def search_datasets(
        self, request: r.SearchDatasets, asking: Asker = None
    ) -> r.DatasetSummaryPage:
        """The distinct (experiment, dataset, context) triples of the given experiments."""


class Runs(Protocol):
    """Runs with their params, tags, inputs and outputs. A deleted run is readable only."""

    def create(self, request: r.CreateRun) -> Pending[r.Run]:
        """Create in an active experiment; a `run_id` that it has already gives that very run."""

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

    def search(self, request: r.SearchRuns, asking: Asker = None) -> r.RunPage:
        """Search; by default newest first, then by run id."""

    def find(self, request: r.FindRuns, asking: Asker = None) -> r.RunsFound:
        """Active runs of all experiments by their ID or name; names of the newest 100,000 only."""

    def get_table(self, request: rt.GetRunTable, asking: Asker = None) -> rt.RunTable:
        """Rows of the table of runs as columns, from any offset on, with the exact total."""

    def get_groups(self, request: rt.GetRunGroups, asking: Asker = None) -> rt.RunGroups:
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


class RunLeases(Protocol):
    """For how long processes answer for the runs that are in them."""

    def heartbeat(self, request: rl.HeartbeatRuns) -> Pending[None]:
        """Begin leases of active runs anew, all or none; one that was reaped is RUNNING again."""


class Attempts(Protocol):
    """Runs that go on from an earlier step: as themselves in a new attempt, or as a fork."""

    def start(self, request: a.StartAttempt) -> Pending[a.Attempt]:
        """Go on from a step: later points leave the run's series, and stay with their attempt."""

    def list(self, request: r.RunId) -> a.AttemptList:
        """The attempts of a run, first to last."""

    def fork(self, request: a.ForkRun) -> Pending[r.RunInfo]:
        """Create a run that begins with what another one logged, up to a step."""


class Console(Protocol):
    """What the processes of runs wrote to their terminals, at positions without gaps."""

    def log(self, request: c.LogConsole) -> Pending[None]:
        """Append lines of a process; of a line that is there the higher revision stays."""

    def list(self, request: c.ListConsole) -> c.ConsolePage:
        """Lines from a position on, or up from the end."""

    def search(self, request: c.SearchConsole) -> c.ConsoleHits:
        """Lines that contain a text, from a position on."""


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

    def search(self, request: lm.SearchLoggedModels, asking: Asker = None) -> lm.LoggedModelPage:
        """Search; by default newest first."""

    def set_tags(self, request: lm.SetLoggedModelTags) -> Pending[None]:
        """Set tags, replacing their values."""

    def delete_tag(self, request: lm.DeleteLoggedModelTag) -> Pending[None]:
        """Remove a tag; an absent one raises `NotFound`."""

    def log_params(self, request: lm.LogLoggedModelParams) -> Pending[None]:
        """Log params; the same value again is accepted, another one refused."""


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


class Store(Protocol):
    """All nouns together, and the end."""

    @property
    def experiments(self) -> Experiments:
        """The experiments."""

    @property
    def runs(self) -> Runs:
        """The runs."""

    @property
    def run_leases(self) -> RunLeases:
        """The leases of runs."""

    @property
    def attempts(self) -> Attempts:
        """The attempts and forks of runs."""

    @property
    def console(self) -> Console:
        """The console output of runs."""

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
    def deployments(self) -> Deployments:
        """The record of deployments."""

    @property
    def views(self) -> Views:
        """The saved views."""

    def close(self) -> None:
        """Commit what was handed over, then release connections. Idempotent."""
