"""S3, Google Cloud Storage and Azure as places for artifacts, streaming in both directions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self, cast

from millstream.artifacts import cloud_address, paths
from millstream.artifacts.cloud_address import obstore, refusals
from millstream.artifacts.interface import Advance
from millstream.artifacts.local import absent, is_folder
from millstream.artifacts.partial import partial_path, partial_size
from millstream.artifacts.s3_parts import S3Parts
from millstream.entities.artifacts import FileInfo, MultipartPart, MultipartUpload
from millstream.errors import NotFound, NotSupported, PermissionDenied, Unavailable
from millstream.settings import cloud_variables

_BLOCK = 1 << 20
_PART = 8 << 20
_PARTS_AT_ONCE = 4


class CloudArtifacts:
    """Objects below a prefix of a bucket or container.

    Configured by the clouds' own environment variables and MLFLOW_S3_ENDPOINT_URL, or by
    `variables` of the same names.
    """

    def __init__(self, uri: str, variables: Mapping[str, str] | None = None) -> None:
        self._variables = cloud_variables() if variables is None else variables
        self._address = cloud_address.parse(uri, self._variables)
        self._prefix = paths.canonical(self._address.prefix)
        self._uri = uri.rstrip("/")
        self._bucket: Any = self._address.open()
        endpoint, key = self._address.s3_endpoint, self._address.s3_key
        self._parts = S3Parts(endpoint, key) if endpoint and key else None

    @property
    def uri(self) -> str:
        """The URI of the prefix."""
        return self._uri

    def below(self, path: str) -> Self:
        """The same bucket seen from a folder."""
        path = paths.canonical(path)
        return type(self)(paths.join(self._uri, path), self._variables) if path else self

    def list(self, path: str = "") -> list[FileInfo]:
        """What is directly below a folder, sorted by path."""
        path = paths.canonical(path)
        prefix = self._key(path)
        with _translated(path):
            found = obstore.list_with_delimiter(self._bucket, prefix or None)
        folders = [
            FileInfo(path=self._own(folder), is_dir=True) for folder in found["common_prefixes"]
        ]
        files = [
            FileInfo(path=self._own(it["path"]), is_dir=False, file_size=it["size"])
            for it in found["objects"]
            if it["path"] != prefix
        ]
        return sorted(folders + files, key=lambda info: info.path)

    def stat(self, path: str) -> FileInfo:
        """One file or folder; raises `NotFound` if there is neither."""
        path = paths.canonical(path)
        if path:
            with contextlib.suppress(NotFound), _translated(path):
                size = obstore.head(self._bucket, self._key(path))["size"]
                return FileInfo(path=path, is_dir=False, file_size=size)
        if not path or self._is_folder(path):
            return FileInfo(path=path, is_dir=True)
        raise absent(path)

    def read(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a file, or a range of them, in blocks of at least 1 MiB."""
        path = paths.canonical(path)
        options: Any = {}
        if offset or length is not None:
            size = self._file(path).file_size or 0
            end = size if length is None else min(size, offset + length)
            if offset >= end:
                return iter(())
            options = {"range": (offset, end)}
        try:
            with _translated(path):
                found = obstore.get(self._bucket, self._key(path), options=options)
        except NotFound:
            self._file(path)
            raise
        return _blocks(path, found)

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Create or replace a file; above 8 MiB it is sent in parts."""
        path = paths.canonical(path)
        if not path:
            raise is_folder(path)
        batches = _batches(chunks)
        first = next(batches, b"")
        with _translated(path):
            if len(first) < _PART:
                obstore.put(self._bucket, self._key(path), first, use_multipart=False)
            else:
                self._write_large(path, first, batches)

    def delete(self, path: str = "") -> None:
        """Remove a file or a folder with all that is in it; of the absent, nothing."""
        path = paths.canonical(path)
        prefix = self._key(path)
        with _translated(path):
            for batch in obstore.list(self._bucket, prefix or None, chunk_size=1000):
                obstore.delete(self._bucket, [it["path"] for it in batch])
            if path:
                with contextlib.suppress(FileNotFoundError):
                    obstore.delete(self._bucket, prefix)

    def upload_file(self, local_path: Path, path: str, advance: Advance) -> None:
        """Store a copy of a local file."""

        def blocks() -> Iterator[bytes]:
            with local_path.open("rb", buffering=0) as file:
                while block := file.read(_PART):
                    yield block
                    advance(len(block))

        self.write(path, blocks())

    def download_file(self, path: str, local_path: Path, advance: Advance) -> None:
        """Fetch a file to a local one, which appears whole; an interrupted one is continued."""
        path = paths.canonical(path)
        self._file(path)
        with _translated(path):
            found = obstore.head(self._bucket, self._key(path))
        content = f"{self._uri} {path} {found['e_tag']} {found['last_modified']}"
        partial = partial_path(local_path, content)
        done = partial_size(partial)
        advance(done)
        with partial.open("ab", buffering=0) as file:
            for block in self.read(path, done) if done < found["size"] else ():
                file.write(block)
                advance(len(block))
        if partial_size(partial) != found["size"]:
            partial.unlink()
            raise Unavailable(f"'{path}' changed while it was downloaded; download it again")
        partial.replace(local_path)

    def presign(self, method: str, path: str, seconds: int) -> str:
        """An address to GET or PUT one file at, valid for `seconds`."""
        with _translated(path):
            verb = cast("Literal['GET', 'PUT']", method)
            key = self._key(paths.canonical(path))
            return obstore.sign(self._bucket, verb, key, timedelta(seconds=seconds))

    def begin_parts(self, path: str, num_parts: int, seconds: int) -> MultipartUpload:
        """Begin an upload in parts straight to S3; elsewhere raises `NotSupported`."""
        return self._s3().begin(self._key(path), num_parts, seconds)

    def complete(self, path: str, upload_id: str, parts: Sequence[MultipartPart]) -> None:
        """Turn the parts into the file."""
        self._s3().complete(self._key(path), upload_id, parts)

    def abort(self, path: str, upload_id: str) -> None:
        """Forget the parts; twice is the same as once."""
        self._s3().abort(self._key(path), upload_id)

    def _s3(self) -> S3Parts:
        if self._parts is None:
            raise NotSupported(
                "Multipart upload is not supported for the current artifact repository"
            )
        return self._parts

    def _write_large(self, path: str, first: bytes, batches: Iterator[bytes]) -> None:
        with obstore.open_writer(
            self._bucket, self._key(path), buffer_size=_PART, max_concurrency=_PARTS_AT_ONCE
        ) as writer:
            writer.write(first)
            for batch in batches:
                writer.write(batch)

    def _file(self, path: str) -> FileInfo:
        info = self.stat(path)
        if info.is_dir:
            raise is_folder(path)
        return info

    def _is_folder(self, path: str) -> bool:
        with _translated(path):
            batches = obstore.list(self._bucket, self._key(path), chunk_size=1)
            return any(batch for batch in batches)

    def _key(self, path: str) -> str:
        return paths.join(self._prefix, path)

    def _own(self, key: str) -> str:
        return key[len(self._prefix) :].strip("/")


def _batches(chunks: Iterable[bytes]) -> Iterator[bytes]:
    batch = bytearray()
    for chunk in chunks:
        batch += chunk
        if len(batch) >= _PART:
            yield bytes(batch)
            batch = bytearray()
    if batch:
        yield bytes(batch)


def _blocks(path: str, found: obstore.GetResult) -> Iterator[bytes]:
    with _translated(path):
        for block in found.stream(min_chunk_size=_BLOCK):
            yield memoryview(block).tobytes()


@contextlib.contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise absent(path) from error
    except (refusals.PermissionDeniedError, refusals.UnauthenticatedError) as error:
        raise PermissionDenied(f"The cloud refuses access to '{path}': {error}") from error
    except refusals.BaseError as error:
        raise Unavailable(f"The cloud could not be asked for '{path}': {error}") from error
