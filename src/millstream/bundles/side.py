"""One end of a journey: where runs, models and files are, and the registry beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from millstream import connect
from millstream.artifacts.interface import ArtifactStore
from millstream.client.model_uris import Where, places
from millstream.client.session import SESSION
from millstream.entities.model_versions import GetModelVersion, ModelVersion
from millstream.errors import InvalidParameter, NotFound
from millstream.model_format.digests import MANIFEST
from millstream.model_format.manifest import Manifest
from millstream.store.interface import Store

LONGEST_MLMODEL = 16 << 20
_MANY_FILES = 100_000
_DEEP = 64


class Side(NamedTuple):
    """Open stores at a tracking URI and a registry URI, both canonical."""

    uri: str
    registry_uri: str
    tracking: Store
    registry: Store

    def artifacts(self, uri: str) -> ArtifactStore:
        """The files below a URI."""
        return connect.open_artifacts(uri, SESSION.settings(), tracking_uri=self.uri)


class Folder(NamedTuple):
    """A folder in a place where artifacts are kept."""

    store: ArtifactStore
    path: str = ""

    def join(self, path: str) -> str:
        """The path in the store of what is at `path` in this folder."""
        return f"{self.path}/{path}" if self.path else path


class Listed(NamedTuple):
    """A file by its path in a folder; its size in bytes, if the place says so."""

    path: str
    size: int | None


def open_side(tracking_uri: str | None = None) -> Side:
    """The stores that this process means, or those of a tracking URI; they are not to be closed."""
    place = SESSION.place if tracking_uri is None else connect.canonical(tracking_uri)
    registry = SESSION.registry_place(place)
    return Side(place, registry, SESSION.fresh(place), SESSION.fresh(registry))


def open_other_side(uri: str) -> Side:
    """The same at a URI that has nothing to do with what this process means otherwise."""
    place = connect.canonical(uri)
    store = SESSION.fresh(place)
    return Side(place, place, store, store)


def folder_of_version(side: Side, version: ModelVersion) -> Folder:
    """Where the files of a version are; raises `NotFound` if there is no MLmodel."""
    asked = GetModelVersion(version.name, version.version)
    uri = side.registry.model_versions.get_download_uri(asked).artifact_uri
    for place in places(uri, Where(side.uri, side.registry_uri)):
        folder = Folder(side.artifacts(place.uri), place.path)
        if _has_manifest(folder):
            return folder
    raise NotFound(
        f"The files of version {version.version} of '{version.name}' are not at {uri}: there is no "
        f"{MANIFEST}."
    )


def list_files(folder: Folder) -> Iterator[Listed]:
    """All files below a folder, by path, each with its path in the folder.

    A folder deeper or fuller than a model ever is, such as one that contains itself, is refused.
    """
    start = len(folder.path) + 1 if folder.path else 0
    files = 0
    waiting = [folder.path]
    while waiting:
        for found in folder.store.list(waiting.pop()):
            if found.is_dir:
                waiting.append(found.path)
            else:
                yield Listed(found.path[start:], found.file_size)
                files += 1
            if files > _MANY_FILES or found.path.count("/") - folder.path.count("/") > _DEEP:
                raise InvalidParameter(
                    f"{folder.store.uri} holds more than {_MANY_FILES:,} files, or folders more "
                    f"than {_DEEP} deep, below '{folder.path}'."
                )


def read_manifest(folder: Folder) -> Manifest:
    """The MLmodel of a model directory."""
    path = folder.join(MANIFEST)
    content = bytearray()
    for chunk in folder.store.read(path):
        content += chunk
        if len(content) > LONGEST_MLMODEL:
            raise InvalidParameter(
                f"'{path}' in {folder.store.uri} has more than {LONGEST_MLMODEL:,} bytes, "
                f"which no {MANIFEST} has."
            )
    return Manifest.from_yaml(content.decode("utf-8", "replace"), path)


def _has_manifest(folder: Folder) -> bool:
    try:
        return not folder.store.stat(folder.join(MANIFEST)).is_dir
    except NotFound:
        return False
