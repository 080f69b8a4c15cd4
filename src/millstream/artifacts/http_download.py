"""Downloads from a server that go on where they broke off, checked against the digest."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from urllib3.exceptions import HTTPError

from millstream.artifacts import digests
from millstream.artifacts.connection import Answer, Connection, OutOfRange, PassingError
from millstream.artifacts.interface import Advance
from millstream.artifacts.local import write_all
from millstream.artifacts.partial import partial_path, partial_size
from millstream.entities.artifacts import DirectUrl
from millstream.errors import MillstreamError, NotFound, NotSupported

_BLOCK = 1 << 20
_LARGE = 64 << 20


def blocks(
    connection: Connection, address: str, offset: int, length: int | None
) -> Iterator[bytes]:
    """The bytes of a file on a server, or a range of them; the first request is made at once."""
    end = None if length is None else offset + length
    answer = connection.patiently(lambda: ask_range(connection, address, offset, end, {}))
    return _continued(connection, address, offset, end, answer)


def ask_range(
    connection: Connection, address: str, offset: int, end: int | None, headers: dict[str, str]
) -> Answer | None:
    """Ask for a file from `offset` to before `end`; None if it is shorter than that."""
    if offset or end is not None:
        last = "" if end is None else str(end - 1)
        headers = {**headers, "Range": f"bytes={offset}-{last}"}
    try:
        return connection.request("GET", address, headers=headers)
    except OutOfRange:
        return None


def received(answer: Answer) -> Iterator[bytes]:
    """The body of an answer in blocks of up to 1 MiB; less than promised is a `PassingError`."""
    whole = False
    try:
        yield from answer.stream(_BLOCK, decode_content=False)
        whole = True
    except (HTTPError, OSError) as error:
        raise PassingError(f"The connection broke during a download: {error}") from error
    finally:
        if whole:
            answer.release_conn()
        else:
            answer.close()


def _continued(
    connection: Connection, address: str, offset: int, end: int | None, answer: Answer | None
) -> Iterator[bytes]:
    while answer is not None:
        etag = answer.headers.get("ETag")
        skip = offset if answer.status == 200 else 0
        try:
            for block in received(answer):
                kept = _kept(block, skip, None if end is None else end - offset)
                skip = max(0, skip - len(block))
                if kept:
                    offset += len(kept)
                    yield kept
                if end is not None and offset >= end:
                    answer.close()
                    return
            return
        except PassingError:
            if not etag:
                raise
            only_if = {"If-Range": etag}
            answer = connection.patiently(
                lambda: ask_range(connection, address, offset, end, only_if)  # noqa: B023 - called here and now
            )
            if answer is not None and answer.headers.get("ETag") != etag:
                raise


def _kept(block: bytes, skip: int, most: int | None) -> bytes:
    kept = block[skip:] if skip else block
    return kept if most is None or len(kept) <= most else kept[:most]


class Download:
    """One file from a server to a local path, by way of a partial file beside it.

    The partial file is named after the content's ETag, so that it is continued only if it is a
    beginning of the same content.
    """

    def __init__(
        self,
        connection: Connection,
        address: str,
        signed_address: str,
        local_path: Path,
        advance: Advance,
    ) -> None:
        self._connection = connection
        self._address = address
        self._signed_address = signed_address
        self._local_path = local_path
        self._advance = advance

    def run(self) -> None:
        """Download, check and put into place."""
        self._connection.patiently(self._once)

    def _once(self) -> None:
        headers = {digests.WANTED_FIELD: digests.WANTED}
        answer = self._connection.request("GET", self._address, headers=headers)
        partial = self._partial(answer)
        done = partial_size(partial) if answer.headers.get("ETag") else 0
        direct = self._direct_url(answer)
        if done or direct:
            answer.close()
            answer = self._again(answer, done, direct)
            done = done if answer.status == 206 else 0
        expected = digests.from_field(answer.headers.get(digests.FIELD))
        digest = digests.BackgroundDigest() if expected else None
        try:
            self._fill(partial, done, answer, digest)
            if digest and expected and digest.hexdigest() != expected:
                partial.unlink()
                raise PassingError(
                    f"'{self._local_path.name}' arrived with the SHA-256 {digest.hexdigest()} "
                    f"instead of {expected}; the partial file was removed"
                )
        finally:
            if digest:
                digest.close()
        partial.replace(self._local_path)

    def _fill(
        self, partial: Path, done: int, answer: Answer, digest: digests.BackgroundDigest | None
    ) -> None:
        self._advance(done)
        arrived = done
        try:
            with partial.open("r+b" if done else "wb", buffering=0) as file:
                if done and digest:
                    while block := file.read(_BLOCK):
                        digest.update(block)
                file.seek(done)
                for block in received(answer):
                    if digest:
                        digest.update(block)
                    write_all(file.fileno(), block)
                    arrived += len(block)
                    self._advance(len(block))
        except PassingError:
            self._advance(-arrived)
            raise

    def _again(self, first: Answer, done: int, direct: DirectUrl | None) -> Answer:
        if direct:
            headers = {**direct.headers, **({"Range": f"bytes={done}-"} if done else {})}
            return self._connection.request("GET", direct.url, headers=headers)
        headers = {
            digests.WANTED_FIELD: digests.WANTED,
            "Range": f"bytes={done}-",
            "If-Range": first.headers["ETag"],
        }
        try:
            return self._connection.request("GET", self._address, headers=headers)
        except MillstreamError:
            self._partial(first).unlink(missing_ok=True)
            raise

    def _direct_url(self, answer: Answer) -> DirectUrl | None:
        """Where a large file is to be had without going through the server, if anywhere."""
        local = answer.headers.get("ETag") is not None
        if local or int(answer.headers.get("Content-Length") or 0) < _LARGE:
            return None
        with contextlib.suppress(NotSupported, NotFound):
            return self._connection.ask_json("GET", self._signed_address, DirectUrl)
        return None

    def _partial(self, answer: Answer) -> Path:
        etag = answer.headers.get("ETag") or os.urandom(8).hex()
        return partial_path(self._local_path, f"{self._address} {etag}")
