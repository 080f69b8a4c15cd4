"""A bundle as one file: a zip whose files are stored as they are, the manifest last.

Nothing is compressed: the same version gives the same bytes everywhere, and what a bundle unpacks
to is never more than the bundle itself. Reading holds every file against the manifest.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from millstream.artifacts.paths import canonical
from millstream.bundles.contents import (
    EVIDENCE,
    EVIDENCE_FOLDER,
    FORMAT,
    MANIFEST_PATH,
    METRICS,
    MODEL,
    RUN,
    Bundle,
    BundledFile,
    Contents,
    encode,
    metrics_path,
)
from millstream.entities.decoding import json_decoder
from millstream.entities.registry_validation import check_name
from millstream.errors import InvalidParameter, MillstreamError
from millstream.model_format.digests import MANIFEST

LONGEST_MANIFEST = 256 << 20
MOST_FILES = 200_000
_BLOCK = 1 << 20
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 1
_KINDS = (METRICS, MODEL, RUN, EVIDENCE)
_HEX = set("0123456789abcdef")
_UNREADABLE = (
    zipfile.BadZipFile,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
)
"""What the standard library raises for a zip that is not one, or no longer."""


def write(bundle: Bundle, path: Path) -> Contents:
    """Write a bundle to a file, which appears whole or not at all; answers with its manifest."""
    descriptor, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with (
            os.fdopen(descriptor, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        ):
            files = [_add(archive, one.path, bundle) for one in bundle.contents.files]
            contents = msgspec.structs.replace(bundle.contents, files=files)
            manifest = encode(contents)
            if len(manifest) > LONGEST_MANIFEST:
                raise InvalidParameter(
                    f"The manifest of the bundle has {len(manifest):,} bytes; it may have at most "
                    f"{LONGEST_MANIFEST:,}."
                )
            archive.writestr(_entry(MANIFEST_PATH), manifest)
        Path(partial).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(partial).unlink()
        raise
    return contents


class _Format(msgspec.Struct):
    format: int


class ZipBundle:
    """A bundle in a file. Opening checks all but the bytes of its files; `verify` checks those."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except _UNREADABLE as error:
            raise _bad(path, f"it is no zip file ({error})") from error
        try:
            self._entries = self._checked_entries()
            self.contents = self._manifest()
            self._check_files()
        except BaseException:
            self._archive.close()
            raise

    def verify(self) -> None:
        """Read every file, and raise DATA_LOSS for one that is not what was bundled."""
        for file in self.contents.files:
            for _ in self.read(file.path):
                pass

    def read(self, path: str) -> Iterator[bytes]:
        """The bytes of one of the files; the end raises DATA_LOSS if they are not those bundled."""
        found = hashlib.sha256()
        try:
            with self._archive.open(self._entries[path]) as content:
                while block := content.read(_BLOCK):
                    found.update(block)
                    yield block
        except _UNREADABLE as error:
            raise _damaged(self._path, f"'{path}' cannot be read ({error})") from error
        if found.hexdigest() != self._digests[path]:
            raise _damaged(self._path, f"'{path}' does not have the SHA-256 in its manifest")

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _checked_entries(self) -> dict[str, zipfile.ZipInfo]:
        """The entries by path: plain files below the root, each once, that overlap nowhere."""
        entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._archive.infolist():
            name = entry.filename
            if len(entries) >= MOST_FILES:
                raise _bad(self._path, f"it has more than {MOST_FILES:,} files")
            if name in entries or not _is_plain(name):
                raise _bad(self._path, f"it has the path {name!r}, which is not allowed or twice")
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise _bad(self._path, f"{name!r} is a symbolic link")
            if entry.flag_bits & _ENCRYPTED:
                raise _bad(self._path, f"{name!r} is encrypted")
            stored = entry.compress_type == zipfile.ZIP_STORED
            if not stored or entry.compress_size != entry.file_size:
                raise _bad(self._path, f"{name!r} is compressed, which files of bundles never are")
            entries[name] = entry
        total = sum(entry.file_size for entry in entries.values())
        if total > self._path.stat().st_size:
            raise _bad(self._path, f"it claims to hold {total:,} bytes, more than it has itself")
        for name in entries:
            parts = name.split("/")
            if any("/".join(parts[:end]) in entries for end in range(1, len(parts))):
                raise _bad(self._path, f"{name!r} is below a file")
        return entries

    def _manifest(self) -> Contents:
        entry = self._entries.get(MANIFEST_PATH)
        if entry is None:
            raise _bad(self._path, f"it has no {MANIFEST_PATH}")
        if entry.file_size > LONGEST_MANIFEST:
            raise _bad(self._path, f"its manifest has {entry.file_size:,} bytes")
        try:
            content = self._archive.read(entry)
            form = json_decoder(_Format).decode(content).format
            if form > FORMAT:
                raise _bad(
                    self._path,
                    f"it has format {form}, and this version of Millstream knows {FORMAT}; "
                    "a newer one wrote it",
                )
            return json_decoder(Contents, strict=False).decode(content)
        except msgspec.MsgspecError as error:
            raise _bad(self._path, f"its manifest cannot be understood ({error})") from error
        except _UNREADABLE as error:
            raise _damaged(self._path, f"its manifest cannot be read ({error})") from error

    def _check_files(self) -> None:
        """The manifest and the zip name the same files, of the same sizes, where they belong."""
        self._digests = {file.path: file.sha256 for file in self.contents.files}
        files = {file.path: file for file in self.contents.files}
        missing = sorted(set(files) ^ (set(self._entries) - {MANIFEST_PATH}))
        if missing or len(files) != len(self.contents.files):
            named = missing[0] if missing else "one of them twice"
            raise _bad(self._path, f"its files are not those in its manifest: {named!r}")
        for file in files.values():
            self._check_file(file)
        expected = {metrics_path(item.run.info.run_id) for item in self.contents.runs}
        stray = sorted(expected ^ {path for path in files if path.startswith(METRICS)})
        if stray:
            raise _bad(self._path, f"runs and files of metrics do not go together: {stray[0]!r}")
        if MODEL + MANIFEST not in files:
            raise _bad(self._path, f"it has no {MODEL}{MANIFEST}")
        path = self.contents.model_path
        if path is not None and not _is_plain(path):
            raise _bad(self._path, f"its model is at {path!r}, which is not allowed")
        check_name(self.contents.origin.name)

    def _check_file(self, file: BundledFile) -> None:
        if not file.path.startswith(_KINDS):
            raise _bad(self._path, f"it has the file {file.path!r}, which has no place in a bundle")
        if file.path.startswith(f"{MODEL}{EVIDENCE_FOLDER}/"):
            raise _bad(self._path, f"{file.path!r} is where its origin is to be told")
        size = self._entries[file.path].file_size
        if file.size != size:
            raise _bad(
                self._path, f"{file.path!r} has {size} bytes, and by the manifest {file.size}"
            )
        if len(file.sha256 or "") != 64 or set(file.sha256 or "") - _HEX:
            raise _bad(self._path, f"{file.path!r} has no SHA-256 in the manifest")


def _add(archive: zipfile.ZipFile, path: str, bundle: Bundle) -> BundledFile:
    size, digest = 0, hashlib.sha256()
    with archive.open(_entry(path), "w", force_zip64=True) as target:
        for block in bundle.read(path):
            target.write(block)
            digest.update(block)
            size += len(block)
    return BundledFile(path, size, digest.hexdigest())


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _LONG_AGO)
    entry.create_system = 3  # the same on every machine
    entry.external_attr = 0o600 << 16
    return entry


def _is_plain(path: str) -> bool:
    """Whether a path is in its one canonical form and stays below its root."""
    try:
        return path != "" and canonical(path) == path
    except InvalidParameter:
        return False


def _bad(path: Path, reason: str) -> InvalidParameter:
    return InvalidParameter(f"'{path}' is no bundle that can be used: {reason}.")


def _damaged(path: Path, reason: str) -> MillstreamError:
    return MillstreamError(
        f"'{path}' is damaged: {reason}. Nothing of it was used; export it again.", "DATA_LOSS"
    )
