"""The code of a run put back: its commit, what differed from that, and sources git did not have."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from millstream.capture.git import repository
from millstream.capture.source import DIFFERENCE, FILES
from millstream.client.context import GIT_BRANCH, GIT_COMMIT, GIT_URL, SOURCE_NAME
from millstream.errors import InvalidParameter, MillstreamError
from millstream.masking import MASK, shown
from millstream.projects import git, source
from millstream.projects.manifest import inside
from millstream.projects.reproduction.record import Record
from millstream.projects.source import Source

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CUT = b"\n# The difference is cut here: "
_GIT_FOLDERS = {".git", "git~1"}  # the latter is what Windows may call it


def check(record: Record) -> str:
    """The commit of a run; `InvalidParameter` if that and what was kept are not all of its code."""
    commit = record.run.data.tags.get(GIT_COMMIT, "")
    if not commit:
        raise InvalidParameter(
            f"The run {record.run_id} has no commit (tag '{GIT_COMMIT}'), so its code is not "
            "known: run projects and scripts from a git repository."
        )
    if not COMMIT.fullmatch(commit):
        raise InvalidParameter(
            f"The tag '{GIT_COMMIT}' of the run {record.run_id} is {commit!r}; a commit has 40 or "
            "64 hexadecimal digits."
        )
    for name in record.files:
        _check_name(name)
    tree = record.tree
    if (tree is not None and tree.is_cut) or _CUT in record.difference[-200:]:
        raise InvalidParameter(
            f"'{DIFFERENCE}' of the run {record.run_id} is only the beginning of what differed "
            "from its commit, which was too much to keep: commit before running."
        )
    if tree is not None and tree.masked:
        raise InvalidParameter(
            f"Secrets were masked in '{tree.masked[0]}' of the run {record.run_id}, so its code is "
            "not known to the letter: commit what has changed, and keep secrets out of it."
        )
    return commit


def restore(record: Record, place: str | None, storage: Path | None) -> Source:
    """The code of a run in a new folder below `storage`; `folder` is the root of its repository.

    `place` is the repository, by default the one that the run came from: the local one if it still
    is there, else what its tags name. Raises `MillstreamError` if none has the commit, or what was
    kept does not fit to it.
    """
    commit = check(record)
    fetched = _fetched(record, commit, place, storage)
    try:
        if fetched.commit != commit:
            raise MillstreamError(
                f"{fetched.name} has no commit {commit}, but a branch of that name."
            )
        if record.difference:
            _apply(record.difference, fetched.folder)
        for name, content in record.files.items():
            _write(fetched.folder, name, content)
    except BaseException:
        fetched.remove()
        raise
    tags = record.run.data.tags
    return msgspec.structs.replace(
        fetched,
        name=tags.get(SOURCE_NAME, fetched.name),
        repository=tags.get(GIT_URL),
        branch=tags.get(GIT_BRANCH),
    )


def places(tags: Mapping[str, str], folder: str | None) -> Iterator[str]:
    """Where the repository of a run may be, local ones first; each once."""
    name, _, _ = tags.get(SOURCE_NAME, "").partition("#")
    found = dict.fromkeys(
        place
        for place in (folder, name, tags.get(GIT_URL))
        if place and not place.startswith("-") and MASK not in place
    )
    local = {place: root for place in found if (root := local_root(place)) is not None}
    yield from dict.fromkeys(local.values())
    yield from (place for place in found if place not in local and source.is_remote_git(place))


def local_root(place: str) -> str | None:
    """The repository of this machine that a place is, or is in."""
    path = source.local_path(place)
    if path is None or not path.is_absolute() or not path.exists():
        return None
    found = repository(path)
    return None if found is None else str(found.folder)


def _fetched(record: Record, commit: str, place: str | None, storage: Path | None) -> Source:
    folder = None if record.tree is None else record.tree.folder
    if place is not None:
        known = [local_root(os.path.abspath(place)) or place]  # noqa: PTH100  # it may be a URI
    else:
        known = list(places(record.run.data.tags, folder))
    failures = []
    for one in known:
        try:
            return source.fetch(one, commit, storage)
        except MillstreamError as error:
            failures.append(f"{shown(one)}: {error.message}")
    reason = "; ".join(failures) or "neither a local repository nor an address of one is recorded"
    raise MillstreamError(
        f"The commit {commit} of the run {record.run_id} cannot be fetched ({reason}). Name a "
        "repository that has it with --source."
    )


def _apply(patch: bytes, folder: Path) -> None:
    try:
        git.apply(patch, folder)
    except MillstreamError as error:
        raise MillstreamError(
            f"'{DIFFERENCE}' of the run does not fit to its commit: {error.message}"
        ) from error


def _check_name(name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts) or _is_git(parts):
        raise InvalidParameter(
            f"'{FILES}/{name}' of the run is no file of a working tree: names lead neither out of "
            "it nor into .git."
        )


def _is_git(parts: list[str]) -> bool:
    return any(part.rstrip(" .").partition(":")[0].lower() in _GIT_FOLDERS for part in parts)


def _write(folder: Path, name: str, content: bytes) -> None:
    path = inside(folder, name)
    if _is_git(list(path.relative_to(folder.resolve()).parts)):  # by way of a link
        raise InvalidParameter(f"'{FILES}/{name}' of the run leads into .git.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
