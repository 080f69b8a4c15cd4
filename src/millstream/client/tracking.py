"""The client: all that can be done with explicit ids, at one tracking URI."""

from __future__ import annotations

import os

from millstream import connect
from millstream.client.artifacts import ArtifactMethods
from millstream.client.attempts import AttemptMethods
from millstream.client.deployments import DeploymentMethods
from millstream.client.experiments import ExperimentMethods
from millstream.client.gates import GateMethods
from millstream.client.images import ImageMethods
from millstream.client.lineage import LineageMethods
from millstream.client.metrics import MetricMethods
from millstream.client.model_versions import ModelVersionMethods
from millstream.client.models import ModelMethods
from millstream.client.registered_models import RegisteredModelMethods
from millstream.client.registry_events import RegistryEventMethods
from millstream.client.runs import RunMethods
from millstream.client.session import SESSION
from millstream.client.stages import StageMethods
from millstream.client.tables import TableMethods
from millstream.client.transition_requests import TransitionRequestMethods
from millstream.client.webhooks import WebhookMethods
from millstream.client.workspaces import WorkspaceMethods


class MillstreamClient(
    ExperimentMethods,
    RunMethods,
    AttemptMethods,
    MetricMethods,
    ImageMethods,
    TableMethods,
    ArtifactMethods,
    ModelMethods,
    RegisteredModelMethods,
    ModelVersionMethods,
    RegistryEventMethods,
    StageMethods,
    TransitionRequestMethods,
    GateMethods,
    DeploymentMethods,
    LineageMethods,
    WebhookMethods,
    WorkspaceMethods,
):
    """Experiments, runs, metrics, artifacts and models at one tracking URI, and their registry.

    Everything is written through: what a store refuses is raised at once.
    """

    def __init__(
        self,
        tracking_uri: str | os.PathLike[str] | None = None,
        registry_uri: str | os.PathLike[str] | None = None,
    ) -> None:
        tracking = SESSION.tracking_uri if tracking_uri is None else tracking_uri
        super().__init__(
            tracking, registry_uri or SESSION.registry_place(connect.canonical(tracking))
        )
