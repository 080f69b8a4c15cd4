"""Rows of versions: found by name and number, completed with their tags and aliases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from millstream.entities.model_versions import ModelVersion, ModelVersionTag
from millstream.entities.registered_models import RegisteredModelAlias
from millstream.entities.registry_validation import check_name, version_number
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.store.sql.dialect import per_dialect, placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.transaction import Transaction

_COLUMNS = (
    "version_key, registered_model_key, name, version, creation_timestamp, "
    "last_updated_timestamp, current_stage, status, source, storage_location, description, "
    "run_link, run_id, model_id, user_id, status_message, workspace"
)
_QUALIFIED = ", ".join(f"h.{column}" for column in _COLUMNS.split(", "))
_SELECT = f"SELECT {_COLUMNS} FROM model_versions WHERE version_key IN ({{}})"
_SELECT_ONE = (
    f"SELECT {_COLUMNS} FROM model_versions WHERE registered_model_key = "
    "(SELECT registered_model_key FROM registered_models WHERE workspace = ? AND name = ?) "
    "AND version = ?"
)
_SELECT_IN_STAGE = (
    f"SELECT {_COLUMNS} FROM model_versions "
    "WHERE registered_model_key = ? AND current_stage = ? ORDER BY version"
)
_NEXT_STAGE = (
    "(SELECT MIN(v.current_stage) FROM model_versions v WHERE v.registered_model_key = {} {})"
)
_BY_STEPS = (
    "WITH RECURSIVE tops (registered_model_key, stage) AS ("
    "SELECT m.registered_model_key, " + _NEXT_STAGE.format("m.registered_model_key", "") + " "
    "FROM registered_models m WHERE m.registered_model_key IN ({}) "
    "UNION ALL SELECT t.registered_model_key, "
    + _NEXT_STAGE.format("t.registered_model_key", "AND v.current_stage > t.stage")
    + " FROM tops t WHERE t.stage IS NOT NULL) "
    f"SELECT {_QUALIFIED} FROM tops t JOIN model_versions h ON h.version_key = "
    "(SELECT v.version_key FROM model_versions v "
    "WHERE v.registered_model_key = t.registered_model_key AND v.current_stage = t.stage "
    "ORDER BY v.version DESC LIMIT 1) WHERE t.stage IS NOT NULL"
)
_BY_STAGES = (
    f"SELECT {_QUALIFIED} FROM (SELECT DISTINCT current_stage FROM model_versions) s "
    "STRAIGHT_JOIN registered_models m STRAIGHT_JOIN model_versions h ON h.version_key = "
    "(SELECT v.version_key FROM model_versions v "
    "WHERE v.registered_model_key = m.registered_model_key AND v.current_stage = s.current_stage "
    "ORDER BY v.version DESC LIMIT 1) WHERE m.registered_model_key IN ({})"
)
# From stage to stage of a model in the index `versions_in_stage`; to group would read every
# version. MySQL does not seek what is greater than a stage that it has just found, but it skips
# from stage to stage of all versions, and then seeks each stage of each model.
_SELECT_HIGHEST = per_dialect(lambda dialect: _BY_STAGES if dialect.name == "mysql" else _BY_STEPS)
_SELECT_TAGS = (
    'SELECT version_key, "key", value FROM model_version_tags '
    'WHERE version_key IN ({}) ORDER BY version_key, "key"'
)
_SELECT_ALIASES = (
    "SELECT v.version_key, a.alias FROM model_versions v JOIN registered_model_aliases a "
    "ON a.registered_model_key = v.registered_model_key AND a.version = v.version "
    "WHERE v.version_key IN ({}) ORDER BY v.version_key, a.alias"
)
_TOUCH = "UPDATE model_versions SET last_updated_timestamp = ? WHERE version_key = ?"
_MOST_AT_ONCE = 5_000

Pointing = Mapping[int, Sequence[RegisteredModelAlias]]
"""The aliases of models by their keys."""


class VersionRow(NamedTuple):
    """A version as its table has it; `storage_location` may be relative to the artifact root."""

    version_key: int
    registered_model_key: int
    name: str
    version: int
    creation_timestamp: int
    last_updated_timestamp: int
    current_stage: str
    status: str
    source: str
    storage_location: str
    description: str
    run_link: str
    run_id: str | None
    model_id: str | None
    user_id: str | None
    status_message: str | None
    workspace: str


def no_version(name: str, version: object) -> MillstreamError:
    """The error for a version that does not exist, or that never could."""
    try:
        check_name(name)
    except InvalidParameter as error:
        return error
    return NotFound(f"Model Version (name={name}, version={version}) not found")


def required(source: Source, name: str, version: str) -> VersionRow:
    """The version of that name and number; raises `NotFound` if there is none."""
    number = version_number(version)
    rows = source.execute(_SELECT_ONE, (source.workspace.name, name, number))
    if not rows:
        raise no_version(name, int(version))
    return VersionRow(*rows[0])


def in_stage(source: Source, registered_model_key: int, stage: str) -> list[VersionRow]:
    """The versions of a model that are in a stage, lowest first."""
    rows = source.execute(_SELECT_IN_STAGE, (registered_model_key, stage))
    return [VersionRow(*row) for row in rows]


def highest_in_stages(source: Source, model_keys: Sequence[int]) -> list[VersionRow]:
    """The highest version of each stage of these models."""
    if not model_keys:
        return []
    marks = placeholders(len(model_keys))
    found = source.execute(_SELECT_HIGHEST[source.dialect.name].format(marks), tuple(model_keys))
    return sorted((VersionRow(*row) for row in found), key=lambda row: row.version)


def load(source: Source, version_keys: Sequence[int]) -> list[VersionRow]:
    """The versions of these keys, in their order; what is gone meanwhile is left out."""
    found: dict[int, VersionRow] = {}
    for part in _parts(version_keys):
        rows = source.execute(_SELECT.format(placeholders(len(part))), part)
        found.update((row[0], VersionRow(*row)) for row in rows)
    return [found[key] for key in version_keys if key in found]


def complete(
    source: Source, rows: Sequence[VersionRow], pointing: Pointing | None = None
) -> list[ModelVersion]:
    """The versions in these rows, with their tags and aliases.

    `pointing` has the aliases of their models where they are known already.
    """
    tags: dict[int, list[ModelVersionTag]] = {row.version_key: [] for row in rows}
    aliases: dict[int, list[str]] = {row.version_key: [] for row in rows}
    for part in _parts(list(tags)):
        found = source.execute(_SELECT_TAGS.format(placeholders(len(part))), part)
        for version_key, key, value in found:
            tags[version_key].append(ModelVersionTag(key, value))
    if pointing is None:
        for part in _parts(list(aliases)):
            found = source.execute(_SELECT_ALIASES.format(placeholders(len(part))), part)
            for version_key, alias in found:
                aliases[version_key].append(alias)
    else:
        for row in rows:
            number = str(row.version)
            known = pointing[row.registered_model_key]
            aliases[row.version_key] = [each.alias for each in known if each.version == number]
    return [_version(row, tags[row.version_key], aliases[row.version_key]) for row in rows]


def _parts(keys: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(keys), _MOST_AT_ONCE):
        yield tuple(keys[start : start + _MOST_AT_ONCE])


def touch(transaction: Transaction, version_key: int, when: int) -> None:
    """Note that the version was changed."""
    transaction.run(_TOUCH, (when, version_key))


def location(row: VersionRow, root: ArtifactRoot) -> str:
    """The URI of the files of a version."""
    return root.expand(row.storage_location)


def _version(row: VersionRow, tags: list[ModelVersionTag], aliases: list[str]) -> ModelVersion:
    return ModelVersion(
        name=row.name,
        version=str(row.version),
        creation_timestamp=row.creation_timestamp,
        last_updated_timestamp=row.last_updated_timestamp,
        description=row.description,
        user_id=row.user_id,
        current_stage=row.current_stage,
        source=row.source,
        run_id=row.run_id or "",
        status=row.status,  # type: ignore[arg-type]  # the table holds only names of statuses
        status_message=row.status_message,
        tag_list=tags,
        run_link=row.run_link,
        aliases=aliases,
        model_id=row.model_id,
        workspace=row.workspace,
    )
