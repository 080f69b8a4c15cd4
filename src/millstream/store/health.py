"""What a server asks of a store to say how it is doing."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from millstream.entities.server_status import DatabaseStatus


class Counts(NamedTuple):
    """How much there is of everything, whether deleted or not."""

    experiments: int
    runs: int
    registered_models: int
    model_versions: int
    outbox: int
    dead_letters: int


class Health(Protocol):
    """How a store is doing. The counts may take a while."""

    def database(self) -> DatabaseStatus:
        """Kind, size and schema of the database, and the writes that wait in this process."""

    def counts(self) -> Counts:
        """How much there is of everything."""


@runtime_checkable
class HasHealth(Protocol):
    """A store that says how it is doing."""

    @property
    def health(self) -> Health:
        """Its health."""
