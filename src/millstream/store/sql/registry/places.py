"""Where the files of versions are, once `runs:/<run>/<path>` became the place that it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from millstream.store.sql.confinement import confined
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.locations import below
from millstream.store.sql.registry.versions import VersionRow

OF_RUN = "runs:/"
_SELECT_RUNS = "SELECT run_id, artifact_uri FROM runs WHERE run_id IN ({})"
_SELECT_LOGGED = (
    "SELECT source_run_id, name, artifact_location FROM logged_models "
    "WHERE source_run_id IN ({}) AND name IN ({}) AND lifecycle_stage = 'active'"
)
_NEWEST_LAST = " ORDER BY creation_timestamp_ms, model_key"
_MOST_AT_ONCE = 1_000


class RunPath(NamedTuple):
    """What `runs:/<run_id>/<path>` names; `name` is the first part of the path."""

    run_id: str
    path: str

    @property
    def name(self) -> str:
        """The name of a logged model of the run, if it has such a one."""
        return self.path.partition("/")[0]


def files(source: Source, row: VersionRow) -> str:
    """Where the files of a version are, maybe relative."""
    return locate(source, [row.storage_location])[0]


def locate(source: Source, locations: Sequence[str]) -> list[str]:
    """These locations of versions, maybe relative, without `runs:`.

    `runs:` means the newest logged model of that name, or else a folder of the run; what the store
    does not know stays as it is. Two statements for each thousand of them.
    """
    paths = [run_path(location) for location in locations]
    runs: dict[str, str] = {}
    models: dict[tuple[str, str], str] = {}
    asked = sorted({path for path in paths if path is not None})
    for start in range(0, len(asked), _MOST_AT_ONCE):
        part = asked[start : start + _MOST_AT_ONCE]
        ids, names = sorted({it.run_id for it in part}), sorted({it.name for it in part})
        marks = placeholders(len(ids))
        runs.update(source.tracking.execute(*confined(source, _SELECT_RUNS.format(marks), ids)))
        logged = _SELECT_LOGGED.format(marks, placeholders(len(names)))
        sql, params = confined(source, logged, (*ids, *names))
        found = source.tracking.execute(sql + _NEWEST_LAST, params)
        models.update({(run_id, name): place for run_id, name, place in found})
    return [
        location if path is None else _meant(path, runs, models) or location
        for location, path in zip(locations, paths, strict=True)
    ]


def run_path(location: str) -> RunPath | None:
    """The run and the path in a location, or None if it is not one of `runs:`."""
    if not location.startswith(OF_RUN):
        return None
    run_id, _, path = location.removeprefix(OF_RUN).lstrip("/").partition("/")
    return RunPath(run_id, path)


def _meant(path: RunPath, runs: dict[str, str], models: dict[tuple[str, str], str]) -> str | None:
    logged = models.get((path.run_id, path.name))
    if logged is not None:
        rest = path.path.partition("/")[2]
        return below(logged, rest) if rest else logged
    home = runs.get(path.run_id)
    return None if home is None else below(home, path.path)
