"""The requests about a run's or model's files, answered from a store and where its files are."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from urllib.parse import urlsplit

from millstream.artifacts import paths
from millstream.artifacts.interface import ArtifactStore, DirectAccess
from millstream.entities.artifacts import (
    ArtifactPage,
    CreatePresignedDownloadUrl,
    CreatePresignedUploadUrl,
    ListArtifacts,
    ListModelArtifacts,
    PresignedUrl,
    logged,
)
from millstream.entities.model_versions import GetModelVersion
from millstream.entities.models import GetLoggedModel, SearchLoggedModels
from millstream.entities.runs import RunId
from millstream.errors import InvalidParameter
from millstream.rest.protected_files import FileProtection
from millstream.store.interface import Store
from millstream.store.sql.locations import below

_PROXIED = ("http", "https", "mlflow-artifacts")
_OF_RUN = "runs:/"
_DEFAULT_SECONDS = 900
_MOST_SECONDS = 604_800


class Artifacts:
    """Finds where the files of a run or model are, by `open`, which decides what may be opened.

    What `protection` refuses to change is not changed. Versions are in `registry`, if that is
    another store.
    """

    def __init__(
        self,
        store: Store,
        open: Callable[[str], ArtifactStore],
        protection: FileProtection,
        registry: Store | None = None,
    ) -> None:
        self._store = store
        self._registry = registry or store
        self._open = open
        self._protection = protection

    def list_for_run(self, request: ListArtifacts) -> ArtifactPage:
        """What is directly below a folder of a run; of a file or the absent only the root."""
        uri = self._uri_of_run(request.run_id)
        return ArtifactPage(root_uri=uri, files=logged(self._open(uri).list(request.path or "")))

    def list_for_model(self, request: ListModelArtifacts) -> ArtifactPage:
        """The same for a logged model."""
        uri = self._uri_of_model(request.model_id)
        files = self._open(uri).list(request.artifact_directory_path or "")
        return ArtifactPage(root_uri=uri, files=files)

    def presigned_upload(self, request: CreatePresignedUploadUrl) -> PresignedUrl:
        """An address to PUT a file to, valid for 900 seconds unless asked otherwise."""
        if bool(request.run_id) == bool(request.model_id):
            raise InvalidParameter("Exactly one of 'run_id' and 'model_id' must be specified.")
        seconds = _lifetime(request.expiration)
        if request.run_id:
            uri = self._uri_of_run(request.run_id)
        else:
            uri = self._uri_of_model(request.model_id or "")
        path = _file(request.path)
        store = self._direct(
            uri,
            "Presigned upload is not supported for proxied artifact storage",
            "a direct cloud storage artifact URI",
        )
        self._protection.check(below(uri, path))
        content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return PresignedUrl(
            presigned_url=store.presign("PUT", path, seconds),
            headers={"Content-Type": content_type},
        )

    def presigned_download(self, request: CreatePresignedDownloadUrl) -> PresignedUrl:
        """An address to GET a run's file from; raises `NotFound` if there is no such file."""
        seconds = _lifetime(request.expiration)
        uri = self._uri_of_run(request.run_id)
        path = _file(request.path)
        store = self._direct(
            uri,
            "Presigned download is not supported for runs with proxied artifact storage",
            "a run with a direct cloud storage artifact URI",
        )
        size = self._open(uri).stat(path).file_size
        return PresignedUrl(presigned_url=store.presign("GET", path, seconds), file_size=size)

    def write_of_run(self, run_id: str, path: str, body: bytes) -> None:
        """Create or replace a file of a run."""
        uri = self._uri_of_run(run_id)
        store, path = self._open(uri), _file(path)
        self._protection.check(below(uri, path))
        store.write(path, [body])

    def of_run(self, run_id: str) -> ArtifactStore:
        """The files of a run, which the server may open."""
        return self._open(self._uri_of_run(run_id))

    def of_model(self, model_id: str) -> ArtifactStore:
        """The files of a logged model, which the server may open."""
        return self._open(self._uri_of_model(model_id))

    def of_version(self, name: str, version: str) -> ArtifactStore:
        """The files of a version of a registered model, which the server may open."""
        named = GetModelVersion(name=name, version=version)
        uri = self._registry.model_versions.get_download_uri(named).artifact_uri
        return self._open(self._uri_of_run_path(uri) if uri.startswith(_OF_RUN) else uri)

    def _uri_of_run_path(self, uri: str) -> str:
        """Where `runs:/<run>/<path>` is: in the run's newest logged model of that name, if any."""
        run_id, _, path = uri.removeprefix(_OF_RUN).lstrip("/").partition("/")
        name, _, rest = path.partition("/")
        info = self._store.runs.get(RunId(run_id=run_id)).info
        asked = SearchLoggedModels([info.experiment_id], filter=f"source_run_id = '{run_id}'")
        for model in self._store.models.search(asked).models:
            if model.info.name == name:
                home = model.info.artifact_uri
                return below(home, rest) if rest else home
        return below(info.artifact_uri or "", path)

    def _uri_of_run(self, run_id: str) -> str:
        return self._store.runs.get(RunId(run_id=run_id)).info.artifact_uri or ""

    def _uri_of_model(self, model_id: str) -> str:
        return self._store.models.get(GetLoggedModel(model_id=model_id)).info.artifact_uri

    def _direct(self, uri: str, refusal: str, needed: str) -> DirectAccess:
        scheme = urlsplit(uri).scheme
        store = self._open(uri) if scheme not in _PROXIED else None
        if not isinstance(store, DirectAccess):
            raise InvalidParameter(
                f"{refusal} (artifact URI scheme: {scheme}). This endpoint requires {needed}."
            )
        return store


def _file(path: str) -> str:
    path = paths.canonical(path)
    if not path:
        raise InvalidParameter("Invalid path: '' names the root; a file is needed")
    return path


def _lifetime(seconds: int | None) -> int:
    if seconds is None:
        return _DEFAULT_SECONDS
    if not 1 <= seconds <= _MOST_SECONDS:
        raise InvalidParameter(
            f"Invalid value {seconds} for parameter 'expiration' supplied. It must be between 1 "
            f"and {_MOST_SECONDS} seconds."
        )
    return seconds
