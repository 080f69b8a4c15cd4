"""Files and folders between this machine and an artifact store: parallel, shown, resumed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from millstream.artifacts import paths
from millstream.artifacts.interface import Advance, ArtifactStore, FileMover
from millstream.artifacts.local import absent
from millstream.artifacts.progress import Progress
from millstream.entities.artifacts import FileInfo, logged
from millstream.errors import InvalidParameter, MillstreamError

_AT_ONCE = 8
_BLOCK = 1 << 20

Work = tuple[str, Callable[[Advance], None]]
"""What is moved, as people know it, and the moving."""


def upload(
    store: ArtifactStore, local_path: str | os.PathLike[str], path: str, *, quiet: bool = False
) -> None:
    """Store a copy of a local file under `path`."""
    source = Path(local_path)
    if not source.is_file():
        raise InvalidParameter(f"'{source}' is not a file; there is nothing to upload")
    with Progress(f"Uploading {source.name}", source.stat().st_size, quiet=quiet) as progress:
        _named(str(source), lambda: _upload_file(store, source, path, progress.advance))


def upload_folder(
    store: ArtifactStore, local_path: str | os.PathLike[str], path: str = "", *, quiet: bool = False
) -> None:
    """Store copies of all files below a local folder, below `path`.

    A file that fails names itself and fails the call; those not yet begun are left.
    """
    root = Path(local_path)
    if not root.is_dir():
        raise InvalidParameter(f"'{root}' is not a folder; there is nothing to upload")
    files = sorted(found for found in _files_below(root))
    folder = paths.canonical(path)

    def moving(file: Path) -> Work:
        target = paths.join(folder, file.relative_to(root).as_posix())
        return str(file), lambda advance: _upload_file(store, file, target, advance)

    size = sum(file.stat().st_size for file in files)
    with Progress(f"Uploading {len(files)} files", size, quiet=quiet) as progress:
        _in_parallel(map(moving, files), progress.advance)


def download(
    store: ArtifactStore,
    path: str = "",
    destination: str | os.PathLike[str] | None = None,
    *,
    quiet: bool = False,
) -> str:
    """Fetch a file, or a folder with all that is in it; answers with the local path of it.

    It comes to stand below `destination`, an existing or new folder (without one a new temporary
    one), under its path in the store. Downloads that were interrupted go on where they broke off.
    """
    path = paths.canonical(path)
    target = Path(destination) if destination is not None else Path(tempfile.mkdtemp())
    target.mkdir(parents=True, exist_ok=True)
    info = store.stat(path) if path else FileInfo(path="", is_dir=True)
    local = _inside(target, path)
    if not info.is_dir:
        local.parent.mkdir(parents=True, exist_ok=True)
        with Progress(f"Downloading {local.name}", info.file_size or 0, quiet=quiet) as progress:
            _named(path, lambda: _download_file(store, path, local, progress.advance))
        return str(local)
    files = []
    local.mkdir(parents=True, exist_ok=True)
    for found in _below(store, path):
        inside = _inside(target, found.path)
        (inside if found.is_dir else inside.parent).mkdir(parents=True, exist_ok=True)
        if not found.is_dir:
            files.append((found, inside))

    def moving(item: tuple[FileInfo, Path]) -> Work:
        found, inside = item
        return found.path, lambda advance: _download_file(store, found.path, inside, advance)

    size = sum(found.file_size or 0 for found, _ in files)
    with Progress(f"Downloading {len(files)} files", size, quiet=quiet) as progress:
        _in_parallel(map(moving, files), progress.advance)
    return str(local)


def _upload_file(store: ArtifactStore, source: Path, path: str, advance: Advance) -> None:
    if isinstance(store, FileMover):
        store.upload_file(source, path, advance)
        return

    def blocks() -> Iterator[bytes]:
        with source.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                yield block
                advance(len(block))

    store.write(path, blocks())


def _download_file(store: ArtifactStore, path: str, target: Path, advance: Advance) -> None:
    if isinstance(store, FileMover):
        store.download_file(path, target, advance)
        return
    descriptor, partial = tempfile.mkstemp(prefix=".", suffix=".partial", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            for block in store.read(path):
                file.write(block)
                advance(len(block))
        Path(partial).chmod(0o666 & ~_umask())
        Path(partial).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(partial).unlink()
        raise


def _in_parallel(works: Iterable[Work], advance: Advance) -> None:
    with ThreadPoolExecutor(_AT_ONCE, "transfer") as threads:
        tasks = [threads.submit(_named, name, _bound(work, advance)) for name, work in works]
        done, waiting = wait(tasks, return_when=FIRST_EXCEPTION)
        if waiting:
            _cancel(waiting)
        for task in done:
            task.result()


def _cancel(tasks: set[Future[None]]) -> None:
    for task in tasks:
        task.cancel()


def _bound(work: Callable[[Advance], None], advance: Advance) -> Callable[[], None]:
    return lambda: work(advance)


def _named(name: str, work: Callable[[], None]) -> None:
    """Do something; an error of ours begins with the name of the file it is about."""
    try:
        work()
    except MillstreamError as error:
        if name in error.message:
            raise
        raise type(error)(f"{name}: {error.message}", error.error_code) from error
    except OSError as error:
        raise MillstreamError(f"{name}: {error}", "IO_ERROR") from error


def _below(store: ArtifactStore, path: str) -> Iterator[FileInfo]:
    folders = [path]
    while folders:
        for found in logged(store.list(folders.pop())):
            yield found
            if found.is_dir:
                folders.append(found.path)


def _inside(target: Path, path: str) -> Path:
    """Where a path of the store comes to stand: always below the target, whatever a server says."""
    inside = target / paths.canonical(path)
    if not inside.resolve().is_relative_to(target.resolve()):
        raise absent(path)
    return inside


def _files_below(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root, followlinks=True):
        for name in names:
            file = Path(folder, name)
            if file.is_file():
                yield file


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
