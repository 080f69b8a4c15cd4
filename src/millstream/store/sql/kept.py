"""What stays although it is deleted, since versions of registered models need it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from millstream.store.sql.dialect import placeholders
from millstream.store.sql.locations import ArtifactRoot, place, places_above
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry.places import run_path

_ORIGINS = {"run": "run_id", "logged model": "model_id"}
_SELECT_ALL = "SELECT name, version, storage_location FROM model_versions"
_SLICE = 1_000
_PROXY_ROOT = ArtifactRoot("mlflow-artifacts:/")


class Deleted(NamedTuple):
    """A deleted run, logged model or experiment, and the folder that goes with it.

    `logged_as` are the run and the name of a logged model, as `runs:` gives them.
    """

    kind: str
    id: str
    location: str
    logged_as: tuple[str | None, str] | None = None


class Kept(msgspec.Struct, frozen=True):
    """What stays, and a version that came from it or has its files there."""

    kind: str
    id: str
    model_uri: str


def kept(reader: Reader, root: ArtifactRoot, deleted: Sequence[Deleted]) -> list[Kept]:
    """What of the deleted a version came from, and what has files of versions in its folder.

    Each once, in the order given. Every version is looked at once.
    """
    found: dict[tuple[str, str], str] = {}
    for kind in _ORIGINS:
        _find_origins(reader, kind, [it.id for it in deleted if it.kind == kind], found)
    homes = _Homes(root, deleted) if deleted else None
    if homes is not None:
        for rows in reader.iterate(_SELECT_ALL, (), _SLICE):
            for name, version, location in rows:
                for each in homes.of(location):
                    found.setdefault((each.kind, each.id), f"models:/{name}/{version}")
    return [
        Kept(it.kind, it.id, found[it.kind, it.id]) for it in deleted if (it.kind, it.id) in found
    ]


def _find_origins(
    reader: Reader, kind: str, ids: list[str], found: dict[tuple[str, str], str]
) -> None:
    column = _ORIGINS[kind]
    sql = f"SELECT {column}, name, version FROM model_versions WHERE {column} IN ({{}})"
    for start in range(0, len(ids), _SLICE):
        part = ids[start : start + _SLICE]
        for origin, name, version in reader.execute(sql.format(placeholders(len(part))), part):
            found.setdefault((kind, origin), f"models:/{name}/{version}")


class _Homes:
    """The folders of what is deleted, under all names that they may have."""

    def __init__(self, root: ArtifactRoot, deleted: Sequence[Deleted]) -> None:
        self._at: dict[str, Deleted] = {}
        self._below: dict[str, list[Deleted]] = defaultdict(list)
        self._runs = {it.id: it for it in deleted if it.kind == "run"}
        self._logged: dict[tuple[str | None, str], list[Deleted]] = defaultdict(list)
        for it in deleted:
            if it.logged_as is not None:
                self._logged[it.logged_as].append(it)
            for uri in {it.location, root.expand(it.location), _PROXY_ROOT.expand(it.location)}:
                home = place(uri)
                self._at[home] = it
                for above in places_above(home)[:-1]:
                    self._below[above].append(it)

    def of(self, location: str) -> Iterator[Deleted]:
        """Whose folder the files of a version are in, and whose folders are among its files."""
        path = run_path(location)
        if path is not None:
            if path.run_id in self._runs:
                yield self._runs[path.run_id]
            yield from self._logged.get((path.run_id, path.name), ())
            return
        files = place(location)
        inner = (self._at[home] for home in reversed(places_above(files)) if home in self._at)
        innermost = next(inner, None)
        if innermost is not None:
            yield innermost
        yield from self._below.get(files, ())
