"""Which files differ between the commits of two runs, told by a repository of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from millstream.capture.git import Change, Content, Repository, repository
from millstream.client.away import warn
from millstream.client.context import GIT_COMMIT
from millstream.errors import InvalidParameter
from millstream.projects.reproduction import restoration
from millstream.projects.reproduction.record import Record

MOST_NAMED = 20
"""So many files are named, those of the project itself first."""

_SUBMODULE = "160000"


class Changes(msgspec.Struct, frozen=True):
    """Files that differ between two commits, and what each of the two has; and what is not named.

    `left_out` is the number of further files, at least if `is_cut`.
    """

    before: dict[str, str] = {}
    after: dict[str, str] = {}
    left_out: int = 0
    is_cut: bool = False


def between(
    one: Record, other: Record, place: str | os.PathLike[str] | None = None
) -> Changes | None:
    """What differs between the commits of two runs; None if no repository here has both.

    It is asked of the repository `place`, or else of those that the runs came from. Nothing is
    fetched. A place that is no repository of this machine raises `InvalidParameter`.
    """
    commits = [record.run.data.tags.get(GIT_COMMIT, "") for record in (one, other)]
    known = _repositories(one, other) if place is None else [_named(place)]
    if not all(restoration.COMMIT.fullmatch(commit) for commit in commits):
        return None
    before, after = commits
    if before == after:
        return Changes()
    for found in known:
        try:
            if found.has(before) and found.has(after):
                return _told(found, before, after, _folders(one, other))
        except OSError as error:
            warn(f"the repository {found.folder} could not be asked what changed: {error}")
    return None


def _repositories(one: Record, other: Record) -> Iterator[Repository]:
    places = dict[str, None]()
    for record in (one, other):
        folder = None if record.tree is None else record.tree.folder
        places |= dict.fromkeys(restoration.places(record.run.data.tags, folder))
    for place in places:
        local = restoration.local_root(place)
        found = None if local is None else repository(Path(local))
        if found is not None:
            yield found


def _named(place: str | os.PathLike[str]) -> Repository:
    path = Path(place).expanduser().absolute()
    found = repository(path) if path.is_dir() else None
    if found is None:
        raise InvalidParameter(f"'{path}' is no git repository of this machine.")
    return found


def _folders(one: Record, other: Record) -> set[str]:
    """Where the projects are in their repository; empty for the whole of it."""
    called = [record.invocation for record in (one, other) if record.invocation is not None]
    return {f"{one.folder}/" if one.folder else "" for one in called} or {""}


def _told(found: Repository, before: str, after: str, folders: set[str]) -> Changes:
    changes, is_whole = found.changes(before, after)
    ranked = sorted(changes, key=lambda change: _rank(change, folders))
    named = ranked[:MOST_NAMED]
    lines = found.lines(before, after, [change.name for change in named])
    return Changes(
        dict(_texts([(each.name, each.before) for each in named], lines, 0)),
        dict(_texts([(each.name, each.after) for each in named], lines, 1)),
        len(ranked) - len(named),
        not is_whole,
    )


def _rank(change: Change, folders: set[str]) -> tuple[bool, bool, str]:
    """Files of the project come first, and those that both commits have."""
    is_elsewhere = not change.name.startswith(tuple(folders))
    return is_elsewhere, change.before is None or change.after is None, change.name


def _texts(
    contents: Sequence[tuple[str, Content | None]], lines: dict[str, tuple[int, int]], side: int
) -> Iterator[tuple[str, str]]:
    for name, content in contents:
        if content is None:
            continue
        kind = "submodule" if content.mode == _SUBMODULE else "blob"
        mode = "" if content.mode in (_SUBMODULE, "100644") else f", mode {content.mode}"
        number = lines[name][side] if name in lines else None
        count = "" if number is None else f"{number} line{'s'[: number != 1]} of its own, "
        yield name, f"{count}{kind} {content.identity}{mode}"
