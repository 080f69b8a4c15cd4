"""Which versions have their files at a place.

Where a version's files are is noted as the beginning of a place (`locations.place`), so an index
finds the versions around a file by the places above it. A source `runs:/<run>/<path>` names no
place: such versions are found by the runs and logged models that are named in the file's path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.locations import is_within, place, places_above
from millstream.store.sql.registry import places
from millstream.store.sql.registry.places import OF_RUN
from millstream.store.sql.values import HEAD_LENGTH

SELECT = (
    "SELECT name, version, current_stage, storage_location, workspace FROM model_versions WHERE "
)
_AROUND = SELECT + "current_stage IN ({}) AND storage_head IN ({})"
_OF_RUNS = SELECT + "run_id IN ({})"  # a stage would tempt planners away from the index of runs
_SOURCE_RUNS = "SELECT source_run_id FROM logged_models WHERE model_id IN ({})"


class Held(NamedTuple):
    """A version in one of the stages that were asked for, and where its files are."""

    name: str
    version: int
    stage: str
    location: str
    workspace: str


def around(source: Source, stages: Sequence[str], asked: Sequence[str]) -> list[Held]:
    """The versions in these stages that have one of the places among their files."""
    held = candidates(source, stages, asked)
    locations = places.locate(source, [each.location for each in held])
    return [
        one
        for one, location in zip(held, map(place, locations), strict=True)
        if any(is_within(each, location) for each in asked)
    ]


def candidates(source: Source, stages: Sequence[str], asked: Sequence[str]) -> list[Held]:
    """The versions in these stages that may have them: three statements at most."""
    heads = sorted({home[:HEAD_LENGTH] for each in asked for home in places_above(each)})
    sql = _AROUND.format(placeholders(len(stages)), placeholders(len(heads)))
    held = [Held(*row) for row in source.registry.execute(sql, (*stages, *heads))]
    names = sorted({part for each in asked for part in each.split("/")})
    return held + around_runs(source, stages, names)


def around_runs(source: Source, stages: Sequence[str], names: Sequence[str]) -> list[Held]:
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
