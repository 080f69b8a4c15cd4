"""A large model registry in our own tables, written past the store with its drivers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from millstream.store.sql import address
from millstream.store.sql.connections import Connection
from millstream.store.sql.database import load_driver
from millstream.store.sql.dialect import insert

T0 = 1_700_000_000_000
TEAMS = 50
RARELY = 1_000
BATCH = 5_000
HEAD = 64

Values = tuple[object, ...]

_TABLES = {
    "registered_models": (
        "registered_model_key name description creation_timestamp last_updated_timestamp "
        "last_version"
    ),
    "registered_model_tags": "registered_model_key key value head",
    "registered_model_aliases": "registered_model_key alias version",
    "model_versions": (
        "version_key registered_model_key name version creation_timestamp last_updated_timestamp "
        "current_stage status source source_head storage_location description run_link run_id"
    ),
    "model_version_tags": "version_key key value head",
    "registry_events": (
        "event_key change_id timestamp registered_model_key name version kind to_value user_id"
    ),
}


def name_of(model: int) -> str:
    """The name of a model: models of 50 teams, in the order of their numbers within a team."""
    return f"team-{model % TEAMS:02d}-model-{model:05d}"


def run_of(model: int, version: int) -> str:
    """The run that a version came from."""
    return f"{model * 1_000 + version:032x}"


def fill(uri: str, models: int, versions: int) -> None:
    """Write `models` models of `versions` versions each into a prepared database."""
    target = address.parse(uri)
    connection: Connection = load_driver(target.dialect).connect(target, "write")
    try:
        for table, columns in _TABLES.items():
            _write(connection, table, columns, _rows(table, models, versions))
    finally:
        connection.close()


def _rows(table: str, models: int, versions: int) -> Iterator[Values]:
    for model in range(1, models + 1):
        if table == "registered_models":
            moment = _when(model, versions, versions)
            yield (model, name_of(model), "", _when(model, 1, versions), moment, versions)
        elif table == "registered_model_tags":
            yield (model, "team", f"team-{model % TEAMS}", f"team-{model % TEAMS}")
            if model % RARELY == 0:
                yield (model, "rare", "yes", "yes")
        elif table == "registered_model_aliases":
            yield (model, "champion", versions)
        else:
            for version in range(1, versions + 1):
                yield from _of_version(table, model, version, versions)


def _of_version(table: str, model: int, version: int, versions: int) -> Iterator[Values]:
    key = (model - 1) * versions + version
    moment = _when(model, version, versions)
    if table == "model_versions":
        source = f"s3://bucket/{name_of(model)}/{version}"
        stage = {versions: "Production", versions - 1: "Staging"}.get(version, "Archived")
        yield (
            *(key, model, name_of(model), version, moment, moment, stage, "READY", source),
            *(source[:HEAD], source, "", "", run_of(model, version)),
        )
    elif table == "model_version_tags":
        validated = "yes" if version % 2 else "no"
        yield (key, "validated", validated, validated)
        if model % RARELY == 0 and version == versions:
            yield (key, "rare", "yes", "yes")
    else:
        yield (
            *(key, f"{key:032x}", moment, model, name_of(model), version, "VERSION_CREATED"),
            *('{"source":"s3://bucket"}', "ada"),
        )


def _when(model: int, version: int, versions: int) -> int:
    """Versions of all models mingle in time, as they do where many teams work."""
    return T0 + (version * 7_919 + model * 104_729) % (versions * 1_000_000)


def _write(connection: Connection, table: str, columns: str, rows: Iterable[Values]) -> None:
    statement = insert(table, columns)
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        connection.begin()
        connection.run_many(statement, batch)
        connection.commit()
