"""Resources by their inner keys, so that what is granted survives a rename and no key's end.

A key is never given twice: who takes over the name of a deleted model inherits nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from millstream.entities import access_validation, validation
from millstream.entities.permissions import EVERY_RESOURCE, ResourceType
from millstream.errors import MillstreamError
from millstream.store.sql.confinement import confined
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import Source, no_experiment
from millstream.store.sql.registry.models import no_registered_model

EVERY_KEY = -1

_SELECT_EXPERIMENT = "SELECT experiment_key FROM experiments WHERE experiment_key = ?"
_SELECT_MODEL = (
    "SELECT registered_model_key FROM registered_models WHERE workspace = ? AND name = ?"
)
_SELECT_EXPERIMENTS = "SELECT experiment_key FROM experiments WHERE experiment_key IN ({})"
_SELECT_KEYS = (
    "SELECT name, registered_model_key FROM registered_models WHERE workspace = ? AND name IN ({})"
)
_SELECT_MODELS = (
    "SELECT registered_model_key, name FROM registered_models WHERE registered_model_key IN ({})"
)
_SLICE = 1_000


def key_of(source: Source, resource_type: ResourceType, resource_id: str) -> int:
    """The key of a resource, or of all of its type; raises `NotFound` if it does not exist."""
    access_validation.check_resource(resource_type, resource_id)
    if resource_id == EVERY_RESOURCE:
        return EVERY_KEY
    if resource_type == "experiment":
        key = validation.experiment_key(resource_id)
        if not source.tracking.execute(*confined(source, _SELECT_EXPERIMENT, (key,))):
            raise absent(resource_type, resource_id)
        return key
    found = source.registry.execute(_SELECT_MODEL, (source.workspace.name, resource_id))
    if not found:
        raise absent(resource_type, resource_id)
    return int(found[0][0])


def keys_of(
    source: Source, resource_type: ResourceType, resource_ids: Sequence[str]
) -> dict[str, int]:
    """The keys of those resources that exist, a statement for each thousand."""
    found = {EVERY_RESOURCE: EVERY_KEY} if EVERY_RESOURCE in resource_ids else {}
    if resource_type == "experiment":
        for keys in _slices(experiment_keys(resource_ids)):
            sql = _SELECT_EXPERIMENTS.format(placeholders(len(keys)))
            rows = source.tracking.execute(*confined(source, sql, keys))
            found.update((str(key), key) for (key,) in rows)
    elif resource_type == "registered_model":
        for start in range(0, len(resource_ids), _SLICE):
            names = tuple(resource_ids[start : start + _SLICE])
            sql = _SELECT_KEYS.format(placeholders(len(names)))
            found.update(source.registry.execute(sql, (source.workspace.name, *names)))
    return found


def experiment_keys(experiment_ids: Iterable[str]) -> list[int]:
    """The keys that such ids are; what cannot be an experiment's id is left out."""
    keys = [int(each) for each in experiment_ids if each.isascii() and each.isdecimal()]
    return [key for key in keys if key <= validation.GREATEST_LONG]


def absent(resource_type: ResourceType, resource_id: str) -> MillstreamError:
    """What is told of a resource that does not exist, or that must not be told of."""
    if resource_type == "experiment":
        return no_experiment(resource_id)
    return no_registered_model(resource_id)


def ids_of(
    source: Source, resources: Iterable[tuple[ResourceType, int]]
) -> dict[tuple[ResourceType, int], str]:
    """The ids of those resources that still exist, by type and key."""
    wanted = set(resources)
    found = {(kind, key): EVERY_RESOURCE for kind, key in wanted if key == EVERY_KEY}
    for part in _slices(key for kind, key in wanted if kind == "experiment"):
        sql = _SELECT_EXPERIMENTS.format(placeholders(len(part)))
        for (key,) in source.tracking.execute(sql, part):
            found["experiment", key] = str(key)
    for part in _slices(key for kind, key in wanted if kind == "registered_model"):
        sql = _SELECT_MODELS.format(placeholders(len(part)))
        for key, name in source.registry.execute(sql, part):
            found["registered_model", key] = name
    return found


def _slices(keys: Iterable[int]) -> Iterable[tuple[int, ...]]:
    wanted = sorted(key for key in keys if key != EVERY_KEY)
    for start in range(0, len(wanted), _SLICE):
        yield tuple(wanted[start : start + _SLICE])
