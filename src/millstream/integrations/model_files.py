"""The files of a model on this machine, wherever its URI points."""

from __future__ import annotations

import atexit
import importlib
import os
import shutil
import tempfile
from pathlib import Path

from millstream import connect
from millstream.artifacts import transfer
from millstream.artifacts.interface import ArtifactStore
from millstream.client.model_uris import Place, Where, places
from millstream.client.session import SESSION
from millstream.errors import NotFound
from millstream.model_format.digests import MANIFEST

_TEMPORARY = "millstream-model-"


def local_path(uri: str | os.PathLike[str], dst_path: str | None = None) -> Path:
    """The file or folder that a URI or path names; fetched if it is elsewhere.

    It is also fetched, below `dst_path`, if that is given. What is fetched without it is removed
    when the process ends.
    """
    text = os.fspath(uri)
    found = places(text, Where.now())
    if found == [Place(text)]:
        return _named(text, dst_path)
    stores = [(_open(place), place.path) for place in found]
    present = [(store, path) for store, path in stores if _exists(store, path)]
    if not present:
        raise NotFound(f"No such artifact: {text!r}")
    if len(present) == 1 and dst_path is None:
        store, path = present[0]
        folder = connect.local_folder(store.uri)
        if folder is not None:
            return Path(folder, path)
    return _merged(present, dst_path or _temporary())


def model_store(uri: str) -> ArtifactStore:
    """The place of the model at a URI or path, seen from its directory, to change files there."""
    for place in places(uri, Where.now()):
        store = _open(place).below(place.path) if place.path else _open(place)
        if _exists(store, MANIFEST):
            return store
    raise NotFound(f'Could not find an "MLmodel" configuration file at "{uri}"')


def temporary_folder(path: Path) -> Path | None:
    """The folder that goes when this process ends, if a path that `local_path` gave is in one."""
    if not path.is_relative_to(tempfile.gettempdir()):
        return None
    return next((one for one in (path, *path.parents) if one.name.startswith(_TEMPORARY)), None)


def remove_temporary(path: Path) -> None:
    """Remove now what `local_path` fetched for as long as the process lives; nothing else."""
    folder = temporary_folder(path)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _named(text: str, dst_path: str | None) -> Path:
    is_local = connect.local_folder(text) is not None
    path = Path(text)
    if is_local and dst_path is None and _is_plain(path):
        return path.parent.resolve() / path.name
    if not is_local and dst_path is None:
        dst_path = _temporary()
    # Late, since all that logs runs comes with it.
    artifacts = importlib.import_module("millstream.client.artifacts")
    try:
        return Path(artifacts.download_artifacts(artifact_uri=text, dst_path=dst_path))
    except NotFound as error:
        raise NotFound(f"No such artifact: {text!r}") from error


def _is_plain(path: Path) -> bool:
    """Whether it is there, and names no folder above one that it names."""
    return ".." not in path.parts and path.exists()


def _merged(present: list[tuple[ArtifactStore, str]], target: str) -> Path:
    """Fetch several places into one folder: a run's artifacts and its model may share a name."""
    first, *others = [
        Path(transfer.download(store, path, Path(target, str(number) if number else "")))
        for number, (store, path) in enumerate(present)
    ]
    for other in others:
        shutil.copytree(other, first, dirs_exist_ok=True)
        shutil.rmtree(other)
    return first


def _open(place: Place) -> ArtifactStore:
    return connect.open_artifacts(place.uri, SESSION.settings(), tracking_uri=SESSION.place)


def _exists(store: ArtifactStore, path: str) -> bool:
    if not path:
        return bool(store.list())
    try:
        store.stat(path)
    except NotFound:
        return False
    return True


def _temporary() -> str:
    folder = tempfile.mkdtemp(prefix=_TEMPORARY)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
