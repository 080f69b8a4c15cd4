"""Rows of aliases: names that point to one version of a model."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.registered_models import RegisteredModelAlias
from millstream.entities.registry_validation import LATEST
from millstream.errors import InvalidParameter, NotFound
from millstream.store.sql.dialect import per_dialect, placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.registry import models, versions
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.transaction import Transaction

_UPSERT = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "registered_model_aliases",
        "registered_model_key alias version",
        key="registered_model_key alias",
        replaced="version",
    )
)
_DELETE = "DELETE FROM registered_model_aliases WHERE registered_model_key = ? AND alias = ?"
_SELECT = (
    "SELECT version FROM registered_model_aliases WHERE registered_model_key = ? AND alias = ?"
)
_SELECT_OF_MODELS = (
    "SELECT registered_model_key, alias, version FROM registered_model_aliases "
    "WHERE registered_model_key IN ({}) ORDER BY registered_model_key, alias"
)
_SELECT_OF_VERSION = (
    "SELECT alias FROM registered_model_aliases "
    "WHERE registered_model_key = ? AND version = ? ORDER BY alias"
)
_SELECT_HIGHEST = "SELECT MAX(version) FROM model_versions WHERE registered_model_key = ?"


def version_of(source: Source, name: str, alias: str) -> VersionRow:
    """The version that an alias points to; `latest` means the highest."""
    model = models.required(source, name)
    key = model.registered_model_key
    if alias.lower() == LATEST:
        rows = source.execute(_SELECT_HIGHEST, (key,))
        if rows[0][0] is None:
            raise NotFound(f"Latest version not found for model {name}.")
    else:
        rows = source.execute(_SELECT, (key, alias))
    if not rows:
        raise InvalidParameter(f"Registered model alias {alias} not found.")
    return versions.required(source, name, str(rows[0][0]))


def of_models(source: Source, model_keys: Sequence[int]) -> dict[int, list[RegisteredModelAlias]]:
    """The aliases of these models, by name."""
    found: dict[int, list[RegisteredModelAlias]] = {key: [] for key in model_keys}
    if found:
        marks = placeholders(len(model_keys))
        rows = source.execute(_SELECT_OF_MODELS.format(marks), tuple(model_keys))
        for key, alias, version in rows:
            found[key].append(RegisteredModelAlias(alias, str(version)))
    return found


def of_version(source: Source, registered_model_key: int, version: int) -> list[str]:
    """The aliases that point to a version."""
    rows = source.execute(_SELECT_OF_VERSION, (registered_model_key, version))
    return [alias for (alias,) in rows]


def pointed(source: Source, registered_model_key: int, alias: str) -> int | None:
    """The number of the version that an alias points to; None if it points to none."""
    rows = source.execute(_SELECT, (registered_model_key, alias))
    return int(rows[0][0]) if rows else None


def write(
    transaction: Transaction, registered_model_key: int, alias: str, version: int | None
) -> None:
    """Change the row; only `moves.point` does, which asks whether it may."""
    if version is None:
        transaction.run(_DELETE, (registered_model_key, alias))
    else:
        row = (registered_model_key, alias, version)
        transaction.run(_UPSERT[transaction.dialect.name], row)
