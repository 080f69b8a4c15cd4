"""The files of versions in protected stages, which nobody may change while they are in there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from millstream.errors import PermissionDenied
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.locations import ArtifactRoot, is_within, place
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import places, policies, version_files
from millstream.store.sql.registry.places import OF_RUN
from millstream.store.sql.registry.version_files import Held
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import HEAD_LENGTH

_REMEMBERED_SECONDS = 2.0
_HIGHEST = "\U0010ffff"
_BETWEEN = version_files.SELECT + "current_stage IN ({}) AND storage_head >= ? AND storage_head < ?"


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
    held = version_files.around_runs(transaction, stages, [run_id]) if stages else []
    held = [each for each in held if is_within(place(each.location), source)]
    locations = places.locate(transaction, [each.location for each in held])
    for each, meant in zip(held, locations, strict=True):
        if location is None or is_within(place(meant), place(location)):
            raise _refused(each, source)


def _protected_stages(source: Source) -> list[str]:
    return [stage.name for stage in policies.read(source.registry).stages if stage.protected]


def _check(reader: Reader, stages: list[str], asked: list[str], shown: str, whole: bool) -> None:
    held = version_files.candidates(reader, stages, asked)
    if whole:
        for home in (*asked, OF_RUN):
            held += _within(reader, stages, home)
    locations = places.locate(reader, [each.location for each in held])
    for one, location in zip(held, map(place, locations), strict=True):
        for each in asked:
            if is_within(each, location) or (whole and is_within(location, each)):
                raise _refused(one, shown)


def _within(source: Source, stages: list[str], home: str) -> list[Held]:
    """Versions whose places begin like all that is below a place."""
    sql = _BETWEEN.format(placeholders(len(stages)))
    return [Held(*row) for row in source.execute(sql, (*stages, *_range(home)))]


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
