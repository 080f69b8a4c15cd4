"""A large model registry, written past the doors of the servers into their tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from benchmarks.peer_corpus import Tables
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
        "current_stage status source source_head storage_location storage_head description "
        "run_link run_id"
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
    """Write `models` models of `versions` versions each into a prepared database.

    PostgreSQL's statistics are gathered at the end, as its own upkeep does within a minute.
    """
    target = address.parse(uri)
    connection: Connection = load_driver(target.dialect).connect(target, "write")
    try:
        for table, columns in _TABLES.items():
            _write(connection, table, columns, _rows(table, models, versions))
        if target.dialect == "postgresql":
            connection.run("ANALYZE")
    finally:
        connection.close()


def models_in(uri: str) -> int:
    """How many registered models a prepared database holds."""
    target = address.parse(uri)
    connection: Connection = load_driver(target.dialect).connect(target, "read")
    try:
        ((number,),) = connection.execute("SELECT COUNT(*) FROM registered_models")
    finally:
        connection.close()
    return int(number)


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
        source, stage = _source(model, version), _stage(version, versions)
        yield (
            *(key, model, name_of(model), version, moment, moment, stage, "READY", source),
            *(source[:HEAD], source, source[:HEAD], "", "", run_of(model, version)),
        )
    elif table == "model_version_tags":
        yield from ((key, *tag) for tag in _tags(model, version, versions))
    else:
        yield (
            *(key, f"{key:032x}", moment, model, name_of(model), version, "VERSION_CREATED"),
            *('{"source":"s3://bucket"}', "ada"),
        )


def _source(model: int, version: int) -> str:
    return f"s3://bucket/{name_of(model)}/{version}"


def _stage(version: int, versions: int) -> str:
    return {versions: "Production", versions - 1: "Staging"}.get(version, "Archived")


def _tags(model: int, version: int, versions: int) -> Iterator[tuple[str, str, str]]:
    """Key, value and the value's first characters of each tag of a version."""
    validated = "yes" if version % 2 else "no"
    yield ("validated", validated, validated)
    if model % RARELY == 0 and version == versions:
        yield ("rare", "yes", "yes")


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


def fill_mlflow(database: Path, models: int, versions: int) -> None:
    """Write the same models and versions into a stopped MLflow server's SQLite file."""
    with sqlite3.connect(database) as connection:
        tables = Tables(connection)
        for model in range(1, models + 1):
            _write_model(tables, model, versions)
        tables.flush()


def _write_model(tables: Tables, model: int, versions: int) -> None:
    named = {"name": name_of(model), "workspace": "default"}
    times = {
        "creation_time": _when(model, 1, versions),
        "last_updated_time": _when(model, versions, versions),
    }
    tables.add("registered_models", {**named, **times})
    tags = {"team": f"team-{model % TEAMS}", **({"rare": "yes"} if model % RARELY == 0 else {})}
    for key, value in tags.items():
        tables.add("registered_model_tags", {**named, "key": key, "value": value})
    tables.add("registered_model_aliases", {**named, "alias": "champion", "version": versions})
    for version in range(1, versions + 1):
        moment, numbered = _when(model, version, versions), {**named, "version": version}
        own = {
            "creation_time": moment,
            "last_updated_time": moment,
            "current_stage": _stage(version, versions),
            "status": "READY",
            "source": _source(model, version),
            "storage_location": _source(model, version),
            "run_id": run_of(model, version),
        }
        tables.add("model_versions", {**numbered, **own})
        for key, value, _ in _tags(model, version, versions):
            tables.add("model_version_tags", {**numbered, "key": key, "value": value})
