"""The files of versions in protected stages, which nobody may change while they are in there.

Where a version's files are is noted as the beginning of a place (`locations.place`), so an index
finds the versions around a file by the places above it. A source `runs:/<run>/<path>` names no
place: such versions are found by the runs and logged models that are named in the file's path.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from millstream.errors import PermissionDenied
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.locations import ArtifactRoot, is_within, place, places_above
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import places, policies
from millstream.store.sql.registry.places import OF_RUN
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import HEAD_LENGTH

_REMEMBERED_SECONDS = 2.0
_HIGHEST = "\U0010ffff"
_SELECT = "SELECT name, version, current_stage, storage_location FROM model_versions WHERE "
_AROUND = _SELECT + "current_stage IN ({}) AND storage_head IN ({})"
_BETWEEN = _SELECT + "current_stage IN ({}) AND storage_head >= ? AND storage_head < ?"
_OF_RUNS = _SELECT + "run_id IN ({})"  # a stage would tempt planners away from the index of runs
_SOURCE_RUNS = "SELECT source_run_id FROM logged_models WHERE model_id IN ({})"


class Held(NamedTuple):
    """A version in a protected stage, and where its files are."""

    name: str
    version: int
    stage: str
    location: str


class SqlProtectedFiles:
    """The files that a database protects.

    That no stage is protected is remembered for two seconds: a stage that becomes protected does
    so at once in this process, and after that time in others.
    """

    def __init__(
        self,
        database: Database,
        root: ArtifactRoot,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._root = root
        self._clock = clock
        self._lock = threading.Lock()
        self._changes = 0
        self._none_until = 0.0
        database.when_announced(policies.CHANGED, self._forget)

    @property
    def known_to_be_none(self) -> bool:
        """Whether it is known, without asking the database, that no stage is protected."""
        return self._clock() < self._none_until

    def check(self, names: Sequence[str], *, whole: bool = False) -> None:
        """Refuse to change a file or folder that belongs to a version in a protected stage."""
        if self.known_to_be_none:
            return
        begun, changes = self._clock(), self._changes
        stages = self._database.read(_protected_stages)
        if stages:
            asked = {place(uri) for name in names for uri in (name, self._root.shorten(name))}
            self._database.read(_check, stages, sorted(asked), names[0], whole)
            return
        with self._lock:
            if changes == self._changes:
                self._none_until = begun + _REMEMBERED_SECONDS

    def _forget(self) -> None:
        with self._lock:
            self._changes += 1
            self._none_until = 0.0


def check_meaning(
    transaction: Transaction, run_id: str, name: str, location: str | None = None
) -> None:
    """Refuse to let `runs:/<run_id>/<name>` mean other files where a protected version has it.

    With a `location`, only if it means that place now.
    """
    stages = _protected_stages(transaction)
    source = place(f"{OF_RUN}{run_id}/{name}")
    held = _around_runs(transaction, stages, [run_id]) if stages else []
    held = [each for each in held if is_within(place(each.location), source)]
    locations = places.locate(transaction, [each.location for each in held])
    for each, meant in zip(held, locations, strict=True):
        if location is None or is_within(place(meant), place(location)):
            raise _refused(each, source)


def _protected_stages(source: Source) -> list[str]:
    return [stage.name for stage in policies.read(source.registry).stages if stage.protected]


def _check(reader: Reader, stages: list[str], asked: list[str], shown: str, whole: bool) -> None:
    above = {home for each in asked for home in places_above(each)}
    held = _around(reader, stages, above)
    if whole:
        for home in (*asked, OF_RUN):
            held += _within(reader, stages, home)
    else:
        held += _around_runs(
            reader, stages, sorted({part for it in asked for part in it.split("/")})
        )
    locations = places.locate(reader, [each.location for each in held])
    for one, location in zip(held, map(place, locations), strict=True):
        for each in asked:
            if is_within(each, location) or (whole and is_within(location, each)):
                raise _refused(one, shown)


def _around(source: Source, stages: list[str], homes: set[str]) -> list[Held]:
    heads = sorted({home[:HEAD_LENGTH] for home in homes})
    sql = _AROUND.format(placeholders(len(stages)), placeholders(len(heads)))
    return [Held(*row) for row in source.execute(sql, (*stages, *heads))]


def _within(source: Source, stages: list[str], home: str) -> list[Held]:
    """Versions whose places begin like all that is below a place."""
    sql = _BETWEEN.format(placeholders(len(stages)))
    return [Held(*row) for row in source.execute(sql, (*stages, *_range(home)))]


def _around_runs(source: Source, stages: list[str], names: list[str]) -> list[Held]:
    """Versions from `runs:` whose runs, or logged models of these runs, have such names."""
    models = tuple(name for name in names if name.startswith("m-"))
    runs = set(names)
    if models:
        sql = _SOURCE_RUNS.format(placeholders(len(models)))
        runs |= {run_id for (run_id,) in source.tracking.execute(sql, models) if run_id}
    sql = _OF_RUNS.format(placeholders(len(runs)))
    rows = source.registry.execute(sql, tuple(sorted(runs)))
    return [
        held
        for held in map(Held._make, rows)
        if held.stage in stages and held.location.startswith(OF_RUN)
    ]


def _range(home: str) -> tuple[str, str]:
    start = f"{home.rstrip('/')}/"[:HEAD_LENGTH]
    return start, start + _HIGHEST


def _refused(held: Held, shown: str) -> PermissionDenied:
    return PermissionDenied(
        f"'{shown}' may not be changed or deleted: the files of version {held.version} of "
        f"'{held.name}' are there, which is in the protected stage '{held.stage}'. Log the new "
        "files elsewhere and register them as a new version, or have this one leave the stage "
        f"first: `create_transition_request(name={held.name!r}, version='{held.version}', "
        "stage='Archived')` in Python, or POST /api/v1/transition-requests; somebody else "
        "approves it.",
        protected_stage=held.stage,
    )
