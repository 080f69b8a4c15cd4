"""A folder as a place for artifacts; a file in it is whole or not there."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
import stat as modes
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from millstream.artifacts import paths
from millstream.entities.artifacts import FileInfo
from millstream.errors import InvalidParameter, NotFound

BLOCK = 1 << 20
STAGING = ".millstream-uploads"
_LARGE = 8 << 20
_PARTIAL = ".millstream-partial-"
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class LocalArtifacts:
    """Files below a folder. Symlinks are followed only as long as they stay below `boundary`."""

    def __init__(self, root: str | os.PathLike[str], boundary: str | None = None) -> None:
        self.root = Path(root).absolute()
        self._real = os.path.realpath(self.root)
        self._boundary = boundary or self._real
        self._staging = str(Path(self._boundary, STAGING))

    @property
    def uri(self) -> str:
        """The folder as an absolute path."""
        return str(self.root)

    def below(self, path: str) -> Self:
        """The same store seen from a folder; the boundary stays."""
        path = paths.canonical(path)
        self._resolve(path)
        return type(self)(self.root / path, self._boundary)

    def list(self, path: str = "") -> list[FileInfo]:
        """What is directly below a folder, sorted by path; links that leave it are left out."""
        path = paths.canonical(path)
        try:
            with os.scandir(self._resolve(path)) as entries:
                found = [self._info(paths.join(path, entry.name), entry) for entry in entries]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted((info for info in found if info), key=lambda info: info.path)

    def stat(self, path: str) -> FileInfo:
        """One file or folder; raises `NotFound` if there is neither."""
        path = paths.canonical(path)
        try:
            found = Path(self._resolve(path)).lstat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise absent(path) from error
        if modes.S_ISDIR(found.st_mode):
            return FileInfo(path=path, is_dir=True)
        return FileInfo(path=path, is_dir=False, file_size=found.st_size)

    def open(self, path: str) -> int:
        """A descriptor to read a regular file from; the caller closes it."""
        path = paths.canonical(path)
        try:
            descriptor = os.open(self._resolve(path), os.O_RDONLY | os.O_NONBLOCK | _NO_FOLLOW)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise absent(path) from error
        except OSError as error:
            raise InvalidParameter(f"Invalid path: {path!r} cannot be read: {error}") from error
        if modes.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        folder = modes.S_ISDIR(os.fstat(descriptor).st_mode)
        os.close(descriptor)
        raise (
            is_folder(path)
            if folder
            else InvalidParameter(f"Invalid path: {path!r} is neither a file nor a folder")
        )

    def read(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a file, or a range of them, in blocks of 1 MiB."""
        return _blocks(io.FileIO(self.open(path)), offset, length)

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Create or replace a file; it appears whole or not at all."""
        with self.create(path) as descriptor:
            for chunk in chunks:
                write_all(descriptor, chunk)

    @contextlib.contextmanager
    def create(self, path: str, size: int = 0) -> Iterator[int]:
        """A descriptor to write a file to; it takes its place when the block ends well.

        `size` is what to expect, if known.
        """
        with self._replacing(path) as (partial, target):
            descriptor = _created(partial)
            try:
                if size >= _LARGE and os.path.exists(target):  # noqa: PTH110 - a hot path
                    _reserve(descriptor, size)
                yield descriptor
            finally:
                os.close(descriptor)

    def adopt(self, path: str, source: Path) -> None:
        """Move a finished file to its place."""
        with self._replacing(path) as (partial, _):
            os.makedirs(os.path.dirname(partial), exist_ok=True)  # noqa: PTH103, PTH120 - as below
            shutil.move(source, partial)

    def delete(self, path: str = "") -> None:
        """Remove a file or a folder with all that is in it; of the absent, nothing."""
        path = paths.canonical(path)
        target = self._resolve(path)
        try:
            found = Path(target).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
        if not modes.S_ISDIR(found.st_mode):
            Path(target).unlink(missing_ok=True)
        elif target == self._real:
            for entry in self.list():
                self.delete(entry.path)
        else:
            shutil.rmtree(target)

    def staging(self, name: str) -> Path:
        """A folder on the same file system for uploads in parts; it may not exist yet."""
        return Path(self._staging, name)

    @contextlib.contextmanager
    def _replacing(self, path: str) -> Iterator[tuple[str, str]]:
        path = paths.canonical(path)
        if not path:
            raise is_folder(path)
        target = self._resolve(path)
        partial = f"{target.rpartition(os.sep)[0]}{os.sep}{_PARTIAL}{secrets.token_hex(8)}"
        try:
            with _folder_errors(path):
                yield partial, target
                os.replace(partial, target)  # noqa: PTH105 - strings, since this path is hot
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(partial)  # noqa: PTH108 - as above
            raise

    def _resolve(self, path: str) -> str:
        target = f"{self._real}{os.sep}{path}" if path else self._real
        if not self._is_plain(path):
            target = os.path.realpath(target)
            if not (target + os.sep).startswith(self._boundary.rstrip(os.sep) + os.sep):
                raise InvalidParameter(f"Invalid path: {path!r} leads out of the artifact root")
        if target.startswith(self._staging):
            raise InvalidParameter(f"Invalid path: {path!r} is reserved for uploads in progress")
        return target

    def _is_plain(self, path: str) -> bool:
        """Whether no part of the path is a symlink; the root itself has none in it."""
        target = self._real
        for part in path.split("/") if path else ():
            target = f"{target}{os.sep}{part}"
            try:
                if modes.S_ISLNK(os.lstat(target).st_mode):
                    return False
            except (FileNotFoundError, NotADirectoryError):
                return True
        return True

    def _info(self, path: str, entry: os.DirEntry[str]) -> FileInfo | None:
        if entry.name.startswith(_PARTIAL) or entry.name == STAGING:
            return None
        try:
            if entry.is_symlink():
                return self.stat(path)
            if entry.is_dir():
                return FileInfo(path=path, is_dir=True)
            return FileInfo(path=path, is_dir=False, file_size=entry.stat().st_size)
        except (FileNotFoundError, NotFound, InvalidParameter):
            return None


def _created(partial: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
    try:
        return os.open(partial, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(partial), exist_ok=True)  # noqa: PTH103, PTH120 - as above
        return os.open(partial, flags, 0o666)


def write_all(descriptor: int, chunk: bytes | bytearray | memoryview) -> None:
    """Write a whole chunk, however often the system takes only a part of it."""
    written = os.write(descriptor, chunk)
    if written < len(chunk):
        view = memoryview(chunk)
        while written < len(view):
            written += os.write(descriptor, view[written:])


def _reserve(descriptor: int, size: int) -> None:
    """Allocate the blocks of a file that will replace another one.

    Without that, ext4 writes the new file to the disk before it lets it replace the old one, which
    takes thrice the time of the upload.
    """
    if hasattr(os, "posix_fallocate"):
        with contextlib.suppress(OSError):
            os.posix_fallocate(descriptor, 0, size)
            return
        os.ftruncate(descriptor, 0)


def absent(path: str) -> NotFound:
    """The error for a path where nothing is, in MLflow's words."""
    return NotFound(f"No such artifact: '{path}'")


def is_folder(path: str) -> InvalidParameter:
    """The error for a folder where a file is needed, in MLflow's words."""
    return InvalidParameter(f"Artifact path refers to a directory, not a file: '{path}'")


def _blocks(file: io.FileIO, offset: int, length: int | None) -> Iterator[bytes]:
    with file:
        file.seek(offset)
        left = length
        while left is None or left > 0:
            block = file.read(BLOCK if left is None else min(BLOCK, left))
            if not block:
                return
            yield block
            if left is not None:
                left -= len(block)


@contextlib.contextmanager
def _folder_errors(path: str) -> Iterator[None]:
    try:
        yield
    except IsADirectoryError as error:
        raise is_folder(path) from error
    except (NotADirectoryError, FileExistsError) as error:
        raise InvalidParameter(
            f"Invalid path: {path!r} needs a folder where there is a file"
        ) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidParameter(f"Invalid path: {path!r} is too long here") from error
        raise
