"""Sending one artifact: type, name, validators, ranges, and nothing that a browser would run."""

from __future__ import annotations

import mimetypes
import os
from email.utils import formatdate
from urllib.parse import quote

from millstream.artifacts import digests, paths
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts, is_folder
from millstream.errors import InvalidParameter
from millstream.server.artifact_frames import Frame
from millstream.server.bodies import (
    Headers,
    Scope,
    Send,
    byte_range,
    header,
    run,
    run_small,
    send_chunks,
    send_descriptor,
)

_TEXT_ENDINGS = frozenset(
    "txt log err cfg conf yaml yml json js jsonl ndjson py toml ini md rst sh sql r env".split()  # noqa: SIM905 - easier on the eye
)
_TEXT_NAMES = frozenset(("MLmodel", "MLproject", "Dockerfile", "LICENSE", "README"))
_PLAIN_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")

_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-cache"),
    (b"accept-ranges", b"bytes"),
]
NOTHING_RUNS = b"sandbox; default-src 'none'"
_FRAMED = "text/html"


async def send_file(
    scope: Scope, send: Send, store: ArtifactStore, path: str, frame: Frame | None = None
) -> None:
    """Answer a GET or HEAD request with a file of a store, to be kept by the browser.

    In a frame an HTML file is shown instead, under the frame's policy.
    """
    if content_type(paths.name_of(path)) != _FRAMED:
        frame = None
    described = _described(path, frame)
    if frame and frame.before:
        await _send_after(scope, send, store, path, described, frame.before)
    elif isinstance(store, LocalArtifacts):
        await _send_local(scope, send, store, path, described)
    else:
        await _send_stored(scope, send, store, path, described)


async def _send_after(
    scope: Scope, send: Send, store: ArtifactStore, path: str, described: Headers, before: bytes
) -> None:
    """The whole file after something else, whatever range was asked for."""
    info = await run(store.stat, path)
    if info.is_dir:
        raise is_folder(path)
    await _head(send, 200, described, len(before) + (info.file_size or 0))
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.body", "body": before, "more_body": True})
    await send_chunks(send, await run(store.read, path))


async def _send_local(
    scope: Scope, send: Send, store: LocalArtifacts, path: str, described: Headers
) -> None:
    descriptor = await run_small(store.open, path)
    try:
        found = os.fstat(descriptor)
        size = found.st_size
        etag = f'"{found.st_mtime_ns:x}-{size:x}"'.encode()
        headers = [
            *described,
            (b"etag", etag),
            (b"last-modified", formatdate(found.st_mtime, usegmt=True).encode()),
        ]
        if header(scope, digests.WANTED_FIELD.lower().encode()):
            digest = await run_small(digests.recall, descriptor)
            if digest:
                name = digests.FIELD.lower().encode()
                headers.append((name, digests.to_field(digest).encode()))
        if header(scope, b"if-none-match") == etag:
            await _head(send, 304, headers)
            await send({"type": "http.response.body", "body": b""})
            return
        part = await _begin(scope, send, headers, size, etag)
        if part:
            await send_descriptor(scope, send, descriptor, *part)
    finally:
        os.close(descriptor)


async def _send_stored(
    scope: Scope, send: Send, store: ArtifactStore, path: str, described: Headers
) -> None:
    info = await run(store.stat, path)
    if info.is_dir:
        raise is_folder(path)
    part = await _begin(scope, send, described, info.file_size or 0, None)
    if part:
        await send_chunks(send, await run(store.read, path, *part))


async def _begin(
    scope: Scope, send: Send, headers: Headers, size: int, etag: bytes | None
) -> tuple[int, int] | None:
    """Send the head; answers which (offset, length) of the file is to follow, if any."""
    wanted = header(scope, b"range")
    if header(scope, b"if-range") not in (None, etag):
        wanted = None
    try:
        part = byte_range(wanted, size)
    except InvalidParameter:
        await _head(send, 416, [*headers, (b"content-range", f"bytes */{size}".encode())], 0)
        await send({"type": "http.response.body", "body": b""})
        return None
    offset, length = part or (0, size)
    if part:
        span = f"bytes {offset}-{offset + length - 1}/{size}".encode()
        await _head(send, 206, [*headers, (b"content-range", span)], length)
    else:
        await _head(send, 200, headers, length)
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return None
    return offset, length


async def _head(send: Send, status: int, headers: Headers, length: int | None = None) -> None:
    if length is not None:
        headers = [*headers, (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})


def _described(path: str, frame: Frame | None) -> Headers:
    name = paths.name_of(path)
    return [
        *_ALWAYS,
        (b"content-security-policy", frame.policy if frame else NOTHING_RUNS),
        (b"content-type", content_type(name).encode()),
        (b"content-disposition", b"inline" if frame else disposition(name).encode()),
    ]


def content_type(name: str) -> str:
    """The type of a file by its name; everything that is source or settings is plain text."""
    ending = name.rpartition(".")[2].lower()
    if ending in _TEXT_ENDINGS or name in _TEXT_NAMES:
        return "text/plain"
    return mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"


def disposition(name: str) -> str:
    """The header's value that makes a browser keep a file under a name, whatever is in it."""
    if _PLAIN_NAME.issuperset(name):
        return f"attachment; filename={name}"
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
