"""Where a version of a registered model comes from, as scripts and the client ask it."""

from __future__ import annotations

from millstream import connect
from millstream.artifacts.interface import ArtifactStore
from millstream.client.session import SESSION, RegistryConnection
from millstream.entities.lineage import Lineage
from millstream.entities.model_versions import GetModelVersion
from millstream.rest.lineage import Lineages


class LineageMethods(RegistryConnection):
    """The walk from a version back to what it was made of.

    The way forth is a search: `search_model_versions("run_id = '…'")` for a run, and
    `search_model_versions("dataset.name = '…' AND dataset.digest = '…'")` for a dataset.
    """

    def get_model_version_lineage(self, name: str, version: str | int) -> Lineage:
        """The logged model, run, experiment, code, datasets and environment of a version.

        What is unknown or gone is None or empty; a version that does not exist raises `NotFound`.
        """

        def files(uri: str) -> ArtifactStore:
            return connect.open_artifacts(uri, SESSION.settings(), tracking_uri=self._place)

        lineages = Lineages(self._registry, self._fresh, files)
        return lineages.get(GetModelVersion(name, str(version)))
