"""Bytes of artifacts over HTTP: MLflow's proxy, downloads of runs and models, small uploads."""

from __future__ import annotations

import logging
import re
from urllib.parse import parse_qs

from millstream.artifacts import digests, paths
from millstream.artifacts.interface import ArtifactStore, DirectAccess
from millstream.asgi.transport import Disconnected
from millstream.entities.artifacts import ArtifactPage, DirectUrl, FileInfo, logged
from millstream.errors import (
    EndpointNotFound,
    InvalidParameter,
    MillstreamError,
    NotFound,
    NotSupported,
    PermissionDenied,
)
from millstream.rest.artifacts import Artifacts
from millstream.rest.protected_files import FileProtection
from millstream.server import bodies
from millstream.server.artifact_admission import ArtifactAdmission
from millstream.server.artifact_files import send_file
from millstream.server.artifact_frames import frame_of
from millstream.server.artifact_protection import ProxiedProtection
from millstream.server.artifact_uploads import PartUploads
from millstream.server.artifact_zips import is_zip, send_zip
from millstream.server.bodies import Receive, Scope, Send, answer_json, run

_LOG = logging.getLogger("millstream.artifacts")
_PROXY = "/mlflow-artifacts/"
_PREFIXES = ("/api/2.0", "/ajax-api/2.0")
_AJAX = "/ajax-api/2.0/mlflow/"
_GET_ARTIFACT = "/get-artifact"
_VERSION_FILE = "/model-versions/get-artifact"
_UPLOAD = _AJAX + "upload-artifact"
_MODEL_FILE = re.compile(rf"^{_AJAX}logged-models/([^/]+)/artifacts/files$")
_MPU = re.compile(r"^mpu/(create|complete|abort)(?:/(.*))?$")
_PART = re.compile(r"^mpu/parts/([^/]+)/([0-9]{1,9})$")
_SMALL = 10 << 20
_PRESIGNED_SECONDS = 300
_NOT_SERVED = (
    "Artifact serving is disabled. Run `mlflow server` with `--serve-artifacts` to enable."
)
_LIST_NOT_SERVED = (
    "Endpoint: {} disabled due to the mlflow server running with `--no-serve-artifacts`. "
    "To enable artifacts server functionality, run `mlflow server` with `--serve-artifacts`"
)
_NOT_TRACKED = (
    "Endpoint: {} disabled due to the mlflow server running in `--artifacts-only` mode. "
    "To enable tracking server functionality, run `mlflow server` without `--artifacts-only`"
)
_NO_DIRECT_ACCESS = "Multipart download is not supported for the current artifact repository"
_FOLDER = "Artifact path refers to a directory"


class ArtifactRoutes:
    """An ASGI application for all paths that `handles` says are its own.

    `proxied` is what the proxy serves; None switches it off (`--no-serve-artifacts`). `artifacts`
    finds the files of runs and models; None switches those off (`--artifacts-only`). What
    `protection` refuses to change is not changed, and `admission` says who may have or change what.
    """

    def __init__(
        self,
        proxied: ArtifactStore | None,
        artifacts: Artifacts | None,
        protection: FileProtection,
        admission: ArtifactAdmission,
        static_prefix: str = "",
    ) -> None:
        self._proxied = proxied
        self._protection = ProxiedProtection(protection)
        self._admission = admission
        self._uploads = None
        if proxied is not None:
            self._uploads = PartUploads(proxied, self._protection, admission)
        self._artifacts = artifacts
        self._static_prefix = static_prefix.rstrip("/")

    def handles(self, path: str) -> bool:
        """Whether a request path, decoded or not, is answered here."""
        path = self._own(path)
        return (
            path in (_GET_ARTIFACT, _UPLOAD, _VERSION_FILE)
            or any(path.startswith(prefix + _PROXY) for prefix in _PREFIXES)
            or _MODEL_FILE.match(path) is not None
        )

    def is_open(self, path: str) -> bool:
        """Whether a path is for everybody: parts of uploads, whose ids are secrets."""
        own = self._own(path)
        return any(own.startswith(f"{prefix}{_PROXY}mpu/parts/") for prefix in _PREFIXES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; an error becomes MLflow's JSON, a vanished client nothing."""
        begun = False

        async def watched(message: bodies.Message) -> None:
            nonlocal begun
            if message.get("status", 400) < 400 and not self._admission.was_asked(scope):
                raise PermissionDenied(f"Nobody decided who may ask for {scope['path']}.")
            begun = True
            await send(message)

        try:
            await self._answer(scope, receive, watched)
        except Disconnected:
            return
        except (MillstreamError, OSError) as error:
            if begun:
                raise
            await _fail(send, error)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path") or scope["path"].encode()
        path = self._own(raw.decode("latin-1").partition("?")[0])
        for prefix in _PREFIXES:
            if path.startswith(prefix + _PROXY):
                await self._answer_proxy(path[len(prefix + _PROXY) :], scope, receive, send)
                return
        if self._artifacts is None:
            text = _NOT_TRACKED.format(path).encode()
            await bodies.answer(send, 503, text, [(b"content-type", b"text/plain")])
        elif path == _UPLOAD and scope["method"] == "POST":
            await self._upload_small(self._artifacts, scope, receive, send)
        elif path == _UPLOAD or scope["method"] not in ("GET", "HEAD"):
            await _wrong_method(scope, send)
        elif path == _VERSION_FILE:
            await self._send_of_version(self._artifacts, scope, send)
        elif path == _GET_ARTIFACT or _MODEL_FILE.match(path):
            await self._send_named(self._artifacts, path, scope, send)
        else:
            raise EndpointNotFound(f"There is no {scope['method']} {path}")

    async def _answer_proxy(self, tail: str, scope: Scope, receive: Receive, send: Send) -> None:
        if self._proxied is None or self._uploads is None:
            await self._refuse(tail, scope, send)
        elif tail in ("artifacts", "artifacts/") and scope["method"] in ("GET", "HEAD"):
            await self._list(self._proxied, scope, send)
        elif tail.startswith("artifacts/"):
            await self._answer_file(self._proxied, tail[len("artifacts/") :], scope, receive, send)
        elif tail.startswith("presigned/") and scope["method"] == "GET":
            path = paths.from_url(tail[len("presigned/") :])
            await self._admission.of_place(scope, "READ", path)
            await answer_json(send, 200, await run(_presigned, self._proxied, path))
        elif (part := _PART.match(tail)) and scope["method"] == "PUT":
            await self._uploads.receive_part(part[1], part[2], scope, receive, send)
        elif (upload := _MPU.match(tail)) and scope["method"] == "POST":
            folder = paths.from_url(upload[2] or "")
            await self._uploads.answer(upload[1], folder, scope, receive, send)
        else:
            raise EndpointNotFound(f"There is no {scope['method']} {_PROXY}{tail}")

    async def _answer_file(
        self, store: ArtifactStore, encoded: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        path = paths.from_url(encoded)
        method = scope["method"]
        if not path:
            raise InvalidParameter("Invalid path: '' names the root; a file or folder is needed")
        if method in ("GET", "HEAD"):
            await self._admission.of_place(scope, "READ", path)
            try:
                await send_file(scope, send, store, path)
            except InvalidParameter as error:
                if not error.message.startswith(_FOLDER):
                    raise
                await answer_json(send, 400, {"detail": error.message})
        elif method == "PUT" and encoded.endswith("/"):
            detail = f"Artifact path must name a file, not a folder: '{encoded}'"
            await answer_json(send, 400, {"detail": detail})
        elif method == "PUT":
            await self._store(store, path, scope, receive, send)
        elif method == "DELETE":
            await self._admission.of_place(scope, "EDIT", path, whole=True)
            await self._protection.change_of(path, whole=True).ask()
            await run(store.delete, path)
            await answer_json(send, 200, {})
        else:
            await _wrong_method(scope, send)

    async def _store(
        self, store: ArtifactStore, path: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await self._admission.of_place(scope, "EDIT", path)
        wanted = bodies.header(scope, digests.WANTED_FIELD.lower().encode()) is not None
        consent = self._protection.change_of(path)
        digest = await bodies.store_body(scope, receive, store, path, consent, digest=wanted)
        headers: bodies.Headers = []
        if digest and wanted:
            field = digests.FIELD.lower().encode()
            headers.append((field, digests.to_field(digest).encode()))
        await bodies.answer(send, 200, b"", headers)

    async def _list(self, store: ArtifactStore, scope: Scope, send: Send) -> None:
        path = paths.canonical(_query(scope).get("path", ""))
        await self._admission.of_place(scope, "READ", path)
        found = await run(store.list, path)
        files = [
            FileInfo(path=paths.name_of(it.path), is_dir=it.is_dir, file_size=it.file_size or None)
            for it in logged(found)
        ]
        await answer_json(send, 200, ArtifactPage(files=files))

    async def _refuse(self, tail: str, scope: Scope, send: Send) -> None:
        if tail.startswith("artifacts/") and scope["method"] in ("GET", "HEAD", "PUT"):
            await answer_json(send, 503, {"detail": _NOT_SERVED})
            return
        text = _LIST_NOT_SERVED.format(f"/api/2.0{_PROXY}{tail}").encode()
        await bodies.answer(send, 503, text, [(b"content-type", b"text/plain")])

    async def _send_named(self, artifacts: Artifacts, path: str, scope: Scope, send: Send) -> None:
        """A file of a run or a logged model, or a folder of theirs as a zip file."""
        query = _query(scope)
        frame = await frame_of(scope, query.get("sandbox"))
        model = _MODEL_FILE.match(path)
        owner = model[1] if model else query.get("run_id") or query.get("run_uuid")
        if not owner:
            raise NotFound("Run with id=None not found")
        if model:
            await self._admission.of_model(scope, "READ", owner)
        else:
            await self._admission.of_run(scope, "READ", owner)
        store = await run(artifacts.of_model if model else artifacts.of_run, owner)
        name = "artifact_file_path" if model else "path"
        if is_zip(query.get("archive")):
            folder = paths.canonical(query.get(name, ""))
            whole = folder or paths.canonical(owner)
            await send_zip(scope, send, store, folder, paths.name_of(whole))
        else:
            await send_file(scope, send, store, _required(query, name), frame)

    async def _send_of_version(self, artifacts: Artifacts, scope: Scope, send: Send) -> None:
        query = _query(scope)
        name, version = (_given(query, each) for each in ("name", "version"))
        await self._admission.of_version(scope, name)
        store = await run(artifacts.of_version, name, version)
        await send_file(scope, send, store, _required(query, "path"))

    async def _upload_small(
        self, artifacts: Artifacts, scope: Scope, receive: Receive, send: Send
    ) -> None:
        query = _query(scope)
        for name in ("run_uuid", "path"):
            if not query.get(name):
                raise InvalidParameter(f"Request must specify {name}.")
        await self._admission.of_run(scope, "EDIT", query["run_uuid"])
        if (bodies.content_length(scope) or 0) > _SMALL:
            raise InvalidParameter("Artifact size is too large. Max size is 10MB.")
        body = await bodies.whole_body(scope, receive, _SMALL)
        if not body:
            raise InvalidParameter("Request must specify data.")
        await run(artifacts.write_of_run, query["run_uuid"], query["path"], body)
        await answer_json(send, 200, {})

    def _own(self, path: str) -> str:
        if self._static_prefix and path.startswith(self._static_prefix + "/"):
            return path[len(self._static_prefix) :]
        return path


async def _fail(send: Send, error: MillstreamError | OSError) -> None:
    if isinstance(error, OSError):  # such as a full disk
        _LOG.error("artifacts cannot be read or written", exc_info=error)
        reason = error.strerror or type(error).__name__
        error = MillstreamError(f"The server cannot read or write its artifacts: {reason}.")
    await answer_json(send, error.status, error.to_wire())


async def _wrong_method(scope: Scope, send: Send) -> None:
    error = EndpointNotFound(f"{scope['method']} is not possible on {scope['path']}")
    await answer_json(send, 405, error.to_wire())


def _presigned(store: ArtifactStore, path: str) -> DirectUrl:
    if not isinstance(store, DirectAccess):
        raise NotSupported(_NO_DIRECT_ACCESS)
    size = store.stat(path).file_size
    return DirectUrl(url=store.presign("GET", path, _PRESIGNED_SECONDS), file_size=size)


def _query(scope: Scope) -> dict[str, str]:
    found = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


def _required(query: dict[str, str], name: str) -> str:
    """The path that a query has to name."""
    return _given({name: paths.canonical(query.get(name, ""))}, name)


def _given(query: dict[str, str], name: str) -> str:
    value = query.get(name)
    if not value:
        raise InvalidParameter(
            f"Missing value for required parameter '{name}'. See the API docs for more "
            "information about request parameters."
        )
    return value
