"""What gates ask about the files of a model, answered from where its files are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from millstream.artifacts.interface import ArtifactStore
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.model_format.compatibility import mismatches
from millstream.model_format.digests import CODE, COMPILED, MANIFEST

_MOST_FILES = 100_000
_MOST_MANIFEST = 4 << 20
_MOST_FAULTS = 20


class StoredModels:
    """Reads models below the URIs that `open` opens, which decides what may be opened.

    Nothing is loaded: MLmodel is parsed as plain YAML, and files are only counted and hashed.
    """

    def __init__(self, open: Callable[[str], ArtifactStore]) -> None:
        self._open = open

    def size(self, uri: str) -> int:
        """The size of all files below, in bytes."""
        store = self._open(uri)
        self._manifest(store)
        return sum(size for _, size in _files(store))

    def damage(self, uri: str) -> list[str]:
        """What differs from the digests in MLmodel, a sentence each; empty if nothing does."""
        store = self._open(uri)
        recorded = self._manifest(store).get("file_digests")
        if not isinstance(recorded, dict) or not recorded:
            return ["MLmodel records no digests (`file_digests`)"]
        faults = []
        for name, digest in sorted(recorded.items(), key=str):
            fault = _fault(store, str(name), digest)
            if fault is not None:
                faults.append(fault)
            if len(faults) == _MOST_FAULTS:
                return faults
        added = sorted(name for name, _ in _files(store, CODE) if name not in recorded)
        return faults + [f"the file '{name}' was not saved with the model" for name in added]

    def mismatches(self, champion_uri: str, uri: str) -> list[str]:
        """Why a model cannot take the champion's place, a sentence each; empty if it can."""
        champion = self._manifest(self._open(champion_uri))
        candidate = self._manifest(self._open(uri))
        return mismatches(champion.get("signature"), candidate.get("signature"))

    def _manifest(self, store: ArtifactStore) -> dict[str, Any]:
        body = b""
        try:
            for chunk in store.read(MANIFEST, 0, _MOST_MANIFEST + 1):
                body += chunk
        except NotFound as error:
            raise NotFound(f"there is no {MANIFEST} at {store.uri}") from error
        if len(body) > _MOST_MANIFEST:
            raise InvalidParameter(
                f"the {MANIFEST} at {store.uri} has more than {_MOST_MANIFEST} bytes"
            )
        try:
            content = yaml.safe_load(body)
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidParameter(f"the {MANIFEST} at {store.uri} is not YAML") from error
        if not isinstance(content, dict):
            raise InvalidParameter(f"the {MANIFEST} at {store.uri} holds no mapping")
        return content


def _fault(store: ArtifactStore, name: str, digest: object) -> str | None:
    found = hashlib.sha256()
    try:
        for chunk in store.read(name):
            found.update(chunk)
    except NotFound:
        return f"the file '{name}' is missing"
    except MillstreamError as error:
        return f"the file '{name}' cannot be read: {error.message}"
    if found.hexdigest() != digest:
        return f"the file '{name}' is not the one that was saved: its SHA-256 differs"
    return None


def _files(store: ArtifactStore, folder: str = "") -> Iterator[tuple[str, int]]:
    """The files below a folder with their sizes, but for compiled ones in the folder of code."""
    folders, count = [folder], 0
    while folders:
        for info in store.list(folders.pop()):
            count += 1
            if count > _MOST_FILES:
                raise InvalidParameter(f"there are more than {_MOST_FILES} files at {store.uri}")
            if info.is_dir:
                if folder != CODE or COMPILED not in info.path.split("/"):
                    folders.append(info.path)
            else:
                yield info.path, info.file_size or 0
