"""A folder of a store as one zip file, made while it is read: nothing is kept but a block."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator, Sequence

from millstream.artifacts import paths
from millstream.artifacts.interface import ArtifactStore
from millstream.entities.artifacts import FileInfo
from millstream.errors import InvalidParameter, NotFound

MOST_ENTRIES = 50_000
_BLOCK = 1 << 20
_LARGE = 1 << 30
"""Files of so many bytes are told of in the fields for large ones, which old programs ignore."""


def files_below(store: ArtifactStore, folder: str) -> list[FileInfo]:
    """All files in a folder and the folders below it.

    Raises `NotFound` if there are none, `InvalidParameter` if the folder is a file, if it holds
    more than 50,000 files and folders, or if a file has a name that would lead out of the folder in
    which the zip is unpacked.
    """
    files = []
    waiting = [folder]
    seen = 0
    while waiting:
        for found in store.list(waiting.pop()):
            seen += 1
            if seen > MOST_ENTRIES:
                raise InvalidParameter(
                    f"'{folder or '.'}' holds more than {MOST_ENTRIES} files and folders, too many "
                    "for one zip file. Download a folder in it, or all of it with "
                    "millstream.artifacts.download_artifacts()."
                )
            paths.canonical(found.path)
            if found.is_dir:
                waiting.append(found.path)
            else:
                files.append(found)
    if not files:
        raise _nothing(store, folder)
    return sorted(files, key=lambda file: file.path)


def zip_of(
    store: ArtifactStore, files: Sequence[FileInfo], folder: str, name: str
) -> Iterator[bytes]:
    """The bytes of a zip file in blocks of about 1 MiB.

    It unpacks to a folder of that name, which holds the files as they stand in `folder`. They are
    not compressed: most are already, and the wire is seldom slower than that. Each comes with the
    size that it had when it was listed, or less if it has become shorter since.
    """
    made = _Made()
    at = time.localtime()
    now = (at.tm_year, at.tm_mon, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            inside = file.path[len(folder) :].lstrip("/")
            entry = zipfile.ZipInfo(f"{name}/{inside}", now)
            entry.external_attr = 0o644 << 16
            size = file.file_size
            is_large = size is None or size >= _LARGE
            with archive.open(entry, "w", force_zip64=is_large) as written:
                for block in store.read(file.path, 0, size):
                    written.write(block)
                    if len(made.waiting) >= _BLOCK:
                        yield made.take()
            if len(made.waiting) >= _BLOCK:
                yield made.take()
    yield made.take()


class _Made:
    """What the zip file's writer has written and nobody has taken yet; no way leads back."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, content: bytes, /) -> int:
        self.waiting += content
        return len(content)

    def flush(self) -> None:
        """All that was written can be taken at once."""

    def close(self) -> None:
        """What was written can still be taken."""

    def take(self) -> bytes:
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


def _nothing(store: ArtifactStore, folder: str) -> InvalidParameter | NotFound:
    if folder and not store.stat(folder).is_dir:
        return InvalidParameter(f"'{folder}' is a file. Only a folder is sent as a zip file.")
    return NotFound(f"There are no files in the folder '{folder or '.'}'.")
