"""SHA-256 of files: taken beside the work, as header fields, and remembered with the file."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import threading
from queue import SimpleQueue

WANTED_FIELD = "Want-Repr-Digest"
WANTED = "sha-256=1"
FIELD = "Repr-Digest"
_WORTH_A_THREAD = 512 << 10
_SMALL = 1 << 20
_ATTRIBUTE = "user.millstream.sha256"


def to_field(digest: str) -> str:
    """A hexadecimal SHA-256 as the value of the field Repr-Digest (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:"


def from_field(value: str | None) -> str | None:
    """The hexadecimal SHA-256 in the value of a field Repr-Digest, if there is one."""
    for item in (value or "").split(","):
        name, _, encoded = item.strip().partition("=")
        if name.lower() == "sha-256" and encoded.startswith(":") and encoded.endswith(":"):
            with contextlib.suppress(binascii.Error):
                return base64.b64decode(encoded[1:-1], validate=True).hex()
    return None


def remember(descriptor: int, digest: str) -> None:
    """Keep a digest with an open file, for as long as its size and time of change stay."""
    if hasattr(os, "setxattr"):
        with contextlib.suppress(OSError):  # not every file system has attributes
            os.setxattr(descriptor, _ATTRIBUTE, f"{digest} {_state(descriptor)}".encode())


def recall(descriptor: int) -> str | None:
    """The digest of an open file: remembered if it has not changed since, or taken if small."""
    size = os.fstat(descriptor).st_size
    if size <= _SMALL:
        return hashlib.sha256(os.pread(descriptor, size, 0)).hexdigest()
    if hasattr(os, "getxattr"):
        with contextlib.suppress(OSError):
            digest, _, state = os.getxattr(descriptor, _ATTRIBUTE).decode().partition(" ")
            if state == _state(descriptor):
                return digest
    return None


def _state(descriptor: int) -> str:
    found = os.fstat(descriptor)
    return f"{found.st_size} {found.st_mtime_ns}"


class BackgroundDigest:
    """A SHA-256 that is taken in a thread while the same blocks are sent or written.

    Blocks must not change afterwards. A few of them at most wait for the thread.
    """

    _WAITING = 4

    def __init__(self) -> None:
        self._hasher = hashlib.sha256()
        self._blocks: SimpleQueue[bytes | memoryview | None] = SimpleQueue()
        self._room = threading.Semaphore(self._WAITING)
        self._thread: threading.Thread | None = None

    def update(self, block: bytes | memoryview) -> None:
        """Add a block; a small one at the beginning at once, since that costs less."""
        if self._thread is None:
            if len(block) < _WORTH_A_THREAD:
                self._hasher.update(block)
                return
            self._thread = threading.Thread(target=self._work, name="digest", daemon=True)
            self._thread.start()
        self._room.acquire()
        self._blocks.put(block)

    def hexdigest(self) -> str:
        """The digest of all blocks; none may follow."""
        self.close()
        return self._hasher.hexdigest()

    def close(self) -> None:
        """End the thread. Idempotent."""
        if self._thread is not None:
            self._blocks.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (block := self._blocks.get()) is not None:
            self._hasher.update(block)
            self._room.release()
