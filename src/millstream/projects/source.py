"""Where projects come from: a folder, a git repository or a zip file, each with a folder in it.

| URI | is |
| --- | --- |
| `path/to/folder` | that folder itself |
| `https://…`, `ssh://…`, `git://…`, `user@host:path`, `….git`, `file://…` with a version | git |
| `….zip`, beside the caller or by http, https or file | an archive |
| each of them and `#folder` | a folder in it |
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import msgspec
import urllib3

from millstream.capture.git import is_bare
from millstream.errors import InvalidParameter, MillstreamError, Unavailable
from millstream.masking import shown
from millstream.projects import git
from millstream.projects.manifest import inside

MOST_UNPACKED = 4 << 30
MOST_FILES = 100_000
_CHUNK = 1 << 20
_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^/].*")
_GIT_SCHEMES = ("git", "ssh", "git+ssh", "http", "https")


class Source(msgspec.Struct, frozen=True):
    """A project's files in a folder of this machine, and what is known of their origin.

    `name` is what runs say they come from. `commit` and `repository` are those of git, and `branch`
    is set if the version that was asked for is one. `temporary` is a folder to be removed with it.
    """

    folder: Path
    name: str
    commit: str | None = None
    repository: str | None = None
    branch: str | None = None
    temporary: Path | None = None

    def remove(self) -> None:
        """Remove what was fetched; a folder of the user stays."""
        if self.temporary is not None:
            shutil.rmtree(self.temporary, ignore_errors=True)


def fetch(uri: str, version: str | None = None, storage: Path | None = None) -> Source:
    """The files of a project; what is not here yet is fetched to a new folder below `storage`.

    `version` is a commit, a branch or a tag of git. Raises `InvalidParameter` for what is no
    project and `MillstreamError` for what cannot be fetched.
    """
    place, _, sub = uri.partition("#")
    if not place:
        raise InvalidParameter("The URI of the project is empty: give a folder, git or a zip file.")
    if {".", ".."} & set(sub.split("/")):
        raise InvalidParameter(f"'.' is not allowed in project subdirectory paths: '{sub}'")
    local = local_path(place)
    if local is not None and not place.startswith("file:"):
        place = str(local.absolute())  # runs say where it is, and git is called in another folder
        uri = f"{place}#{sub}" if sub else place
    if _is_zip(place):
        if version is not None:
            raise _no_version(uri)
        return _below(_unpacked(place, local, uri, storage), sub)
    if _is_git(place, version, local):
        return _below(_cloned(place, version, uri, storage), sub)
    if version is not None:
        raise _no_version(uri)
    return _below(_of_folder(local or Path(place), sub), sub)


def _no_version(uri: str) -> InvalidParameter:
    return InvalidParameter(f"Setting a version is only supported for Git project URIs: '{uri}'")


def local_path(place: str) -> Path | None:
    """The path that a place is, if it is on this machine."""
    if place.startswith("file:"):
        return Path(unquote(urlsplit(place).path))
    if "://" in place or _SCP.fullmatch(place):
        return None
    return Path(place)


def _is_zip(place: str) -> bool:
    return urlsplit(place).path.lower().endswith(".zip") or place.lower().endswith(".zip")


def _is_git(place: str, version: str | None, local: Path | None) -> bool:
    if local is not None:
        return is_bare(local) or ((local / ".git").exists() and version is not None)
    return is_remote_git(place)


def is_remote_git(place: str) -> bool:
    """Whether a place has the form of a git repository of another machine."""
    return bool(_SCP.fullmatch(place)) or urlsplit(place).scheme in _GIT_SCHEMES


def _below(source: Source, sub: str) -> Source:
    """The folder `sub` of a source."""
    if not sub:
        return source
    try:
        folder = inside(source.folder, sub)
        if not folder.is_dir():
            raise InvalidParameter(f"'{sub}' is no folder of the project {source.name}")
    except InvalidParameter:
        source.remove()
        raise
    return msgspec.structs.replace(source, folder=folder)


def _of_folder(folder: Path, sub: str) -> Source:
    if not folder.is_dir():
        raise InvalidParameter(f"There is no project at '{folder}': it is no folder.")
    whole = folder.resolve()
    commit, repository = git.state(whole)
    name = whole.as_uri() if commit else str(whole)
    return Source(whole, f"{name}#{sub}" if sub else name, commit, repository)


def _cloned(place: str, version: str | None, uri: str, storage: Path | None) -> Source:
    if place.startswith("-"):
        raise InvalidParameter(f"The address of a git repository cannot begin with '-': '{place}'")
    temporary = new_folder(storage)
    folder = temporary / "code"
    try:
        fetched = git.fetch(place.removeprefix("git+"), version, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    name = shown(uri)
    return Source(folder, name, fetched.commit, shown(place), fetched.branch, temporary)


def _unpacked(place: str, local: Path | None, uri: str, storage: Path | None) -> Source:
    temporary = new_folder(storage)
    try:
        archive = local
        if archive is None:
            archive = temporary / "project.zip"
            _download(place, archive)
        elif not archive.is_file():
            raise InvalidParameter(f"There is no project at '{place}': the file does not exist.")
        folder = temporary / "code"
        folder.mkdir()
        _unpack(archive, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Source(_only_folder(folder), shown(uri), temporary=temporary)


def _only_folder(folder: Path) -> Path:
    """The one folder that an archive of a whole folder holds, if it has no files beside it."""
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack; a member that would land elsewhere, and too many or too large ones, are refused."""
    try:
        with zipfile.ZipFile(archive) as content:
            members = content.infolist()
            size = sum(member.file_size for member in members)
            if len(members) > MOST_FILES or size > MOST_UNPACKED:
                raise InvalidParameter(
                    f"'{archive}' holds {len(members)} files of {size} bytes; at most "
                    f"{MOST_FILES} files of {MOST_UNPACKED} bytes are unpacked."
                )
            for member in members:
                _unpack_member(content, member, folder)
    except zipfile.BadZipFile as error:
        raise InvalidParameter(f"'{archive}' is no zip file: {error}") from error


def _unpack_member(content: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    path = inside(folder, member.filename)
    if PurePosixPath(member.filename).is_absolute():
        raise InvalidParameter(f"'{member.filename}' leads out of the project '{folder}'.")
    if member.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    left = member.file_size
    with content.open(member) as source, path.open("wb") as target:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise InvalidParameter(f"'{member.filename}' is longer than the archive says.")
            target.write(chunk)
    mode = member.external_attr >> 16 & 0o777
    if mode & 0o100:
        path.chmod(0o755)


def _download(address: str, path: Path) -> None:
    pool = urllib3.PoolManager(timeout=60.0)
    try:
        with pool.request("GET", address, preload_content=False) as answer, path.open("wb") as file:
            if answer.status != 200:
                raise MillstreamError(f"{shown(address)} answered {answer.status}, not a zip file")
            for chunk in answer.stream(_CHUNK):
                file.write(chunk)
                if file.tell() > MOST_UNPACKED:
                    raise InvalidParameter(f"{shown(address)} is larger than {MOST_UNPACKED} bytes")
    except urllib3.exceptions.HTTPError as error:
        raise Unavailable(f"{shown(address)} cannot be fetched: {error}") from error
    finally:
        pool.clear()


def new_folder(storage: Path | None) -> Path:
    """A new folder for what is fetched, below `storage` or where the system keeps such."""
    if storage is not None:
        storage.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="millstream-project-", dir=storage))
