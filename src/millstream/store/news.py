"""What a server asks of a store to tell browsers what changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal, NamedTuple, Protocol, runtime_checkable


class Change(NamedTuple):
    """Something that was written to: a run, an experiment or a registered model, by id or name.

    `experiment_id` is that of a run or experiment.
    """

    kind: Literal["run", "experiment", "model"]
    name: str
    experiment_id: str | None = None


class News(Protocol):
    """What changes in a store, for one who listens."""

    def when_changed(self, call: Callable[[Collection[Change]], None]) -> None:
        """Call, on the writer's thread, after each commit of this process; it must not wait."""

    def look_elsewhere(self) -> bool | None:
        """Whether other processes have changed anything since the last look.

        None if they may have: the database changed, but maybe by this process alone. To be called
        by one thread at a time.
        """


@runtime_checkable
class HasNews(Protocol):
    """A store that tells what changes."""

    @property
    def news(self) -> News:
        """The news."""
