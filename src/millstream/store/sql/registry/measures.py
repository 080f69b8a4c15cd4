"""What metrics say of a version: its logged model's values, or else its run's."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from millstream.entities.gates import Gate
from millstream.store.sql.confinement import confined
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.values import meant

_OF_MODEL = (
    "SELECT x.dataset_name, x.dataset_digest, x.value, x.special, l.experiment_key "
    "FROM logged_model_metrics x "
    "JOIN logged_models l ON l.model_key = x.model_key "
    'WHERE l.model_id = ? AND x."key" = ?'
)
_LAST_ONE_LAST = " ORDER BY x.step, x.timestamp, x.value"
_OF_RUN = (
    "SELECT x.value, x.special, r.experiment_key FROM latest_metrics x "
    'JOIN runs r ON r.run_key = x.run_key JOIN "keys" k ON k.key_id = x.key_id '
    "WHERE r.run_id = ? AND k.name = ?"
)
_SELECT_ATTRIBUTED = (
    "SELECT 1 FROM logged_model_metrics x JOIN runs r ON r.run_key = x.run_key "
    'WHERE r.run_id = ? AND x."key" = ? LIMIT 1'
)


MayRead = Callable[[int], bool]
"""Whether who asks may read the experiment of a key."""


def everything(_: int) -> bool:
    """Nobody is kept from anything."""
    return True


class Measure(NamedTuple):
    """The latest value of a metric on one dataset, of which name and digest may be empty.

    Whoever may read the experiment may know it.
    """

    dataset_name: str
    dataset_digest: str
    value: float
    experiment_key: int


def measures(source: Source, row: VersionRow, gate: Gate) -> list[Measure]:
    """The latest value on each dataset that the gate lets count, by name and digest."""
    latest: dict[tuple[str, str], Measure] = {}
    found = []
    if row.model_id:
        measured = (row.model_id, gate.metric)
        sql, params = confined(source, _OF_MODEL, measured, "l.experiment_key")
        found = source.tracking.execute(sql + _LAST_ONE_LAST, params)
    for name, digest, value, special, home in found:
        latest[name, digest] = Measure(name, digest, meant(value, special), home)
    if not latest and row.run_id and not _is_anothers(source, row, gate):
        logged = confined(source, _OF_RUN, (row.run_id, gate.metric), "r.experiment_key")
        for value, special, home in source.tracking.execute(*logged):
            latest["", ""] = Measure("", "", meant(value, special), home)
    return [
        measure
        for measure in sorted(latest.values(), key=lambda each: each[:2])
        if gate.dataset_name in (None, measure.dataset_name)
        and gate.dataset_digest in (None, measure.dataset_digest)
    ]


def _is_anothers(source: Source, row: VersionRow, gate: Gate) -> bool:
    """Whether the run measured this on logged models, of which the version's is none."""
    if row.model_id is None:
        return False
    return bool(source.tracking.execute(_SELECT_ATTRIBUTED, (row.run_id, gate.metric)))
