"""Uploads in parts over HTTP: MLflow's requests, and the addresses where parts go."""

from __future__ import annotations

import os
import re
from typing import Any, TypeVar

import msgspec

from millstream.artifacts import digests, paths
from millstream.artifacts.interface import ArtifactStore, DirectParts
from millstream.artifacts.local import LocalArtifacts
from millstream.artifacts.local_parts import LocalParts, PartPlace
from millstream.entities.artifacts import (
    AbortMultipartUpload,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    MultipartCredential,
    MultipartUpload,
)
from millstream.entities.decoding import json_decoder
from millstream.errors import BadRequest, InvalidParameter, NotSupported
from millstream.server import bodies
from millstream.server.artifact_admission import ArtifactAdmission
from millstream.server.artifact_protection import ProxiedProtection
from millstream.server.bodies import Receive, Scope, Send, answer_json, run

_LARGEST_REQUEST = 4 << 20
_SECONDS = 3600
_UNSUPPORTED = "Multipart upload is not supported for the current artifact repository"
T = TypeVar("T", bound=msgspec.Struct)


class PartUploads:
    """Answers `mpu/create`, `mpu/complete`, `mpu/abort` and, for a folder, the parts themselves.

    What `protection` refuses to change can neither be begun nor completed; parts that are given up
    were no file yet.
    """

    def __init__(
        self, store: ArtifactStore, protection: ProxiedProtection, admission: ArtifactAdmission
    ) -> None:
        self._protection = protection
        self._admission = admission
        self._direct = store if isinstance(store, DirectParts) else None
        self._local = LocalParts(store) if isinstance(store, LocalArtifacts) else None

    async def answer(
        self, action: str, folder: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer the request to create, complete or abort an upload into a folder."""
        if self._direct is None and self._local is None:
            raise NotSupported(_UNSUPPORTED)
        body = await bodies.whole_body(scope, receive, _LARGEST_REQUEST)
        content: Any = {}
        if action == "create":
            content = await self._create(folder, _decoded(body, CreateMultipartUpload), scope)
        elif action == "complete":
            complete = _decoded(body, CompleteMultipartUpload)
            path = _target(folder, complete.path)
            await self._admission.of_place(scope, "EDIT", path)
            store = self._local or self._direct
            await self._protection.change_of(path).ask()
            await run(store.complete, path, complete.upload_id, complete.parts)  # type: ignore[union-attr]  # one of the two is there
        else:
            abort = _decoded(body, AbortMultipartUpload)
            path = _target(folder, abort.path)
            await self._admission.of_place(scope, "EDIT", path)
            store = self._local or self._direct
            await run(store.abort, path, abort.upload_id)  # type: ignore[union-attr]  # as above
        await answer_json(send, 200, content)

    async def receive_part(
        self, upload_id: str, number: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Take one part; the answer's ETag is its SHA-256."""
        if self._local is None:
            raise NotSupported(_UNSUPPORTED)
        await self._admission.of_secret(scope)
        length = bodies.content_length(scope)
        place = await run(self._local.place, upload_id, int(number))
        if place.most is not None and length != place.most:
            raise InvalidParameter(
                f"Part {number} has {length} bytes; by the plan of the upload it has {place.most}"
            )
        descriptor = await run(_opened, place)
        try:
            size, digest = await bodies.fill(scope, receive, descriptor, digest=True)
        finally:
            os.close(descriptor)
        await run(self._local.arrived, upload_id, int(number), size, digest)
        headers = [
            (b"etag", f'"{digest}"'.encode()),
            (digests.FIELD.lower().encode(), digests.to_field(digest or "").encode()),
        ]
        await bodies.answer(send, 200, b"", headers)

    async def _create(
        self, folder: str, request: CreateMultipartUpload, scope: Scope
    ) -> MultipartUpload:
        path = _target(folder, request.path)
        await self._admission.of_place(scope, "EDIT", path)
        await self._protection.change_of(path).ask()
        if self._direct is not None:
            return await run(self._direct.begin_parts, path, request.num_parts, _SECONDS)
        if self._local is None:
            raise NotSupported(_UNSUPPORTED)
        upload_id, parts = await run(self._local.begin, path, request)
        base = f"{_own_address(scope)}/mlflow-artifacts/mpu/parts/{upload_id}"
        credentials = [
            MultipartCredential(url=f"{base}/{number}", part_number=number)
            for number in range(1, request.num_parts + 1)
        ]
        return MultipartUpload(upload_id=upload_id, credentials=credentials, parts=parts)


def _opened(place: PartPlace) -> int:
    descriptor = os.open(place.file, os.O_RDWR | os.O_CREAT, 0o666)
    if place.most is None:
        os.ftruncate(descriptor, 0)
    os.lseek(descriptor, place.offset, os.SEEK_SET)
    return descriptor


def _own_address(scope: Scope) -> str:
    """The address by which the client reached this server, up to the artifact routes."""
    host = (bodies.header(scope, b"host") or b"localhost").decode("latin-1")
    prefix = scope.get("root_path", "") + scope["path"].partition("/mlflow-artifacts/")[0]
    return f"{scope['scheme']}://{host}{prefix}"


def _target(folder: str, name: str) -> str:
    """The file of an upload; MLflow's client names the file on its own disk, with its folders."""
    name = re.split(r"[/\\]", name)[-1]
    path = paths.canonical(name)
    if not path:
        raise InvalidParameter("Invalid path: '' names no file")
    return paths.join(folder, path)


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return json_decoder(kind, strict=False).decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(f"The request cannot be understood: {error}") from error
