"""All that can be asked of a place where artifacts are kept, on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from millstream.entities.artifacts import FileInfo, MultipartPart, MultipartUpload

Advance = Callable[[int], None]
"""Is told how many more bytes have gone through (fewer than none when some must go again)."""


class ArtifactStore(Protocol):
    """Files below one root URI. Paths are relative, with `/`, and never leave the root.

    A path that would (absolute, `..`, backslash, NUL, encoded or through a symlink) raises
    `InvalidParameter`. Bytes stream in both directions in constant memory. Every method may be
    called from any thread.
    """

    @property
    def uri(self) -> str:
        """The root."""

    def below(self, path: str) -> Self:
        """The same store seen from a folder, which need not exist yet."""

    def list(self, path: str = "") -> list[FileInfo]:
        """What is directly below a folder, sorted by path, which is relative to the root.

        Of a file or of what does not exist: empty.
        """

    def stat(self, path: str) -> FileInfo:
        """One file or folder; raises `NotFound` if there is neither."""

    def read(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a file, or a range of them; raises `NotFound` at the call.

        A folder raises `InvalidParameter`. Beyond the end there are no bytes.
        """

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Create or replace a file; it appears whole or not at all."""

    def delete(self, path: str = "") -> None:
        """Remove a file or a folder with all that is in it; of the absent, nothing."""


@runtime_checkable
class FileMover(Protocol):
    """A store that moves whole local files by a faster way than chunk after chunk.

    Both methods check what arrived, and may be called again after a failure to go on from there.
    """

    def upload_file(self, local_path: Path, path: str, advance: Advance) -> None:
        """Store a copy of a local file."""

    def download_file(self, path: str, local_path: Path, advance: Advance) -> None:
        """Fill a local file, appending to what it already holds of this content."""


@runtime_checkable
class DirectAccess(Protocol):
    """A store that hands out addresses which carry their own permission for a while."""

    def presign(self, method: str, path: str, seconds: int) -> str:
        """An address to GET or PUT one file at; raises `NotSupported` where there is none."""


@runtime_checkable
class DirectParts(Protocol):
    """A store to which parts of a large file can be PUT directly, at addresses it hands out."""

    def begin_parts(self, path: str, num_parts: int, seconds: int) -> MultipartUpload:
        """Begin an upload; raises `NotSupported` where credentials do not allow it."""

    def complete(self, path: str, upload_id: str, parts: Sequence[MultipartPart]) -> None:
        """Turn the parts into the file."""

    def abort(self, path: str, upload_id: str) -> None:
        """Forget the parts; twice is the same as once."""
