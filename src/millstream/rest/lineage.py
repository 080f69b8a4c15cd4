"""The walk from a version of a registered model back to its sources, over any store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from millstream.artifacts.interface import ArtifactStore
from millstream.entities.asking import Asking
from millstream.entities.experiments import ExperimentId
from millstream.entities.lineage import Code, Lineage
from millstream.entities.model_versions import GetModelVersion, ModelVersion
from millstream.entities.models import GetLoggedModel
from millstream.entities.permissions import ResourceType
from millstream.entities.runs import Run, RunId
from millstream.entities.users import Caller
from millstream.errors import InvalidParameter, InvalidState, MillstreamError, NotFound
from millstream.store.access import Permissions
from millstream.store.interface import Store

T = TypeVar("T")
Asked = TypeVar("Asked")

REQUIREMENTS = "requirements.txt"
ENVIRONMENT_FILES = ("conda.yaml", "python_env.yaml", REQUIREMENTS, "uv.lock", "pyproject.toml")
_MOST_COPIES = 100
_MOST_BYTES = 256 * 1024
_CODE_TAGS = {
    "source_name": "mlflow.source.name",
    "source_type": "mlflow.source.type",
    "git_commit": "mlflow.source.git.commit",
    "git_branch": "mlflow.source.git.branch",
    "git_repo_url": "mlflow.source.git.repoURL",
}


class Lineages:
    """Walks back. `registry` has the versions, `tracking` the runs and models they came from.

    `permissions` tell what who asks may read; without them, only whoever may read everything asks.
    """

    def __init__(
        self,
        registry: Store,
        tracking: Store,
        open: Callable[[str], ArtifactStore],
        permissions: Permissions | None = None,
    ) -> None:
        self._registry = registry
        self._tracking = tracking
        self._open = open
        self._permissions = permissions

    def get(self, request: GetModelVersion, asking: Asking | None = None) -> Lineage:
        """The walk from one version; raises `NotFound` if there is no such version.

        What who asks may not read is as if it did not exist.
        """
        version = self._registry.model_versions.get(request)
        caller = None if asking is None else asking.caller
        if caller is not None:
            self._check(version, caller)
        uri = self._registry.model_versions.get_download_uri(request).artifact_uri
        lineage = Lineage(version, uri, copied_from=list(self._copied_from(version)))
        if version.model_id:
            asked = GetLoggedModel(version.model_id, allow_deleted=True)
            lineage.model = _known(self._tracking.models.get, asked)
        run_id = version.run_id or (lineage.model and lineage.model.source_run_id)
        if run_id:
            lineage.run = _known(self._tracking.runs.get, RunId(run_id))
        if caller is not None:
            self._restrict(lineage, caller)
        if lineage.run is not None:
            self._add_run(lineage, lineage.run)
        self._add_environment(lineage)
        return lineage

    def _check(self, version: ModelVersion, caller: Caller) -> None:
        """Answer as if a version did not exist whose model the caller may not read."""
        if not self._readable(caller, "registered_model", [version.name]):
            raise NotFound(
                f"Model Version (name={version.name}, version={version.version}) not found"
            )

    def _restrict(self, lineage: Lineage, caller: Caller) -> None:
        """Leave out what the caller may not read."""
        model, run = lineage.model, lineage.run
        homes = [] if model is None else [model.info.experiment_id]
        homes += [] if run is None else [run.info.experiment_id]
        readable = self._readable(caller, "experiment", homes)
        if model is not None and model.info.experiment_id not in readable:
            lineage.model = None
        if run is not None and run.info.experiment_id not in readable:
            lineage.run = None
        names = [version.name for version in lineage.copied_from]
        readable = self._readable(caller, "registered_model", names)
        lineage.copied_from = [each for each in lineage.copied_from if each.name in readable]

    def _readable(self, caller: Caller, kind: ResourceType, ids: list[str]) -> set[str]:
        if self._permissions is None:
            raise InvalidState(
                f"The lineage cannot be shown to {caller.username!r}: what users may read is not "
                "known here, since access is kept elsewhere."
            )
        return set(self._permissions.filter_readable(caller, kind, ids)) if ids else set()

    def _copied_from(self, version: ModelVersion) -> Iterator[ModelVersion]:
        for _ in range(_MOST_COPIES):
            scheme, _, rest = (version.source or "").partition(":/")
            name, slash, number = rest.strip("/").rpartition("/")
            if scheme != "models" or not slash:
                return
            found = _known(self._registry.model_versions.get, GetModelVersion(name, number))
            if found is None:
                return
            yield found
            version = found

    def _add_run(self, lineage: Lineage, run: Run) -> None:
        asked = ExperimentId(run.info.experiment_id)
        lineage.experiment = _known(self._tracking.experiments.get, asked)
        tags = run.data.tags
        noted = {field: tags[tag] for field, tag in _CODE_TAGS.items() if tag in tags}
        lineage.code = Code(**noted) if noted else None
        lineage.datasets = list(run.inputs.dataset_inputs) if run.inputs else []

    def _add_environment(self, lineage: Lineage) -> None:
        """Read the files; a place that cannot be opened from here leaves them unknown."""
        try:
            files = self._open(lineage.artifact_uri)
            found = {info.path for info in files.list()}
            lineage.environment_files = [path for path in ENVIRONMENT_FILES if path in found]
            if REQUIREMENTS in found:
                text = b"".join(files.read(REQUIREMENTS, 0, _MOST_BYTES))
                lineage.requirements = text.decode("utf-8", "replace").splitlines()
        except MillstreamError:
            lineage.environment_files = []


def _known(get: Callable[[Asked], T], request: Asked) -> T | None:
    """What is asked for, or None if it is gone."""
    try:
        return get(request)
    except (NotFound, InvalidParameter):
        return None
