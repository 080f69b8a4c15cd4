"""Files of runs and models, as scripts and the client see them."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from millstream import connect
from millstream.artifacts import transfer
from millstream.artifacts.interface import ArtifactStore
from millstream.client.active import artifact_uri_of, current, place_of
from millstream.client.away import warn
from millstream.client.extras import load
from millstream.client.model_uris import Where, place_in_model, places, run_and_path
from millstream.client.session import SESSION, RegistryConnection
from millstream.client.spooled_artifacts import Send, artifacts_of_run, send, send_of_model
from millstream.entities.artifacts import FileInfo, logged
from millstream.entities.models import GetLoggedModel
from millstream.errors import BadRequest, InvalidParameter, NotFound

BLOCK = 1 << 20

LocalPath = str | os.PathLike[str]


class ArtifactMethods(RegistryConnection):
    """What a client can do with the files of runs and of logged models.

    Paths of artifacts are relative to the root of the run or model, with `/`.
    """

    def log_artifact(
        self, run_id: str, local_path: LocalPath, artifact_path: str | None = None
    ) -> None:
        """Copy a file, or a folder under its own name, into the run's folder `artifact_path`."""
        self._send(run_id, lambda store: _upload(store, local_path, artifact_path))

    def log_artifacts(
        self, run_id: str, local_dir: LocalPath, artifact_path: str | None = None
    ) -> None:
        """Copy what is in a folder into the run's folder `artifact_path`."""
        self._send(run_id, lambda store: _upload_folder(store, local_dir, artifact_path))

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        """Write a text file, in UTF-8."""
        content = text.encode()
        self._send(run_id, lambda store: store.write(artifact_file, [content]))

    def log_dict(self, run_id: str, dictionary: Mapping[str, Any], artifact_file: str) -> None:
        """Write a dictionary (or list) as YAML if the name ends so, else as JSON."""
        self.log_text(run_id, _dumped(dictionary, artifact_file), artifact_file)

    def log_figure(
        self,
        run_id: str,
        figure: Any,
        artifact_file: str,
        *,
        save_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a figure of matplotlib or plotly, in the format that the name ends with."""
        parent, _, name = artifact_file.rpartition("/")
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, name))
            _save_figure(figure, path, save_kwargs or {})
            self._send(run_id, lambda store: _upload(store, path, parent))

    def log_stream(self, run_id: str, stream: BinaryIO, artifact_file: str) -> None:
        """Write what a binary stream gives until its end, without holding it whole."""
        begin = stream.tell() if stream.seekable() else None

        def write(store: ArtifactStore) -> None:
            if begin is not None:
                stream.seek(begin)
            store.write(artifact_file, iter(lambda: stream.read(BLOCK), b""))

        self._send(run_id, write)

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """The files directly below `path` of a run, sorted; of a file or the absent, none.

        The name of a logged model of the run is a path too.
        """
        path = (path or "").strip("/")
        found = logged(self._of_run(run_id).list(path))
        place = place_in_model(run_id, path, self._fresh) if path and not found else None
        if place is None:
            return found
        name = path.partition("/")[0]
        return [
            FileInfo(f"{name}/{file.path}", file.is_dir, file.file_size)
            for file in self._open(place.uri).list(place.path)
        ]

    def download_artifacts(self, run_id: str, path: str, dst_path: LocalPath | None = None) -> str:
        """Fetch a file or folder of a run and say where it is now; see `download_artifacts`."""
        try:
            return _download(self._of_run(run_id), path, dst_path)
        except NotFound:
            place = place_in_model(run_id, path, self._fresh)
            if place is None:
                raise
            return _download(self._open(place.uri), place.path, dst_path)

    def log_model_artifact(
        self, model_id: str, local_path: LocalPath, artifact_path: str | None = None
    ) -> None:
        """Copy a file or folder into the model's folder `artifact_path`."""
        send_of_model(
            self._place, model_id, lambda store: _upload(store, local_path, artifact_path)
        )

    def log_model_artifacts(
        self, model_id: str, local_dir: LocalPath, artifact_path: str | None = None
    ) -> None:
        """Copy what is in a folder into the model's folder `artifact_path`."""
        send_of_model(
            self._place, model_id, lambda store: _upload_folder(store, local_dir, artifact_path)
        )

    def list_logged_model_artifacts(self, model_id: str, path: str | None = None) -> list[FileInfo]:
        """The files directly below `path` of a logged model, sorted."""
        return self._of_model(model_id).list(path or "")

    def _of_run(self, run_id: str) -> ArtifactStore:
        return artifacts_of_run(self._place, run_id, artifact_uri_of(run_id, self._place))

    def _send(self, run_id: str, work: Send) -> None:
        send(self._place, run_id, artifact_uri_of(run_id, self._place), work)

    def _of_model(self, model_id: str) -> ArtifactStore:
        asked = GetLoggedModel(SESSION.delivery.target(self._place, model_id))
        return self._open(self._fresh.models.get(asked).artifact_location)

    def _open(self, uri: str) -> ArtifactStore:
        return connect.open_artifacts(uri, SESSION.settings(), tracking_uri=self._place)

    def _located(self, uri: str) -> tuple[ArtifactStore, str]:
        """A store and the path in it that any artifact URI names."""
        found = places(uri, Where(self._place, self._registry_place))
        for place in found[:-1]:
            store = self._open(place.uri)
            if _exists(store, place.path):
                return store, place.path
        place = found[-1]
        if place.path or place.uri != uri:
            return self._open(place.uri), place.path
        folder, slash, name = uri.rstrip("/").rpartition("/")
        return self._open(folder or slash or "."), name


def log_artifact(
    local_path: LocalPath, artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Copy a file, or a folder under its own name, to the active run's `artifact_path`."""
    client, run_id = client_for(run_id)
    client.log_artifact(run_id, local_path, artifact_path)


def log_artifacts(
    local_dir: LocalPath, artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Copy what is in a folder into the active run's folder `artifact_path`."""
    client, run_id = client_for(run_id)
    client.log_artifacts(run_id, local_dir, artifact_path)


def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Write a text file of the active run."""
    client, run_id = client_for(run_id)
    client.log_text(run_id, text, artifact_file)


def log_dict(dictionary: Mapping[str, Any], artifact_file: str, run_id: str | None = None) -> None:
    """Write a dictionary as a YAML or JSON file of the active run."""
    client, run_id = client_for(run_id)
    client.log_dict(run_id, dictionary, artifact_file)


def log_figure(
    figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None
) -> None:
    """Write a figure of matplotlib or plotly as a file of the active run."""
    client, run_id = client_for(None)
    client.log_figure(run_id, figure, artifact_file, save_kwargs=save_kwargs)


def log_stream(stream: BinaryIO, artifact_file: str, run_id: str | None = None) -> None:
    """Write what a binary stream gives as a file of the active run."""
    client, run_id = client_for(run_id)
    client.log_stream(run_id, stream, artifact_file)


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """The URI of the active run's artifacts, or of one below it."""
    root = current().run.info.artifact_uri or ""
    return f"{root.rstrip('/')}/{artifact_path.lstrip('/')}" if artifact_path else root


def flush_artifact_async_logging() -> None:
    """Wait for artifacts under way; each has arrived when the call that logs it returns."""


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: LocalPath | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
) -> str:
    """Fetch a file or folder into the folder `dst_path` and say where it is now.

    It is named by any artifact URI, or by a run and a path. Without `dst_path` it goes to a new
    temporary folder, unless it is a local file anyway: that is then not copied.
    """
    client, run_id, path = _named(artifact_uri, run_id, artifact_path, tracking_uri, registry_uri)
    if run_id is not None:
        return client.download_artifacts(run_id, path, dst_path)
    store, path = client._located(path)  # of this file's own class
    return _download(store, path, dst_path)


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """The files directly below an artifact URI, or below a path of a run."""
    client, run_id, path = _named(artifact_uri, run_id, artifact_path, tracking_uri)
    if run_id is not None:
        return client.list_artifacts(run_id, path)
    store, path = client._located(path)  # of this file's own class
    return logged(store.list(path))


def load_text(artifact_uri: str) -> str:
    """The text of a file, which must be UTF-8."""
    store, path = ArtifactMethods()._located(artifact_uri)  # of this file's own class
    return b"".join(store.read(path)).decode()


def load_dict(artifact_uri: str) -> Any:
    """What a JSON file holds."""
    try:
        return json.loads(load_text(artifact_uri))
    except ValueError as error:
        raise BadRequest(
            f"Unable to form a JSON object from file content: {artifact_uri} is no JSON ({error})"
        ) from error


def load_image(artifact_uri: str) -> Any:
    """A file as an image of Pillow."""
    images = load("PIL.Image", "loading an image")
    with tempfile.TemporaryDirectory() as folder:
        image = images.open(download_artifacts(artifact_uri, dst_path=folder))
        image.load()
    return image


def client_for(run_id: str | None) -> tuple[ArtifactMethods, str]:
    """The client and run that a function means that was, or was not, given a run id."""
    if run_id is None:
        item = current()
        return ArtifactMethods(item.place), item.run_id
    return ArtifactMethods(place_of(run_id)), run_id


def _named(
    artifact_uri: str | None,
    run_id: str | None,
    artifact_path: str | None,
    tracking_uri: str | None,
    registry_uri: str | None = None,
) -> tuple[ArtifactMethods, str | None, str]:
    """The client, the run and the path in it; without a run, the path is a whole URI."""
    if (artifact_uri is None) == (run_id is None):
        raise InvalidParameter(
            "Exactly one of `run_id` or `artifact_uri` must be specified; got "
            f"artifact_uri={artifact_uri!r} and run_id={run_id!r}"
        )
    client = ArtifactMethods(tracking_uri, registry_uri)
    if artifact_uri is None:
        return client, run_id, artifact_path or ""
    uri = os.fspath(artifact_uri)
    if artifact_path:
        uri = f"{uri.rstrip('/')}/{artifact_path}"
    return (client, *(run_and_path(uri) or (None, uri)))


def _exists(store: ArtifactStore, path: str) -> bool:
    try:
        store.stat(path)
    except NotFound:
        return False
    return True


def _upload(store: ArtifactStore, local_path: LocalPath, artifact_path: str | None) -> None:
    local = Path(local_path)
    target = f"{artifact_path.strip('/')}/{local.name}" if artifact_path else local.name
    if local.is_dir():
        transfer.upload_folder(store, local, target, quiet=_quiet())
    elif local.exists():
        transfer.upload(store, local, target, quiet=_quiet())
    else:
        raise FileNotFoundError(errno.ENOENT, "there is no file or folder to log", str(local))


def _upload_folder(store: ArtifactStore, local_dir: LocalPath, artifact_path: str | None) -> None:
    local = Path(local_dir)
    if not local.exists():  # scripts log folders that were only perhaps filled
        warn(f"there is no folder '{local}', so that nothing is logged of it")
        return
    if not local.is_dir():
        raise InvalidParameter(f"'{local}' is no folder; log_artifact takes single files")
    transfer.upload_folder(store, local, (artifact_path or "").strip("/"), quiet=_quiet())


def _download(store: ArtifactStore, path: str, dst_path: LocalPath | None) -> str:
    path = path.strip("/")
    if dst_path is None:
        store.stat(path)
        root = connect.local_folder(store.uri)
        if root is not None:
            return str(Path(root, path))
        dst_path = tempfile.mkdtemp(prefix="millstream-")
    return transfer.download(store, path, Path(dst_path).absolute(), quiet=_quiet())


def _quiet() -> bool:
    return SESSION.settings().no_progress


def _dumped(dictionary: Any, artifact_file: str) -> str:
    if artifact_file.lower().endswith((".yml", ".yaml")):
        text: str = load("yaml", "writing YAML").safe_dump(
            json.loads(json.dumps(dictionary, default=_plain)),
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
        )
        return text
    return json.dumps(dictionary, indent=2, default=_plain)


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy and its like as Python's; anything else as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _save_figure(figure: Any, path: str, save_kwargs: Mapping[str, Any]) -> None:
    if hasattr(figure, "savefig"):
        figure.savefig(path, **save_kwargs)
    elif hasattr(figure, "write_html") and path.lower().endswith((".html", ".htm")):
        figure.write_html(path, **{"include_plotlyjs": "cdn", "auto_open": False, **save_kwargs})
    elif hasattr(figure, "write_image"):
        figure.write_image(path, **save_kwargs)
    else:
        raise TypeError(
            f"Unsupported figure object type: '{type(figure)}'; known are figures of matplotlib "
            "and plotly"
        )
