"""The client: all that can be done with explicit ids, at one tracking URI."""

from __future__ import annotations

import os

from millstream.client.artifacts import ArtifactMethods
from millstream.client.experiments import ExperimentMethods
from millstream.client.images import ImageMethods
from millstream.client.metrics import MetricMethods
from millstream.client.models import ModelMethods
from millstream.client.runs import RunMethods
from millstream.client.session import SESSION
from millstream.client.tables import TableMethods


class MillstreamClient(
    ExperimentMethods,
    RunMethods,
    MetricMethods,
    ImageMethods,
    TableMethods,
    ArtifactMethods,
    ModelMethods,
):
    """Experiments, runs, metrics, artifacts and logged models at one tracking URI.

    Everything is written through: what a store refuses is raised at once.
    """

    def __init__(
        self,
        tracking_uri: str | os.PathLike[str] | None = None,
        registry_uri: str | None = None,
    ) -> None:
        super().__init__(SESSION.tracking_uri if tracking_uri is None else tracking_uri)
        self._registry_uri = registry_uri
