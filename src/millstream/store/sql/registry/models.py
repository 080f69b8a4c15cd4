"""Rows of registered models: found by name, locked while they change."""

from __future__ import annotations

from typing import NamedTuple

from millstream.entities.registry_validation import check_name
from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.registry.events import About
from millstream.store.sql.transaction import Transaction

_COLUMNS = (
    "registered_model_key, name, description, creation_timestamp, last_updated_timestamp, "
    "last_version, workspace"
)
_SELECT = f"SELECT {_COLUMNS} FROM registered_models WHERE workspace = ? AND name = ?"
_TOUCH = "UPDATE registered_models SET last_updated_timestamp = ? WHERE registered_model_key = ?"


class ModelRow(NamedTuple):
    """A registered model; `last_version` is the highest number that was ever given."""

    registered_model_key: int
    name: str
    description: str | None
    creation_timestamp: int
    last_updated_timestamp: int
    last_version: int
    workspace: str

    def about(self, version: int | None = None) -> About:
        """What an event about this model, or a version of it, is about."""
        return About(self.registered_model_key, self.name, version)


def no_registered_model(name: str) -> MillstreamError:
    """The error for a registered model that does not exist, or that never could."""
    try:
        check_name(name)
    except InvalidParameter as error:
        return error
    return NotFound(f"Registered Model with name={name} not found")


def find(source: Source, name: str) -> ModelRow | None:
    """The registered model of that name, if there is one."""
    rows = source.execute(_SELECT, (source.workspace.name, name))
    return ModelRow(*rows[0]) if rows else None


def required(source: Source, name: str) -> ModelRow:
    """The registered model of that name; raises `NotFound` if there is none."""
    found = find(source, name)
    if found is None:
        raise no_registered_model(name)
    return found


def locked(transaction: Transaction, name: str) -> ModelRow:
    """The same, which nobody else changes until the transaction ends.

    All changes of a model and its versions begin here, so they happen one after the other, from
    however many processes they come.
    """
    rows = transaction.lock(_SELECT, (transaction.workspace.name, name))
    if not rows:
        raise no_registered_model(name)
    return ModelRow(*rows[0])


def touch(transaction: Transaction, registered_model_key: int, when: int) -> None:
    """Note that the model was changed."""
    transaction.run(_TOUCH, (when, registered_model_key))
