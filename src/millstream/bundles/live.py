"""A version where it is, as a bundle: facts gathered at once, files read when asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from millstream.bundles import points
from millstream.bundles.contents import (
    EVIDENCE,
    EVIDENCE_FOLDER,
    FORMAT,
    METRICS,
    MODEL,
    RUN,
    BundledFile,
    BundledRun,
    Contents,
    Origin,
    identity_of,
    metrics_path,
)
from millstream.bundles.side import Folder, Side, folder_of_version, list_files, read_manifest
from millstream.entities.experiments import ExperimentId
from millstream.entities.model_versions import ModelVersion
from millstream.entities.models import GetLoggedModel, LoggedModel
from millstream.entities.registered_models import GetRegisteredModel
from millstream.entities.registry_events import RegistryEvent, SearchRegistryEvents
from millstream.entities.runs import Run, RunId
from millstream.errors import EndpointNotFound, NotFound
from millstream.masking import shown
from millstream.version import VERSION

_PAGE = 1_000
_HOME = "Default"
_MODEL_IN_SOURCE = re.compile(r"(?:^models:/|/models/)(m-[0-9a-f]{32})(?:/artifacts)?/?$")


class LiveBundle:
    """A version on its side; `with_run_artifacts` adds the other files of the run."""

    def __init__(
        self, side: Side, version: ModelVersion, *, with_run_artifacts: bool = False
    ) -> None:
        self._side = side
        self._folder = folder_of_version(side, version)
        model = _model_of(side, version)
        self._runs = {run.info.run_id: run for run in _runs_of(side, version, model)}
        source = self._runs.get(version.run_id or "")
        self._run_folder = _artifacts_of(side, source)
        inside = model is None and _is_below(self._folder, self._run_folder)
        self._model_path = self._path_in_run() if inside else None
        signature = read_manifest(self._folder).signature
        bundled = [BundledRun(run, _experiment(side, run)) for run in self._runs.values()]
        registered = side.registry.registered_models.get(GetRegisteredModel(version.name))
        self.contents = Contents(
            format=FORMAT,
            made_by=f"millstream {VERSION}",
            origin=Origin(
                identity_of(version),
                shown(side.registry_uri),
                version.name,
                version.version,
            ),
            registered_model=msgspec.structs.replace(registered, latest_versions=[]),
            version=version,
            experiment_name=_home(side, model, bundled),
            runs=bundled,
            model=model,
            model_path=self._model_path,
            signature={k: v for k, v in (signature.to_dict() if signature else {}).items() if v},
            events=list(_events(side, version)),
            files=sorted(
                self._files(with_run_artifacts=with_run_artifacts), key=lambda file: file.path
            ),
        )

    def read(self, path: str) -> Iterator[bytes]:
        """The bytes of one of the files, as they are now."""
        kind, _, rest = path.partition("/")
        if f"{kind}/" == METRICS:
            run = self._runs[rest.removesuffix(".jsonl")]
            return points.lines(self._side.tracking, run)
        if f"{kind}/" == RUN and self._run_folder is not None:
            return self._run_folder.store.read(self._run_folder.join(rest))
        inside = f"{EVIDENCE_FOLDER}/{rest}" if f"{kind}/" == EVIDENCE else rest
        return self._folder.store.read(self._folder.join(inside))

    def _files(self, *, with_run_artifacts: bool) -> Iterator[BundledFile]:
        for run_id in self._runs:
            yield BundledFile(metrics_path(run_id))
        kept = f"{EVIDENCE_FOLDER}/"
        for path, size in list_files(self._folder):
            if path.startswith(kept):
                yield BundledFile(EVIDENCE + path.removeprefix(kept), size)
            else:
                yield BundledFile(MODEL + path, size)
        if with_run_artifacts and self._run_folder is not None:
            own = None if self._model_path is None else f"{self._model_path}/"
            for path, size in list_files(self._run_folder):
                if own is None or not path.startswith(own):
                    yield BundledFile(RUN + path, size)

    def _path_in_run(self) -> str:
        root = self._run_folder.store.uri.rstrip("/") if self._run_folder else ""
        whole = f"{self._folder.store.uri.rstrip('/')}/{self._folder.path}"
        return whole[len(root) :].strip("/")


def _model_of(side: Side, version: ModelVersion) -> LoggedModel | None:
    model_id = version.model_id
    if not model_id:  # MLflow's server does not tell it, but for the source
        named = _MODEL_IN_SOURCE.search(version.source or "")
        model_id = named[1] if named else None
    if not model_id:
        return None
    try:
        return side.tracking.models.get(GetLoggedModel(model_id, allow_deleted=True))
    except NotFound:
        return None


def _runs_of(side: Side, version: ModelVersion, model: LoggedModel | None) -> Iterator[Run]:
    """The run that the version is from, then those that its model is from or was measured by."""
    wanted = [version.run_id or ""]
    if model is not None:
        wanted.append(model.source_run_id or "")
        wanted += sorted({metric.run_id or "" for metric in model.metrics})
    for run_id in dict.fromkeys(filter(None, wanted)):
        try:
            yield side.tracking.runs.get(RunId(run_id))
        except NotFound:
            continue  # a version outlives the runs it has to do with


def _artifacts_of(side: Side, run: Run | None) -> Folder | None:
    if run is None or not run.info.artifact_uri:
        return None
    return Folder(side.artifacts(run.info.artifact_uri))


def _is_below(folder: Folder, root: Folder | None) -> bool:
    if root is None:
        return False
    return f"{folder.store.uri.rstrip('/')}/{folder.path}/".startswith(
        f"{root.store.uri.rstrip('/')}/"
    )


def _experiment(side: Side, run: Run) -> str:
    return side.tracking.experiments.get(ExperimentId(run.info.experiment_id)).name


def _home(side: Side, model: LoggedModel | None, runs: list[BundledRun]) -> str:
    if model is not None:
        return side.tracking.experiments.get(ExperimentId(model.experiment_id)).name
    return runs[0].experiment_name if runs else _HOME


def _events(side: Side, version: ModelVersion) -> Iterator[RegistryEvent]:
    """The history of the version; a server without one, such as MLflow's, tells nothing."""
    request = SearchRegistryEvents(
        name=version.name, version=version.version, oldest_first=True, max_results=_PAGE
    )
    while True:
        try:
            page = side.registry.registry_events.search(request)
        except EndpointNotFound:
            return
        yield from page.events
        if not page.next_page_token:
            return
        request = msgspec.structs.replace(request, page_token=page.next_page_token)
