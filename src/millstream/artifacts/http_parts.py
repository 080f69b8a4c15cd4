"""Uploads in parts to a server or to the cloud behind it; only parts that are missing are sent."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from millstream.artifacts import digests
from millstream.artifacts.connection import Connection, PassingError, finished
from millstream.artifacts.interface import Advance
from millstream.entities.artifacts import (
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    MultipartCredential,
    MultipartPart,
    MultipartUpload,
)
from millstream.errors import (
    EndpointNotFound,
    MillstreamError,
    NotFound,
    NotSupported,
    Unavailable,
)

_PART = 32 << 20
_MOST_PARTS = 1_000
_BLOCK = 1 << 20
_AT_ONCE = 3
_OWN_PARTS = "/mlflow-artifacts/mpu/parts/"


def upload_in_parts(
    connection: Connection, routes: str, local_path: Path, path: str, advance: Advance
) -> bool:
    """Upload a file in parts; False if the server cannot do that and nothing was sent.

    After a failure the parts that arrived stay on a Millstream server, and the same call again
    sends the rest.
    """
    state = local_path.stat()
    part_size = max(_PART, -(-state.st_size // _MOST_PARTS))
    folder, _, name = path.rpartition("/")
    request = CreateMultipartUpload(
        path=name,
        num_parts=-(-state.st_size // part_size),
        part_size=part_size,
        file_size=state.st_size,
        fingerprint=_fingerprint(local_path, state.st_size, state.st_mtime_ns),
    )
    address = f"{routes}/mpu/{{}}/{quote(folder)}" if folder else f"{routes}/mpu/{{}}/"
    try:
        begun = connection.ask_json("POST", address.format("create"), MultipartUpload, request)
    except (NotSupported, NotFound, EndpointNotFound):
        return False
    upload = _Upload(connection, routes, local_path, part_size, state.st_size, advance)
    try:
        parts = upload.send(begun)
    except MillstreamError as error:
        if not isinstance(error, Unavailable) or not _is_own(begun):
            gone = AbortMultipartUpload(path=name, upload_id=begun.upload_id)
            with contextlib.suppress(MillstreamError):
                connection.ask_json("POST", address.format("abort"), dict[str, Any], gone)
        raise
    done = CompleteMultipartUpload(path=name, upload_id=begun.upload_id, parts=parts)
    connection.ask_json("POST", address.format("complete"), dict[str, Any], done)
    return True


class _Upload:
    def __init__(
        self,
        connection: Connection,
        routes: str,
        local_path: Path,
        part_size: int,
        file_size: int,
        advance: Advance,
    ) -> None:
        self._connection = connection
        self._routes = routes
        self._local_path = local_path
        self._part_size = part_size
        self._file_size = file_size
        self._advance = advance

    def send(self, begun: MultipartUpload) -> list[MultipartPart]:
        there = {part.part_number: part.etag for part in begun.parts}
        with ThreadPoolExecutor(_AT_ONCE, "upload-part") as threads:
            tasks = [
                threads.submit(self._send_part, credential, there.get(credential.part_number))
                for credential in begun.credentials
            ]
            try:
                return [task.result() for task in tasks]
            except BaseException:
                threads.shutdown(wait=True, cancel_futures=True)
                raise

    def _send_part(self, credential: MultipartCredential, there: str | None) -> MultipartPart:
        number = credential.part_number
        if there and there == self._digest(number):
            self._advance(self._length(number))
            return MultipartPart(part_number=number, etag=there)
        return self._connection.patiently(lambda: self._put(credential))

    def _put(self, credential: MultipartCredential) -> MultipartPart:
        number = credential.part_number
        own = _is_own_address(credential.url)
        address = credential.url
        if own:  # by the way we know, whatever the server believes its name to be
            tail = credential.url.rpartition(_OWN_PARTS)[2]
            address = f"{self._routes}/mpu/parts/{tail}"
        digest = digests.BackgroundDigest() if own else None
        headers = {**credential.headers, "Content-Length": str(self._length(number))}
        sent = 0

        def stream() -> Iterator[bytes]:
            nonlocal sent
            for block in self._blocks(number):
                if digest:
                    digest.update(block)
                yield block
                sent += len(block)
                self._advance(len(block))

        try:
            answer = self._connection.request("PUT", address, stream(), headers)
            finished(answer)
            etag = answer.headers.get("ETag", "")
            if digest and etag.strip('"') != digest.hexdigest():
                raise PassingError(
                    f"Part {number} of '{self._local_path}' arrived with the SHA-256 {etag} "
                    f"instead of {digest.hexdigest()}"
                )
        except PassingError:
            self._advance(-sent)
            raise
        finally:
            if digest:
                digest.close()
        return MultipartPart(part_number=number, etag=etag, url=None if own else credential.url)

    def _digest(self, number: int) -> str:
        hasher = hashlib.sha256()
        for block in self._blocks(number):
            hasher.update(block)
        return hasher.hexdigest()

    def _length(self, number: int) -> int:
        return min(self._part_size, self._file_size - (number - 1) * self._part_size)

    def _blocks(self, number: int) -> Iterator[bytes]:
        left = self._length(number)
        with self._local_path.open("rb", buffering=0) as file:
            file.seek((number - 1) * self._part_size)
            while left > 0:
                block = file.read(min(_BLOCK, left))
                if not block:
                    raise MillstreamError(f"'{self._local_path}' became shorter while it was sent")
                left -= len(block)
                yield block


def _fingerprint(local_path: Path, size: int, changed: int) -> str:
    return hashlib.sha256(f"{local_path.absolute()} {size} {changed}".encode()).hexdigest()


def _is_own_address(url: str) -> bool:
    return _OWN_PARTS in url.partition("?")[0]


def _is_own(begun: MultipartUpload) -> bool:
    return all(_is_own_address(credential.url) for credential in begun.credentials)
