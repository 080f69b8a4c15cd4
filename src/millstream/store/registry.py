"""What can be asked of a store about registered models, and of where they are deployed.

What `store.interface` says of all methods holds here too.
"""

from __future__ import annotations

from typing import Protocol

from millstream.entities import deployments as d
from millstream.entities import gates as g
from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities import stages as st
from millstream.entities import transition_requests as tr
from millstream.entities import webhooks as w
from millstream.entities.asking import Asker
from millstream.store.pending import Pending


class RegisteredModels(Protocol):
    """Names under which versions of a model are kept. Each change leaves events in the history."""

    def create(
        self, request: rm.CreateRegisteredModel, asking: Asker = None
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
        self, request: rm.SearchRegisteredModels, asking: Asker = None
    ) -> rm.RegisteredModelPage:
        """Search; by default by name."""

    def get_latest_versions(self, request: rm.GetLatestVersions) -> rm.LatestVersions:
        """The highest version in each of the stages, or in every stage."""

    def set_tag(self, request: rm.SetRegisteredModelTag) -> Pending[None]:
        """Set a tag, replacing its value."""

    def delete_tag(self, request: rm.DeleteRegisteredModelTag) -> Pending[None]:
        """Remove a tag; an absent one is no error."""

    def set_alias(self, request: rm.SetRegisteredModelAlias, asking: Asker = None) -> Pending[None]:
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

    def transition_stage(
        self, request: mv.TransitionModelVersionStage, asking: Asker = None
    ) -> Pending[mv.ModelVersion]:
        """Move to a stage, together with the archiving that was asked for."""

    def delete(self, request: mv.DeleteModelVersion) -> Pending[None]:
        """Delete for good, with the aliases that point to it; the history stays."""

    def search(self, request: mv.SearchModelVersions, asking: Asker = None) -> mv.ModelVersionPage:
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
        self, request: ev.SearchRegistryEvents, asking: Asker = None
    ) -> ev.RegistryEventPage:
        """The events of a model, under all names it had, or of all models."""

    def get_state(self, request: ev.GetRegistryState, asking: Asker = None) -> ev.RegistryState:
        """Versions, stages and aliases as they were at a moment; told by the history alone."""

    def roll_back(self, request: ev.RollBack, asking: Asker = None) -> Pending[ev.RolledBack]:
        """Undo the last change of a stage's versions or of an alias; nothing to undo raises."""


class Webhooks(Protocol):
    """Addresses told of the registry's events: written with the event, sent by a server."""

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

    def approve(
        self, request: tr.ApproveTransitionRequest, asking: Asker = None
    ) -> Pending[tr.TransitionRequest]:
        """Approve, which performs the move in the same transaction, gates included."""

    def reject(self, request: tr.RejectTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Refuse."""

    def cancel(self, request: tr.CancelTransitionRequest) -> Pending[tr.TransitionRequest]:
        """Take back; those about what is deleted are cancelled with it."""

    def search(
        self, request: tr.SearchTransitionRequests, asking: Asker = None
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

    def check(self, request: g.CheckGates, asking: Asker = None) -> g.GateFindings:
        """What the gates say to a move that is not made; may read files.

        Values of metrics that who asks may not read are not shown, but count; a model that it may
        not read raises `NotFound`.
        """


class Deployments(Protocol):
    """Where models run, as whoever deployed them recorded it. No record is changed or removed.

    At a name (of a target, with an endpoint or without) one revision is live at most. A deployment
    is of the registered model that it names, else of the experiment of its run or logged model,
    and read by whoever may read that one.
    """

    def record(self, request: d.RecordDeployment) -> Pending[d.Deployment]:
        """Record what runs now; the live revision of the name is replaced at the same moment.

        Several at once get different revisions, without gaps. A registered model, version, run or
        logged model that does not exist raises `NotFound`.
        """

    def end(self, request: d.EndDeployment) -> Pending[d.Deployment]:
        """Record that the live revision of the name runs no more; none raises `NotFound`."""

    def get(self, request: d.DeploymentId, asking: Asker = None) -> d.Deployment:
        """Get by id."""

    def search(self, request: d.SearchDeployments, asking: Asker = None) -> d.DeploymentPage:
        """The deployments that match all that is given, newest first."""
