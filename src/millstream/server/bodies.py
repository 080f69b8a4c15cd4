"""The bodies of artifact requests and answers, between ASGI and an artifact store."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import msgspec

from millstream.artifacts import digests
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts, write_all
from millstream.asgi.replies import BodyTooLarge
from millstream.asgi.transport import EXTENSION, Disconnected, Transfer
from millstream.errors import InvalidParameter

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
T = TypeVar("T")

_BATCH = 1 << 20
_SMALL = 64 << 10
_DIRECT = 256 << 10
_STALLED_SECONDS = 300.0
_MOST_DIGITS = 18
_WORKERS = ThreadPoolExecutor(8, "artifacts")
_END = object()


async def run(work: Callable[..., T], *arguments: Any) -> T:
    """Do blocking work in one of the artifact threads."""
    return await asyncio.get_running_loop().run_in_executor(_WORKERS, work, *arguments)


class _Patience:
    """Decides whether small file work is done at once or in a thread.

    On a local disk that takes less time than the hand-over to a thread, and twice the requests are
    answered. A disk that was slow, over a network say, is not trusted for the next while, since
    everybody would wait for it.
    """

    _SLOW_SECONDS = 0.02
    _DISTRUSTED_SECONDS = 5.0

    def __init__(self) -> None:
        self._distrusted_until = 0.0

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        begin = time.monotonic()
        if begin < self._distrusted_until:
            return await run(work, *arguments)
        try:
            return work(*arguments)
        finally:
            end = time.monotonic()
            if end - begin > self._SLOW_SECONDS:
                self._distrusted_until = end + self._DISTRUSTED_SECONDS


run_small = _Patience().run


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first request header of that (lower-case) name."""
    return next((value for key, value in scope["headers"] if key == name), None)


def content_length(scope: Scope) -> int | None:
    """The length that the request announces, in bytes; None if it does not."""
    value = header(scope, b"content-length")
    if value is None or header(scope, b"transfer-encoding") is not None:
        return None
    return int(value) if value.isdigit() else None


async def whole_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The request's body, which may have `limit` bytes; more raises `BodyTooLarge`."""
    if (content_length(scope) or 0) > limit:
        raise BodyTooLarge(limit)
    body = bytearray()
    async for chunk in _chunks(receive):
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    return bytes(body)


class Consent(Protocol):
    """Says whether a file may be changed, by raising if not."""

    async def ask(self) -> None:
        """Ask from the event loop."""

    def ask_here(self) -> None:
        """Ask from a thread that may wait."""


async def store_body(
    scope: Scope,
    receive: Receive,
    store: ArtifactStore,
    path: str,
    consent: Consent,
    *,
    digest: bool,
) -> str | None:
    """Write the request's body to a file of a store; its SHA-256 if wished for or cheap.

    Consent is asked for before a long body is received, and when it is about to become the file.
    """
    length = content_length(scope)
    if length is not None and length <= _BATCH and isinstance(store, LocalArtifacts):
        body = await whole_body(scope, receive, _BATCH)
        await consent.ask()
        write = run_small if len(body) <= _SMALL else run
        return await write(_write_small, store, path, body, digest)
    await consent.ask()
    if not isinstance(store, LocalArtifacts):
        return await _stream(receive, store, path, consent, digest=digest)
    async with _in_thread(store.create(path, length or 0)) as descriptor:
        _, hexdigest = await fill(scope, receive, descriptor, digest=digest)
        if hexdigest:
            digests.remember(descriptor, hexdigest)
        await consent.ask()
        return hexdigest


async def fill(
    scope: Scope, receive: Receive, descriptor: int, *, digest: bool
) -> tuple[int, str | None]:
    """Write the request's body to an open file; its size and, if wished for, its SHA-256."""
    length = content_length(scope)
    transfer = _transfer(scope, length)
    if transfer and length is not None:
        return length, await transfer.receive(descriptor, length, digest=digest)
    hasher = hashlib.sha256() if digest else None
    size = 0
    async for batch in _batches(receive):
        await run(_append, descriptor, batch, hasher)
        size += len(batch)
    return size, hasher.hexdigest() if hasher else None


async def send_descriptor(
    scope: Scope, send: Send, descriptor: int, offset: int, length: int
) -> None:
    """Send a part of an open file as the body, after the head was sent."""
    transfer = _transfer(scope, length)
    if transfer:
        await transfer.send(descriptor, offset, length)
        await send({"type": "http.response.body", "body": b""})
        return
    end = offset + length
    read = run_small if length <= _SMALL else run
    while offset < end:
        block = await read(os.pread, descriptor, min(_BATCH, end - offset), offset)
        if not block:
            raise Disconnected  # the file became shorter; what was promised cannot be sent
        offset += len(block)
        await send({"type": "http.response.body", "body": block, "more_body": offset < end})
    if not length:
        await send({"type": "http.response.body", "body": b""})


async def send_chunks(send: Send, chunks: Iterator[bytes]) -> None:
    """Send what a store reads as the body, after the head was sent."""
    while (chunk := await run(next, chunks, _END)) is not _END:
        await send({"type": "http.response.body", "body": bytes(chunk), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a small answer whole."""
    length = (b"content-length", str(len(body)).encode())
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, length, (b"x-content-type-options", b"nosniff")],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def answer_json(send: Send, status: int, content: Any) -> None:
    """Send a small JSON answer."""
    body = msgspec.json.encode(content)
    await answer(send, status, body, [(b"content-type", b"application/json")])


def _transfer(scope: Scope, length: int | None) -> Transfer | None:
    offer: Transfer | None = scope.get("extensions", {}).get(EXTENSION)
    worth_it = offer is not None and length is not None and length >= _DIRECT
    return offer if offer and worth_it and offer.possible else None


async def _stream(
    receive: Receive, store: ArtifactStore, path: str, consent: Consent, *, digest: bool
) -> str | None:
    loop = asyncio.get_running_loop()
    batches = _batches(receive)
    hasher = hashlib.sha256()

    async def following() -> bytearray:
        return await anext(batches, bytearray())

    def chunks() -> Iterator[bytes]:
        while chunk := asyncio.run_coroutine_threadsafe(following(), loop).result(_STALLED_SECONDS):
            if digest:
                hasher.update(chunk)
            yield bytes(chunk)
        consent.ask_here()

    await run(store.write, path, chunks())
    return hasher.hexdigest() if digest else None


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        if chunk := message.get("body", b""):
            yield chunk
        if not message.get("more_body"):
            return


async def _batches(receive: Receive) -> AsyncIterator[bytearray]:
    batch = bytearray()
    async for chunk in _chunks(receive):
        batch += chunk
        if len(batch) >= _BATCH:
            yield batch
            batch = bytearray()
    if batch:
        yield batch


def _append(descriptor: int, batch: bytearray, hasher: Any) -> None:
    write_all(descriptor, batch)
    if hasher:
        hasher.update(batch)


def _write_small(store: LocalArtifacts, path: str, body: bytes, digest: bool) -> str | None:
    with store.create(path) as descriptor:
        write_all(descriptor, body)
    return hashlib.sha256(body).hexdigest() if digest else None


@contextlib.asynccontextmanager
async def _in_thread(manager: contextlib.AbstractContextManager[T]) -> AsyncIterator[T]:
    value = await run(manager.__enter__)
    try:
        yield value
    except BaseException as error:
        await run(manager.__exit__, type(error), error, error.__traceback__)
        raise
    await run(manager.__exit__, None, None, None)


def byte_range(value: bytes | None, size: int) -> tuple[int, int] | None:
    """The (offset, length) that a Range header asks for; None for the whole file.

    Several ranges are answered as the whole. Raises `InvalidParameter` if nothing of it exists.
    """
    if value is None or not value.startswith(b"bytes=") or b"," in value:
        return None
    first, dash, last = value[6:].strip().partition(b"-")
    if not dash or not (first + last).isdigit() or max(len(first), len(last)) > _MOST_DIGITS:
        return None
    if not first:
        length = min(int(last), size)
        start, end = size - length, size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start == end:
        raise InvalidParameter(f"Range {value.decode('latin-1')} is outside of {size} bytes")
    return start, end - start
