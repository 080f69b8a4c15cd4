"""The artifact proxy of a Millstream or MLflow server as a place for artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlencode

from millstream.artifacts import digests, paths
from millstream.artifacts.connection import Connection, PassingError, finished
from millstream.artifacts.http_download import Download, blocks
from millstream.artifacts.http_parts import upload_in_parts
from millstream.artifacts.interface import Advance
from millstream.artifacts.local import is_folder
from millstream.entities.artifacts import CAPTURED, ArtifactPage, FileInfo
from millstream.errors import InvalidParameter, NotFound
from millstream.settings import Settings

ROUTES = "/api/2.0/mlflow-artifacts"
_SMALL = 1 << 20
_IN_PARTS = 64 << 20
_BLOCK = 1 << 20
_TEXT = (".txt", ".log", ".json", ".yaml", ".yml", ".md", ".csv", ".py", ".toml")
_WANTED = {digests.WANTED_FIELD: digests.WANTED}


class HttpArtifacts:
    """Files below a path of the proxy of the server at `base_url`."""

    def __init__(
        self,
        base_url: str,
        path: str,
        settings: Settings,
        connection: Connection | None = None,
    ) -> None:
        self._settings = settings
        self._connection = connection or Connection(base_url, settings)
        self._path = paths.canonical(path)
        self._base_url = base_url

    @property
    def uri(self) -> str:
        """The address of the folder."""
        return f"{self._connection.base_url}{self._address('')}"

    def below(self, path: str) -> Self:
        """The same proxy seen from a folder; connections are shared."""
        folder = paths.join(self._path, paths.canonical(path))
        return type(self)(self._base_url, folder, self._settings, self._connection)

    def list(self, path: str = "") -> list[FileInfo]:
        """What is directly below a folder, sorted by path."""
        path = paths.canonical(path)
        query = urlencode({"path": paths.join(self._path, path)})
        page = self._connection.ask_json("GET", f"{ROUTES}/artifacts?{query}", ArtifactPage)
        files = [_placed(path, found) for found in page.files]
        in_itself = paths.join(path, paths.name_of(path))
        if path and [found.path for found in files] == [in_itself] and self._size(path) is not None:
            return []  # some stores of MLflow list a file as if it were in itself
        return sorted(files, key=lambda found: found.path)

    def stat(self, path: str) -> FileInfo:
        """One file or folder; raises `NotFound` if there is neither."""
        path = paths.canonical(path)
        if not path:
            return FileInfo(path="", is_dir=True)
        size = self._size(path)
        if size is not None:
            return FileInfo(path=path, is_dir=False, file_size=size)
        parent = path.rpartition("/")[0]
        for found in self.list(parent):
            if found.path == path and found.is_dir:
                return found
        if paths.name_of(path) == CAPTURED and self.list(path):  # which no listing mentions
            return FileInfo(path=path, is_dir=True)
        raise NotFound(f"No such artifact: '{path}'")

    def read(self, path: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a file, or a range of them; a broken connection is taken up again."""
        address = self._file_address(path)
        if length == 0:
            self.stat(path)
            return iter(())
        return blocks(self._connection, address, offset, length)

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Create or replace a file; up to 1 MiB is sent again after passing errors."""
        address = self._file_address(path)
        remaining = iter(chunks)
        first = bytearray()
        for chunk in remaining:
            first += chunk
            if len(first) > _SMALL:
                digest = digests.BackgroundDigest()
                stream = _hashed(chain([bytes(first)], remaining), digest)
                self._put(address, path, stream, digest)
                return
        self._put_small(address, path, bytes(first))

    def delete(self, path: str = "") -> None:
        """Remove a file or a folder with all that is in it; of the absent, nothing."""
        folder = paths.join(self._path, paths.canonical(path))
        if not folder:
            raise InvalidParameter("All artifacts of a server cannot be removed at once.")
        self._connection.ask("DELETE", self._address(paths.canonical(path)))

    def upload_file(self, local_path: Path, path: str, advance: Advance) -> None:
        """Store a copy of a local file: at once, or above 64 MiB in parts where possible."""
        address = self._file_address(path)
        size = local_path.stat().st_size
        if size <= _SMALL:
            content = local_path.read_bytes()
            self._put_small(address, path, content)
            advance(len(content))
            return
        if size > _IN_PARTS:
            target = paths.join(self._path, paths.canonical(path))
            if upload_in_parts(self._connection, ROUTES, local_path, target, advance):
                return
        self._connection.patiently(lambda: self._put_file(address, local_path, path, advance))

    def download_file(self, path: str, local_path: Path, advance: Advance) -> None:
        """Fetch a file to a local one, which appears whole; an interrupted one is continued."""
        address = self._file_address(path)
        signed = f"{ROUTES}/presigned/{self._encoded(path)}"
        Download(self._connection, address, signed, local_path, advance).run()

    def _put_file(self, address: str, local_path: Path, path: str, advance: Advance) -> None:
        digest = digests.BackgroundDigest()
        sent = 0

        def stream() -> Iterator[bytes]:
            nonlocal sent
            with local_path.open("rb", buffering=0) as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
                    yield block
                    sent += len(block)
                    advance(len(block))

        try:
            self._put(address, path, stream(), digest, local_path.stat().st_size)
        except PassingError:
            advance(-sent)
            raise

    def _put_small(self, address: str, path: str, content: bytes) -> None:
        def once() -> None:
            digest = digests.BackgroundDigest()
            digest.update(content)
            self._put(address, path, content, digest, len(content))

        self._connection.patiently(once)

    def _put(
        self,
        address: str,
        path: str,
        body: bytes | Iterable[bytes],
        digest: digests.BackgroundDigest,
        length: int | None = None,
    ) -> None:
        headers = {"Content-Type": _content_type(path), **_WANTED}
        if length is not None:
            headers["Content-Length"] = str(length)
        try:
            answer = self._connection.request("PUT", address, body, headers)
            finished(answer)
            sent = digest.hexdigest()
        finally:
            digest.close()
        there = digests.from_field(answer.headers.get(digests.FIELD))
        if there is not None and there != sent:
            self._connection.ask("DELETE", address)
            raise PassingError(
                f"'{path}' arrived at the server with the SHA-256 {there} instead of {sent}"
            )

    def _size(self, path: str) -> int | None:
        """The size of a file; None of a folder or of what does not exist."""
        try:
            _, headers = self._connection.ask("HEAD", self._file_address(path))
        except (NotFound, InvalidParameter):
            return None
        return int(headers.get("Content-Length") or 0)

    def _file_address(self, path: str) -> str:
        path = paths.canonical(path)
        if not path:
            raise is_folder(path)
        return self._address(path)

    def _address(self, path: str) -> str:
        return f"{ROUTES}/artifacts/{self._encoded(path)}"

    def _encoded(self, path: str) -> str:
        return quote(paths.join(self._path, paths.canonical(path)))


def _hashed(chunks: Iterable[bytes], digest: digests.BackgroundDigest) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _placed(folder: str, found: FileInfo) -> FileInfo:
    path = paths.join(folder, paths.canonical(found.path))
    size = None if found.is_dir else found.file_size or 0
    return FileInfo(path=path, is_dir=found.is_dir, file_size=size)


def _content_type(path: str) -> str:
    name = paths.name_of(path)
    text = name.endswith(_TEXT) or name in ("MLmodel", "MLproject")
    return "text/plain" if text else "application/octet-stream"
